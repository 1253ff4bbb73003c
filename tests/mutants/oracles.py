"""Seeds each bug of oracles.toml in a copy of the project and demands that the judge names the invariant that it breaks.

The first part of make mutants [WORDS="S-9 recovery"]. Words narrow it to the bugs whose name, invariants or file contain one of
them. Exit code 1 where a bug survives, an entry no longer fits the code, or an invariant has no bug; then an oracle may be blind.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from figures import write_figures
from mutants.mutant import read_mutants
from mutants.oracle import INVARIANTS, OracleMutant, read_oracles
from mutants.preloaded import Ended
from mutants.run import FAILED, PASSED, Place, by_folder, check, in_own_copies, places_in, spread
from mutants.seeding import seeded

LONGEST_S = 900
FOUND, NOTHING = 1, 0
"""What simulation/search.py answers with."""
CAUGHT, SURVIVED, BROKEN = "caught", "SURVIVED", "BROKEN"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of a seeded bug: where it was found, and what was said there or instead."""

    mutant: OracleMutant
    verdict: str
    scene: str | None = None
    said: str = ""

    @property
    def rows(self) -> tuple[str, ...]:
        """The invariants that noticed it; all that should have where none did."""
        noticed = tuple(row for row in self.mutant.rows if self.scene is None or f"{row}: " in self.said)
        return noticed if self.verdict == CAUGHT else self.mutant.rows

    def __str__(self) -> str:
        where = "its own walk" if "{" in (self.scene or "") else self.scene or "its tests" * (self.verdict == CAUGHT)
        head = f"{self.verdict:<8} {', '.join(self.rows):<10} {self.mutant.name}" + f" ({where})" * bool(where)
        return "\n    ".join([head, *(self.said.splitlines()[-20:] if self.verdict != CAUGHT else [])])


def judge(mutant: OracleMutant, place: Place) -> Judged:
    """Look for the bug where its entry says: CAUGHT, SURVIVED, or BROKEN where something else went wrong."""
    with seeded(mutant, place.copy) as is_seeded:
        if not is_seeded:
            return Judged(
                mutant=mutant, verdict=BROKEN, said=f"the old text does not stand exactly once in {mutant.file}, or is the new"
            )
        if mutant.tests:
            ended = place.preloaded.run(mutant.tests, place.copy, limit_s=place.limit_s)
            verdict = {FAILED: CAUGHT, PASSED: SURVIVED}.get(ended.code, BROKEN) if ended.code is not None else BROKEN
            return Judged(mutant=mutant, verdict=verdict, said=ended.shown)
        ended = place.preloaded.search([",".join(mutant.rows), *mutant.scenes], place.copy, limit_s=place.limit_s)
    return _searched(mutant, ended)


def _searched(mutant: OracleMutant, ended: Ended) -> Judged:
    if ended.code not in (FOUND, NOTHING):
        return Judged(mutant=mutant, verdict=BROKEN, said=_told(ended))
    found = json.loads(ended.shown.splitlines()[-1])
    if ended.code == FOUND:
        return Judged(mutant=mutant, verdict=CAUGHT, scene=found["scene"], said=found["said"])
    return Judged(mutant=mutant, verdict=SURVIVED, said="\n".join(found["others"].values()))


def _told(ended: Ended) -> str:
    try:
        found = json.loads(ended.shown.splitlines()[-1])
        return "\n".join([*found["others"].values(), *found["errors"][:1]])
    except (ValueError, IndexError):
        return ended.shown


def search_without_bug(judged: Sequence[Judged], places: Sequence[Place]) -> list[str]:
    """Play each scene that caught a bug without any: where an invariant is broken all the same, it has shown nothing."""
    scenes = sorted({each.scene for each in judged if each.scene is not None})

    def search(some: Sequence[str], place: Place) -> str | None:
        ended = place.preloaded.search([",".join(INVARIANTS), *some], place.copy, limit_s=LONGEST_S)
        return None if ended.code == NOTHING else ended.shown

    parts = [scenes[place :: len(places)] for place in range(len(places))]
    return [said for said in spread(search, parts, places) if said is not None]


def judge_all(mutants: Sequence[OracleMutant], places: Sequence[Place]) -> list[Judged]:
    """Judge every bug in a copy of its place's own, a line each."""
    own = [replace(place, limit_s=LONGEST_S) for place in in_own_copies(places)]

    def judge_and_tell(mutant: OracleMutant, place: Place) -> Judged:
        judged = judge(mutant, place)
        print(judged, flush=True)
        return judged

    return list(spread(judge_and_tell, mutants, own))


def table(judged: Sequence[Judged]) -> dict[str, Counter[str]]:
    """How many bugs of each invariant had which verdict; one that another invariant noticed is not of it."""
    counts = {invariant: Counter[str]() for invariant in INVARIANTS}
    for each in judged:
        for row in each.rows:
            counts[row][each.verdict] += 1
    return counts


def main(words: Sequence[str]) -> int:
    """Judge every wanted bug, and print which invariant noticed how many; 0 where none survived."""
    mutants, began = read_oracles(words), time.monotonic()
    if not mutants and read_mutants(words):
        return 0  # the words mean the other list
    with places_in("oracles") as places:
        wrong = [said for said in spread(check, by_folder(mutants), places) if said is not None]
        compiled = places[0].preloaded.search(["S-1", "walk 1"], places[0].copy, limit_s=LONGEST_S, compiles=True)
        judged = [] if wrong or compiled.code is None else judge_all(mutants, places)
        wrong += search_without_bug(judged, places)
    if wrong or not judged:
        print("without any bug, not all is well:", *wrong, sep="\n")
        return 1
    counts = table(judged)
    for invariant, verdicts in counts.items():
        if words and not verdicts:
            continue
        print(f"{invariant:<5}", ", ".join(f"{number} {verdict}" for verdict, number in sorted(verdicts.items())) or "-")
    return _sum_up(judged, counts, round(time.monotonic() - began), is_whole=not words)


def _sum_up(judged: Sequence[Judged], counts: dict[str, Counter[str]], wall_s: int, *, is_whole: bool) -> int:
    verdicts, bare = Counter(each.verdict for each in judged), [name for name in INVARIANTS if not counts[name][CAUGHT]]
    print(f"{verdicts[CAUGHT]} caught, {verdicts[SURVIVED]} survived, {verdicts[BROKEN]} broken in {wall_s} s")
    if is_whole:
        named = {"caught": verdicts[CAUGHT], "survived": verdicts[SURVIVED], "broken": verdicts[BROKEN]}
        by_invariant = {name: counts[name][CAUGHT] for name in INVARIANTS}
        write_figures("oracles", "make mutants", named | {"seeded": len(judged), "wall_s": wall_s, "by_invariant": by_invariant})
        if bare:
            print("noticed no bug:", ", ".join(bare))
    return 0 if verdicts[CAUGHT] == len(judged) and not (is_whole and bare) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
