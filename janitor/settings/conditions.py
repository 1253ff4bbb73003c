"""Owns what a condition on a job may say: a word that could fit no job is refused, since as a hold it would keep nothing."""

import unicodedata

from janitor.core.job import OF_THE_PLATFORM
from janitor.core.text import inert

LONGEST_GLOB = 256
"""Characters; the platform's own names have at most 64."""

_BESIDE_LETTERS = frozenset("_-./ *?")
_BESIDE_LETTERS_OF_KEYS = frozenset("_.:=+-@ ")
_BESIDE_LETTERS_OF_VALUES = _BESIDE_LETTERS_OF_KEYS | {"/"}
LONGEST_KEY, LONGEST_VALUE = 128, 255
"""Characters of a tag (docs/modelarts-api.md, tags)."""


def read_glob(text: str) -> str:
    """Check a glob for names: `*`, `?`, and what names are made of. Raises ValueError with what to write instead."""
    if any(character in text for character in "[]{}"):
        raise ValueError("has brackets, which stand for themselves here and are in no job's name; use * and ?, or a list")
    if ".*" in text:
        raise ValueError(
            'has ".*", which is a regular expression\'s; a glob says * for any characters, so write * without the dot'
        )
    if len(text) > LONGEST_GLOB:
        raise ValueError(f"is longer than {LONGEST_GLOB} characters, and no job's name is; write a shorter one with *")
    odd = next((character for character in text if not _may_be_in_a_name(character)), None)
    if odd is not None:
        raise ValueError(
            f"has {odd!r}, which is in no job's name; write letters, digits, spaces, _ - . and /, with * and ? for any other, "
            "and several globs as a list"
        )
    return text


def read_narrow_glob(text: str) -> str:
    """The same for what a policy may delete: a glob that fits every name is no condition there."""
    if not set(read_glob(text)) - set("*?"):
        raise ValueError(
            f'"{text}" has no character of a name, so it is no condition; write a part of the name, or remove the field: '
            "a policy for all that have ended says phase: [completed, failed, terminated]"
        )
    return text


def read_whole(text: str) -> str:
    """Check a word that is compared whole, of an owner or a kind."""
    if set(text) & set("*?"):
        raise ValueError("is compared whole; only name takes * and ?: write it out, several as a list, or leave it out for all")
    return text


def read_workspace(text: str) -> str:
    """Check the id of a workspace; here, unlike in `targets`, no word stands for all of them."""
    if text.lower() == "all":
        raise ValueError("leave workspace out: that means all")
    return text


def read_label_key(text: str) -> str:
    """Check the key of a tag; what no tag can be called would fit no job (docs/modelarts-api.md, tags)."""
    if text.startswith(OF_THE_PLATFORM):
        raise ValueError(f'begins with "{OF_THE_PLATFORM}": such tags are the platform\'s own, and no condition can name them')
    if not 0 < len(text) <= LONGEST_KEY or text != text.strip() or not _is_made_of(text, _BESIDE_LETTERS_OF_KEYS):
        raise ValueError(
            f"has a key that no tag can have: 1 to {LONGEST_KEY} letters, digits and _ . : = + - @, with spaces only inside"
        )
    return text


def read_label_value(text: str) -> str:
    """Check the value of a tag, which is compared exactly."""
    if len(text) > LONGEST_VALUE or not _is_made_of(text, _BESIDE_LETTERS_OF_VALUES):
        raise ValueError(
            f"is no value that a tag can have: up to {LONGEST_VALUE} letters, digits, spaces and _ . : = + - @ /. "
            "It is compared exactly; several are a list, and null fits any value"
        )
    return text


def _is_made_of(text: str, signs: frozenset[str]) -> bool:
    return all(character in signs or (inert(character) == character and character.isalnum()) for character in text)


def _may_be_in_a_name(character: str) -> bool:
    """Letters of any script with the marks on them, and digits; nothing that no eye can see."""
    if character in _BESIDE_LETTERS:
        return True
    return unicodedata.category(character)[0] in "LMN" and inert(character) == character
