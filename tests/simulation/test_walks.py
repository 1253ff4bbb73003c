"""Random walks: each world is drawn from a seed, and whatever befalls it, the invariants hold and healthy sweeps settle it."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from amount import cases
from simulation.campaign import run, wrong_with
from simulation.reaching import expected, missing
from simulation.tally import Tally
from simulation.walk import Played, Player, Walk, draw, read_walk

REGRESSIONS = Path(__file__).with_name("regressions.txt")
PART = cases(20, 1000)
PARTS = cases(3, 6)


@pytest.mark.parametrize("part", range(PARTS))
def test_s1_s22_v5_whatever_happens_in_a_walk_no_invariant_breaks(part: int) -> None:
    tally = Tally()
    run(range(part * PART, (part + 1) * PART), tally, jobs=1)
    assert not list(wrong_with(tally))
    assert tally.walks == PART
    kinds = Counter({kind: number for kind, number in by_kind(tally).items() if number})
    assert set(kinds) >= {name.partition(" ")[0] for name in expected()} - {"race"}, kinds


def by_kind(tally: Tally) -> Counter[str]:
    """How often anything of each kind was reached."""
    kinds = Counter[str]()
    for name in expected():
        kinds[name.partition(" ")[0]] += tally.reached[name]
    return kinds


@pytest.mark.parametrize("line", [line for line in REGRESSIONS.read_text("utf-8").splitlines() if not line.startswith("#")])
def test_a_walk_that_once_found_something_finds_nothing_more(line: str, tmp_path: Path) -> None:
    played = Player(walk=read_walk(line.partition("\t")[0]), folder=tmp_path / "walk").play()
    assert played.error is None


def test_a_seed_is_the_same_walk_each_time_and_plays_the_same(tmp_path: Path) -> None:
    first, second = (play_told(draw(7), tmp_path / name) for name in ("first", "second"))
    assert first == second
    assert str(draw(7)) == str(read_walk(str(draw(7)))) != str(draw(8))


def play_told(walk: Walk, folder: Path) -> tuple[list[str], Played]:
    """What a walk tells of itself, and what came of it."""
    told = list[str]()
    played = Player(walk=walk, folder=folder, tell=told.append).play()
    return [text.replace(str(folder), "FOLDER") for text in told], played


def test_s22_a_ledger_that_is_put_back_or_cut_is_refused_in_a_walk(tmp_path: Path) -> None:
    given = [{"copy": 0, "is_cut": False}, {"copy": 0, "is_cut": True}]
    steps = [["sweep", {}], ["create", draw(7).jobs[0]], ["wait", {"seconds": 60}], ["sweep", {}]]
    walk = replace(draw(7), steps=steps + [["put_back", each] for each in given])
    played = Player(walk=walk, folder=tmp_path / "walk").play()
    assert (played.error, played.reached["act put_back"]) == (None, 2)


def test_a_run_in_parts_counts_what_one_run_would(tmp_path: Path) -> None:
    parts, whole, kept = Tally(), Tally(), tmp_path / "tally.json"
    for seeds in (range(2), range(2, 4)):
        run(seeds, parts, jobs=1)
        parts.keep(kept)
        parts = Tally.read(kept)
    run(range(4), whole, jobs=1)
    assert replace(parts, seconds=0) == replace(whole, seconds=0)
    assert (parts.walks, parts.last_seed) == (4, 3)
    assert Tally.read(tmp_path / "nothing.json") == Tally()
    parts.failed = {3: "Violation: S-1"}
    assert (parts.take_failed(), parts.walks, parts.failed) == ([3], 3, {})


def test_a_run_that_reaches_too_little_or_proves_nothing_is_no_good_run() -> None:
    nothing = Tally(walks=10_000, vacuous=10_000, failed={4711: "Violation: S-1"})
    assert len(missing(nothing.reached, nothing.walks)) == len(expected())
    problems = list(wrong_with(nothing))
    assert problems[0] == "seed 4711: Violation: S-1\n  replay: python tests/simulation/run.py --seed 4711 -v"
    assert problems[-1] == "10000 of 10000 walks were vacuous"
    assert len(problems) == len(expected()) + 2
    full = Tally(walks=10_000, reached=Counter(dict.fromkeys(expected(), 10_000)))
    assert not list(wrong_with(full))
