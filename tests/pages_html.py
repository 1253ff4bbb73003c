"""A page of HTML as a reader sees it: its tables by caption, its elements, and what it would load."""

from xml.etree import ElementTree as ET


def parse(page: str) -> ET.Element:
    """The page as XML, which is stricter than any browser; fails where it is not well-formed."""
    doctype, _, document = page.partition("\n")
    assert doctype == "<!DOCTYPE html>"
    return ET.fromstring(document)  # noqa: S314  our own page


def rows_of(page: str, caption: str) -> list[list[str]]:
    """The cells of the rows of the table with this caption."""
    (table,) = (each for each in parse(page).iter("table") if each.findtext("caption") == caption)
    return [["".join(cell.itertext()) for cell in row] for row in table.iterfind("tbody/tr")]
