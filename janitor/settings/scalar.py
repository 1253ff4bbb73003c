"""Owns what a single value of the file means: text, whole number, number or truth value; whatever could be misread is refused."""

import re
import unicodedata

from janitor.core.text import is_hidden

Scalar = str | int | float | bool

WRITTEN_OUT = "null"
"""The one way to write null where a field takes it."""

_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][-+]?[0-9]{1,3})?")
_OLD_TRUTH = re.compile(r"y|n|yes|no|on|off", re.IGNORECASE)
_OLD_NUMBERS = re.compile(
    r"""[-+]?0[xX][0-9a-fA-F_]+ | [-+]?0[oO][0-7_]+ | [-+]?0[bB][01_]+   # other bases
      | [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?                     # base 60: 1:30 is 90
      | [-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?                  # 010 is 8, 1_000, +5, 1.
      | [-+]?\.[0-9][0-9_]*([eE][-+]?[0-9]+)?                            # .5
      | [-+]?\.(inf|Inf|INF) | \.(nan|NaN|NAN)""",
    re.VERBOSE | re.ASCII,
)


def read_scalar(text: str, *, is_plain: bool) -> Scalar:
    """Read one value by the core rules of YAML 1.2, minus all that YAML 1.1 read otherwise.

    Raises ValueError for null, blank text, old truth values and numbers, and characters that cannot be seen.
    """
    if is_plain and text in _NULL:
        raise ValueError("has no value; write one, or remove the field")
    if not text.strip():
        raise ValueError("is blank; write a value, or remove the field")
    _refuse_unseen(text)
    return _read_plain(text) if is_plain else text


def _read_plain(text: str) -> Scalar:
    if text in _TRUTH:
        return _TRUTH[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    if _OLD_TRUTH.fullmatch(text):
        raise ValueError(f'"{text}" was a truth value in older YAML; quote it if it is text, else write true or false')
    if _OLD_NUMBERS.fullmatch(text):
        raise ValueError(
            "is read as different numbers by different YAML versions; quote it if it is text, else write plain decimals"
        )
    if text in {"<<", "="}:
        raise ValueError("has a special meaning in older YAML; quote it")
    return text


def _refuse_unseen(text: str) -> None:
    for character in text:
        is_blank = is_hidden(character) or unicodedata.category(character) == "Zs"
        if is_blank and character not in " \n\t":
            name = f"U+{ord(character):04X}"
            raise ValueError(f"holds the character {name}, which cannot be seen or told from a space; remove it")
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError("is not in Unicode normal form NFC, so it may look like another name; retype it")
