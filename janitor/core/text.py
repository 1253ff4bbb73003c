"""Owns how text from outside is made inert before a person or a terminal sees it."""

import re
import unicodedata
from hashlib import sha256
from typing import Any

LONGEST_TEXT = 1000
"""How much of a text from outside an audit event or a report in JSON repeats; see `shorten`."""
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, *range(0xFE00, 0xFE10), 0xFFA0))
) | frozenset(map(chr, range(0xE0100, 0xE01F0)))
"""Letters and marks that show nothing: two names may differ in them alone."""
_FORMULA = frozenset("=+-@")
_AFTER_SEMICOLON = re.compile(r"(;\s*)([=+\-@\uff1d\uff0b\uff0d\uff20])")


def shorten(text: str, longest: int) -> str:
    """The text, or where it is longer its beginning with the length and the SHA-256 of the whole; never longer than `longest`.

    So what is shortened already stays as it is. `longest` leaves room for the tail: it is at least 120.
    """
    if len(text) <= longest:
        return text
    tail = f"… ({len(text)} characters, SHA-256 {sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()})"
    return text[: longest - len(tail)] + tail


def shorten_all(value: Any, longest: int) -> Any:
    """The same value with every text in it shortened; containers are copied, other types pass."""
    if isinstance(value, str):
        return value if len(value) <= longest else shorten(value, longest)
    if isinstance(value, dict):
        return {shorten(key, longest): None if item is None else shorten_all(item, longest) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shorten_all(item, longest) for item in value]
    return value


def inert(text: str, longest: int = 500) -> str:
    """The text shortened, and its control, format, bidi and surrogate characters written as escapes."""
    shown = shorten(text, longest)
    if shown.isascii() and shown.isprintable():
        return shown  # nearly every text of a million events
    return "".join(_escape(character) if is_hidden(character) else character for character in shown)


def code_span(text: str, longest: int = 500) -> str:
    """The text as a code span of Markdown, safe in a table cell too: no link, mention, HTML or markup in it takes effect.

    A backtick or a pipe could end the span or the cell, so both are written as escapes.
    """
    return f"`{inert(text, longest).replace('`', _escape('`')).replace('|', _escape('|')).strip() or ' '}`"


def spreadsheet_cell(text: str, longest: int = 32_000) -> str:
    """The text as a cell that no spreadsheet takes for a formula: behind an apostrophe where it begins like one.

    What follows a semicolon too, since in many countries a spreadsheet splits a row there.
    """
    shown = _AFTER_SEMICOLON.sub(r"\1'\2", inert(text, longest))
    begins = {unicodedata.normalize("NFKC", each.lstrip())[:1] for each in (text, shown)}
    return f"'{shown}" if text.startswith(("\t", "\r")) or not begins.isdisjoint(_FORMULA) else shown


def is_hidden(character: str) -> bool:
    """Tell whether nothing is to be seen of a character, or a terminal obeys it: two texts may differ in it alone."""
    return unicodedata.category(character) in _HIDDEN or character in _BLANK


def _escape(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
