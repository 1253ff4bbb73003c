"""Owns how text from outside is made inert before a person or a terminal sees it."""

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def inert(text: str, longest: int = 500) -> str:
    """The text with control, format, bidi and surrogate characters written as escapes, cut with its length where too long."""
    cut = text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
    return "".join(_escape(character) if unicodedata.category(character) in _HIDDEN else character for character in cut)


def _escape(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
