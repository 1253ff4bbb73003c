"""The fenced blocks and the tables of a page of documentation, for tests that run the ones and compare the others."""

import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, *kinds: str, chapter: str = "") -> Iterator[tuple[str, str]]:
    """The fenced blocks of these kinds, in order, each with its kind; with a chapter, only those below its heading."""
    text = (DOCS / page).read_text()
    for kind, body in _BLOCK.findall(text[text.index(chapter) :] if chapter else text):
        if kind in kinds:
            yield kind, body


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table that has this first heading, row by row, without the heading."""
    text = (DOCS / page).read_text()
    table = text[text.index(f"| {heading} |") :].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def names(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)
