"""Owns what a word of a condition may say: one that could fit no job is refused, since as a hold it would keep nothing."""

from janitor.core.job import OF_THE_PLATFORM
from janitor.core.text import inert

_BESIDE_LETTERS_OF_KEYS = frozenset("_.:=+-@ ")
_BESIDE_LETTERS_OF_VALUES = _BESIDE_LETTERS_OF_KEYS | {"/"}
LONGEST_KEY, LONGEST_VALUE = 128, 255
"""Characters of a tag (docs/modelarts-api.md, tags)."""


def read_whole(text: str) -> str:
    """Check a word that is compared whole, of an owner or a flavor, say."""
    if set(text) & set("*?"):
        raise ValueError(
            "is compared whole; only name and description take * and ?: write it out, several as a list, or leave it out for all"
        )
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
