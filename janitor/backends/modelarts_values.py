"""Owns the reading of single values out of a ModelArts answer: the value itself, or None, never a guess."""

from sys import intern
from typing import Any

MOST = 100_000
"""More machines, or more accelerators in one of them, cannot be true."""


def read_number(value: Any) -> int | None:
    """Read a whole number, also from its digits; None for anything else."""
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return None


def read_count(value: Any) -> int | None:
    """Read how many there are, at least one; None for a text, a fraction, a yes or no, and what is beyond belief."""
    return value if type(value) is int and 1 <= value <= MOST else None


def is_zero(value: Any) -> bool:
    """Whether it is the number 0: no text, no fraction, no null, no "no"."""
    return type(value) is int and value == 0


def read_description(value: Any) -> str | None:
    """The text itself, "" where there is none, None where it cannot be read."""
    if value is None:
        return ""
    return value if isinstance(value, str) else None


def read_object(value: Any) -> dict[str, Any]:
    """The object itself; empty for anything else."""
    return value if isinstance(value, dict) else {}


def read_text(value: Any) -> str | None:
    """The text itself; None for anything else, and for an empty one."""
    return value if isinstance(value, str) and value else None


def read_word(value: Any) -> str | None:
    """A text that many jobs have in common, such as an owner: equal ones are one object, which takes less memory."""
    text = read_text(value)
    return None if text is None else intern(text)
