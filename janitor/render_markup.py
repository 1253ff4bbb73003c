"""Owns the writing of HTML and SVG: one function that makes an element, in which every text from outside is only text."""

from collections.abc import Iterable, Sequence
from html import escape

from janitor.core.text import inert

LONGEST = 2000
_CELL = "text-align:left;vertical-align:top;padding:3px 12px 3px 0;border-bottom:1px solid #808080;overflow-wrap:anywhere"
_NUMBER = "text-align:right;vertical-align:top;padding:3px 12px 3px 0;border-bottom:1px solid #808080;white-space:nowrap"
_VOID = frozenset({"meta"})
"""Elements that have no content."""


class Markup(str):
    """Text that is markup already, and is not escaped again; only `element` makes it."""

    __slots__ = ()


def element(tag: str, /, *content: object, **attributes: object) -> Markup:
    """An element with its content: texts and numbers are escaped, elements are taken as they are, None is left out.

    Attributes are written with `_` for `-`, and with one at their end where Python has the word for itself; their values are
    texts too. Control, bidi and other hidden characters become visible escapes. What comes out is well-formed XML.
    """
    given = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    start = tag + "".join(f' {key}="{_escape(value)}"' for key, value in given.items())
    if tag in _VOID:
        return Markup(f"<{start} />")
    return Markup(f"<{start}>{''.join(_escape(each) for each in content if each is not None)}</{tag}>")


def table(header: Sequence[str], rows: Iterable[Sequence[object]], caption: str) -> Markup:
    """A table; cells that are numbers stand to the right."""
    body = [[*row] for row in rows]
    numeric = [any(isinstance(row[place], int) for row in body) for place in range(len(header))]
    styles = [_NUMBER if is_numeric else _CELL for is_numeric in numeric]
    head = element("tr", *(element("th", word, scope="col", style=style) for word, style in zip(header, styles, strict=True)))
    cells = [[element("td", cell, style=style) for cell, style in zip(row, styles, strict=True)] for row in body]
    title = element("caption", caption, style="text-align:left;font-weight:bold;padding:6px 0")
    style = "border-collapse:collapse;margin:8px 0 18px 0;font-size:14px"
    return element("table", title, element("thead", head), element("tbody", *(element("tr", *row) for row in cells)), style=style)


def _escape(value: object) -> str:
    return value if isinstance(value, Markup) else escape(inert(str(value), LONGEST), quote=True)
