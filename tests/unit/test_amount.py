"""What is left for `make soak`: whole tests that are marked so, and of those with many cases all but some, spread over them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from amount import for_soak, in_soak
from fault_rows import TESTS, rows_of

INVARIANT = re.compile(r"(?<=_)[srv][1-9][0-9]?(?=_)")


@dataclass(frozen=True)
class Item:
    """A collected test, as far as it is asked."""

    nodeid: str
    marks: tuple[pytest.Mark, ...] = ()

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return next(self.iter_markers(name), None)

    def iter_markers(self, name: str) -> Iterator[pytest.Mark]:
        return (mark for mark in self.marks if mark.name == name)


def left(*items: Any) -> list[str]:
    return [item.nodeid for item in for_soak(items)]


def items(name: str, count: int, *marks: pytest.MarkDecorator) -> list[Item]:
    return [Item(f"{name}[{number}]", tuple(each.mark for each in marks)) for number in range(count)]


def test_of_the_cases_of_a_test_some_stay_from_the_first_on_and_of_few_all() -> None:
    some = pytest.mark.some(3)
    assert left(*items("many", 7, some), *items("few", 3, some), *items("fewer", 2, some)) == [f"many[{n}]" for n in (1, 3, 5, 6)]
    assert left(*items("a", 2, pytest.mark.some(1)), *items("b", 2, pytest.mark.some(1))) == ["a[1]", "b[1]"]


def test_what_is_marked_as_long_goes_and_what_is_not_marked_stays() -> None:
    assert left(*items("long", 2, pytest.mark.soak), *items("short", 9, pytest.mark.timeout(1))) == ["long[0]", "long[1]"]


def test_a_case_that_is_marked_keeps_its_values() -> None:
    case = in_soak("a", 1)
    assert (case.values, [mark.name for mark in case.marks]) == (("a", 1), ["soak"])


def functions() -> Iterator[tuple[str, bool]]:
    """Every test, and whether all of it waits for `make soak`."""
    for path in sorted(TESTS.rglob("test_*.py")):
        above = is_marked = False
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("def "):
                if line.startswith("def test_"):
                    yield line[len("def ") : line.index("(")], above or is_marked
                above = False
            above |= line == "@pytest.mark.soak"
            is_marked |= line == "pytestmark = pytest.mark.soak"


def test_every_fault_row_and_invariant_that_has_tests_keeps_one_in_make_test() -> None:
    found = dict[bool, set[str]]()
    for name, waits in functions():
        found.setdefault(waits, set()).update(rows_of(name), INVARIANT.findall(name))
    assert len(found[False]) > 100
    assert found[True] - found[False] == set()
