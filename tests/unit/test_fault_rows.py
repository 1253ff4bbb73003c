"""Every row of the fault catalogue has a line in docs/reliability.md, and a test by its name or the reason why there is none."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from fault_rows import PLACE, ROWS, named_tests, rows_of, spell_out

ROOT = Path(__file__).parents[2]
RELIABILITY = (ROOT / "docs" / "reliability.md").read_text("utf-8")
UNTESTED = "## Rows without a test"


def lines_of(table: str) -> list[list[str]]:
    """The rows that each line of a table names in its first cell; `C1–C5` is five."""
    cells = re.findall(r"^\| ([A-D][0-9][^|]*) \|", table, re.MULTILINE)
    return [list(spell_out(cell)) for cell in cells]


def find_gaps(names: Iterable[str], page: str) -> list[str]:
    """What the page or the tests lack, or the page says wrongly; a sentence each."""
    told, _, untold = page.partition(UNTESTED)
    covered = {row for line in lines_of(told) for row in line}
    excused = {row for line in lines_of(untold.partition("\n## ")[0]) for row in line}
    tested = {row for name in names for row in rows_of(name)}
    return [
        *(f"{row} has no line" for row in ROWS if row not in covered),
        *(f"{row} has neither a test nor a reason why there is none" for row in ROWS if row not in tested | excused),
        *(f"{row} has a test, so it is not untested" for row in ROWS if row in tested & excused),
    ]


def test_every_row_of_the_catalogue_has_a_line_and_a_test_or_says_why_not() -> None:
    assert len(ROWS) == 142
    assert find_gaps(named_tests(), RELIABILITY) == []


def test_the_lines_stand_in_the_order_of_the_catalogue() -> None:
    firsts = [PLACE[line[0]] for line in lines_of(RELIABILITY.partition(UNTESTED)[0])]
    assert firsts == sorted(firsts)
    assert all(line == sorted(line, key=PLACE.__getitem__) for line in lines_of(RELIABILITY))


def test_no_test_is_named_after_a_row_that_does_not_exist() -> None:
    assert {row for name in named_tests() for row in rows_of(name)} <= set(ROWS)


PAGE = "".join(f"| {row} | fault | does |\n" for row in ROWS)
NAMES = [f"test_{row.lower()}_is_tested" for row in ROWS]


@pytest.mark.parametrize(
    ("names", "page", "gaps"),
    [
        (NAMES, PAGE, []),
        (NAMES[1:], PAGE, ["A1 has neither a test nor a reason why there is none"]),
        (NAMES[1:], f"{PAGE}{UNTESTED}\n| A1 | why |\n", []),
        (NAMES[1:], f"{PAGE}{UNTESTED}\n\n## Other\n| A1 | why |\n", ["A1 has neither a test nor a reason why there is none"]),
        (NAMES, f"{PAGE}{UNTESTED}\n| A1 | why |\n", ["A1 has a test, so it is not untested"]),
        (NAMES, PAGE.replace("| A1 |", "| A2 |"), ["A1 has no line"]),
        (NAMES, PAGE.replace("| A1 |", "| A2, A1 |"), []),
        (NAMES, PAGE.replace("| D33 |", "| D32–D33 |"), []),
        (["test_b1_a1_s9_several_rows_at_once", *NAMES[1:]], PAGE, []),
        (
            ["test_that_a1_stands_in_the_middle_of_a_name", *NAMES[1:]],
            PAGE,
            ["A1 has neither a test nor a reason why there is none"],
        ),
    ],
)
def test_a_row_that_is_missing_is_noticed(names: list[str], page: str, gaps: list[str]) -> None:
    assert find_gaps(names, page) == gaps
