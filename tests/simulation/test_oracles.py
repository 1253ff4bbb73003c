"""The judge is not blind: seeded bugs are reported by the invariant that they break, a few here, all by `make mutants`."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from mutants.oracle import INVARIANTS, OracleMutant, read_entry, read_oracles
from mutants.oracles import CAUGHT, judge
from mutants.preloaded import OF_A_SEARCH, Preloaded
from mutants.run import Place
from mutants.seeding import ROOT, copy_project

TRIED = {
    "the fresh look is skipped": "S-15",
    "no commit is synced": "S-3",
    "an intent that is closed stays open in its table": "S-4",
    "an accepted request counts as a confirmed deletion": "S-6",
    "the first batch is not a single job": "S-10",
    "a sweep does not raise the epoch": "S-23",
}
BUGS = {bug.name: bug for bug in read_oracles(())}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A copy of the project, where nothing but bugs is tried."""
    folder = tmp_path_factory.mktemp("oracles")
    with closing(Preloaded(folder / "scratch", OF_A_SEARCH)) as preloaded:
        yield Place(preloaded=preloaded, copy=copy_project(ROOT, folder / "copy", compiled=True))


@pytest.mark.soak
@pytest.mark.parametrize("name", TRIED)
def test_a_seeded_bug_is_reported_as_the_invariant_that_it_breaks(place: Place, name: str) -> None:
    judged = judge(BUGS[name], place)
    assert judged.verdict == CAUGHT, str(judged)
    assert f"{TRIED[name]}: " in judged.said


@pytest.mark.soak
def test_what_breaks_another_invariant_or_the_walk_itself_is_not_caught(place: Place) -> None:
    bug = BUGS["a sweep does not raise the epoch"]
    assert judge(other(bug, rows=("V-3",)), place).verdict == "SURVIVED"
    assert judge(other(bug, new="            not even Python"), place).verdict == "BROKEN"


def test_each_invariant_has_a_seeded_bug_and_each_of_them_fits_the_code() -> None:
    assert {row for bug in BUGS.values() for row in bug.rows} == set(INVARIANTS)
    assert [bug.name for bug in BUGS.values() if (ROOT / bug.file).read_text("utf-8").count(bug.old) != 1] == []


ENTRY = {"name": "a bug", "invariants": ["S-4"], "file": "a.py", "old": "a", "new": "b"}


@pytest.mark.parametrize(
    "entry",
    [
        ENTRY,
        ENTRY | {"invariants": [], "simulation": {"seeds": 1}},
        ENTRY | {"invariants": ["S-30"], "simulation": {"seeds": 1}},
        ENTRY | {"tests": ["tests/test_it.py::test_s5_another_invariant"]},
        ENTRY | {"tests": ["tests/test_s4_it.py::test_that_does_not_name_it"]},
        ENTRY | {"tests": ["tests/test_it.py::test_s4_it"], "simulation": {"seeds": 1}},
    ],
)
def test_an_entry_that_could_not_tell_which_invariant_noticed_is_refused(entry: dict[str, Any]) -> None:
    assert read_entry(ENTRY | {"tests": ["tests/test_it.py::test_a1_s4_it"]}).rows == ("S-4",)
    with pytest.raises(ValueError, match="a bug: name invariants"):
        read_entry(entry)


def other(bug: OracleMutant, rows: tuple[str, ...] | None = None, new: str | None = None) -> OracleMutant:
    """The same bug, of which something else is expected, or another one at its place, in its first scene."""
    return OracleMutant(
        name=bug.name,
        rows=rows or bug.rows,
        file=bug.file,
        old=bug.old,
        new=new or bug.new,
        tests=(),
        scenes=bug.scenes[:1],
    )
