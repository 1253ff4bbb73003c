"""Owns how text from outside is made inert before a person or a terminal sees it."""

import re
import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FORMULA = frozenset("=+-@")
_AFTER_SEMICOLON = re.compile(r"(;\s*)([=+\-@\uff1d\uff0b\uff0d\uff20])")


def inert(text: str, longest: int = 500) -> str:
    """The text with control, format, bidi and surrogate characters written as escapes, cut with its length where too long."""
    cut = text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
    return "".join(_escape(character) if unicodedata.category(character) in _HIDDEN else character for character in cut)


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


def _escape(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
