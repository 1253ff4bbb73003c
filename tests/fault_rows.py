"""The rows of the fault catalogue, and which tests are named after which of them."""

import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
COUNTS = {"A": 42, "B": 40, "C": 27, "D": 33}
"""A: the platform; B: process, storage and clocks; C: the policy file; D: security."""
ROWS = [f"{letter}{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)]
PLACE = {row: place for place, row in enumerate(ROWS)}


def named_tests() -> list[str]:
    """The names of all test functions."""
    paths = sorted(TESTS.rglob("test_*.py"))
    return [name for path in paths for name in re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)]


def rows_of(name: str) -> list[str]:
    """The rows in front of a test's name: A1 and S-9 are told apart by their letters."""
    return [row.upper() for row in re.findall(r"(?<=_)[a-d][1-9][0-9]?(?=_)", re.match(r"test_(?:[a-dsv][0-9]+_)*", name)[0])]  # type: ignore[index]


def spell_out(cell: str) -> Iterator[str]:
    """The rows that a cell names; `C1–C5` is five."""
    for part in cell.split(", "):
        first, _, last = part.partition("–")
        yield from ROWS[PLACE[first] : PLACE[last or first] + 1]
