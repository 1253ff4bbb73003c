"""Every invariant has a line in docs/reliability.md that says where it is checked: by the simulation, or by a test."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

import pytest
from simulation.invariants import NAMES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
TABLE, UNCHECKED = "## Invariants: where each is checked", "## Invariants without a check"
COUNTS = {"S": 29, "V": 10}
"""S: nothing wrong ever happens; V: what has to happen does."""
ALL = [f"{letter}-{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)]


def named_tests() -> list[str]:
    """The names of all test functions."""
    paths = sorted((ROOT / "tests").rglob("test_*.py"))
    return [name for path in paths for name in re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)]


def invariants_of(name: str) -> list[str]:
    """The invariants in front of a test's name, among the rows of the fault catalogue."""
    words = re.match(r"test_((?:[a-dsv][1-9][0-9]?_)*)", name)
    assert words is not None
    return [f"{word[0].upper()}-{word[1:]}" for word in words[1].split("_") if word[:1] in ("s", "v")]


def rows_of(page: str, heading: str) -> dict[str, str]:
    """The last cell of each line under a heading, by its invariant."""
    section = page.partition(f"{heading}\n")[2].partition("\n## ")[0]
    return {row[0]: row[1] for row in re.findall(r"^\| ([SV]-\d+) \|.*\| ([^|]*) \|$", section, re.MULTILINE)}


def find_gaps(page: str, registered: Collection[str], names: Iterable[str]) -> list[str]:
    """What the page lacks, or says of an invariant though it is not so; a sentence each."""
    told, excused = rows_of(page, TABLE), rows_of(page, UNCHECKED)
    tested = {invariant for name in names for invariant in invariants_of(name)}
    gaps = []
    for each in ALL:
        where = "simulation" if each in registered else "tests" if each in tested else None
        if where is None and each not in excused:
            gaps.append(f"{each} is checked by nothing, and nobody says why")
        if where is not None and each in excused:
            gaps.append(f"{each} is checked, so it needs no excuse")
        if where is not None and told.get(each) != where:
            gaps.append(f"{each} is checked by {where}, and the page says {told.get(each)}")
    return gaps


def test_every_invariant_is_checked_where_the_page_says_so() -> None:
    assert find_gaps(PAGE, NAMES, named_tests()) == []
    assert list(rows_of(PAGE, TABLE)) == [each for each in ALL if each not in rows_of(PAGE, UNCHECKED)]


def test_no_check_and_no_test_is_of_an_invariant_that_does_not_exist() -> None:
    assert set(NAMES) <= set(ALL)
    assert {invariant for name in named_tests() for invariant in invariants_of(name)} <= set(ALL)


TOLD = f"{TABLE}\n\n" + "".join(f"| {each} | says | tests |\n" for each in ALL)
TESTS = [f"test_a1_{each.replace('-', '').lower()}_is_so" for each in ALL]


@pytest.mark.parametrize(
    ("page", "registered", "names", "gaps"),
    [
        (TOLD, (), TESTS, []),
        (TOLD, (), TESTS[1:], ["S-1 is checked by nothing, and nobody says why"]),
        (TOLD, ("S-1",), TESTS, ["S-1 is checked by simulation, and the page says tests"]),
        (TOLD.replace("| S-1 | says | tests |", "| S-1 | says | simulation |"), ("S-1",), TESTS[1:], []),
        (TOLD.replace("| S-1 | says | tests |\n", ""), (), TESTS, ["S-1 is checked by tests, and the page says None"]),
        (f"{TOLD}\n{UNCHECKED}\n\n| S-1 | why |  |\n", (), TESTS[1:], []),
        (f"{TOLD}\n{UNCHECKED}\n\n| S-1 | why |  |\n", (), TESTS, ["S-1 is checked, so it needs no excuse"]),
        (TOLD, (), ["test_that_s1_stands_in_the_middle", *TESTS[1:]], ["S-1 is checked by nothing, and nobody says why"]),
    ],
)
def test_an_invariant_that_is_missing_is_noticed(
    page: str, registered: tuple[str, ...], names: list[str], gaps: list[str]
) -> None:
    assert find_gaps(page, registered, names) == gaps
