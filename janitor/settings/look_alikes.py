"""Owns what looks like another word: letters of two alphabets in one word, and digits that are not those of ASCII.

Such a word fits no job that is spelt in one alphabet: in `match` it deletes nothing, in `except` or a hold it keeps nothing.
"""

import re
import unicodedata
from collections.abc import Iterator

from janitor.retention.selector import Selector

_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "FULLWIDTH", "MATHEMATICAL"})
"""Alphabets with letters that cannot be told apart, as the names of their letters begin; Chinese beside Latin is no riddle."""
_WORD = re.compile(r"[^\W_]+")
_TEXTS = ("name", "name_regex", "description", "owner", "experiment", "flavor", "pool")


def find_look_alikes(selector: Selector) -> Iterator[str]:
    """A sentence for each text of the conditions that may not be what it looks like, with the field that it stands in."""
    for field, text in _texts_of(selector):
        if (why := _riddle(text)) is not None:
            yield f'{field} "{text}" {why}'


def _texts_of(selector: Selector) -> Iterator[tuple[str, str]]:
    for field in _TEXTS:
        yield from ((field, text) for text in sorted(getattr(selector, field) or ()))
    for key, values in selector.labels or ():
        yield from (("labels", text) for text in (key, *sorted(values or ())))


def _riddle(text: str) -> str | None:
    for word in _WORD.findall(text):
        alphabets = {alphabet: letter for letter in reversed(word) if (alphabet := _alphabet(letter)) in _ALIKE}
        if len(alphabets) > 1:
            shown = " and ".join(
                f"{each.capitalize()} ({letter}, {_number(letter)})" for each, letter in sorted(alphabets.items())
            )
            return f"mixes letters that look alike: {shown}"
        odd = next((letter for letter in word if letter.isdecimal() and not letter.isascii()), None)
        if odd is not None:
            return f"has the digit {odd}, {_number(odd)}, which is none of 0 to 9"
    return None


def _alphabet(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0] if letter.isalpha() else ""


def _number(letter: str) -> str:
    return f"U+{ord(letter):04X}"
