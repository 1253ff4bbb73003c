"""Owns secret values: a wrapper that never shows itself, and the scrubber that removes them from anything written."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

MASK = "***"
_SHORTEST = 6
"""Shorter values are not scrubbed by value: they would blank out ordinary words."""
_LONG = 64
"""Only tokens are longer."""


class Secret:
    """A value that prints as `***`; `reveal` is the only way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: for a signature or a login, never for a message."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


class Scrubber:
    """Replaces known secrets by `***` in text and in nested data, also where they stand base64- or URL-encoded.

    `obtained` tells of secrets that are only come by later; it answers with the very same tuple as long as there is no new one.
    """

    def __init__(self, secrets: tuple[Secret, ...] = (), obtained: Callable[[], tuple[str, ...]] = tuple) -> None:
        self._given = secrets
        self._obtained = obtained
        self._seen: tuple[str, ...] = ()
        self._pattern = _pattern_of(secrets)

    def _secrets(self) -> re.Pattern[str]:
        values = self._obtained()
        if values is not self._seen:
            self._pattern = _pattern_of((*self._given, *(Secret(value) for value in values)))
            self._seen = values  # last, so that whoever sees it finds the pattern of at least these
        return self._pattern

    def scrub(self, value: Any) -> Any:
        """The same value without secrets; containers are copied, other types pass."""
        if isinstance(value, str):
            return self.scrub_text(value)
        if isinstance(value, dict):
            return {self.scrub(key): self.scrub(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.scrub(item) for item in value]
        return value

    def scrub_text(self, text: str) -> str:
        """The text without secrets."""
        return self._secrets().sub(MASK, text)


def _pattern_of(secrets: tuple[Secret, ...]) -> re.Pattern[str]:
    forms = {form for secret in secrets for form in _forms(secret.reveal())}
    return re.compile("|".join(sorted(forms, key=len, reverse=True)) or r"(?!)")


def _forms(value: str) -> set[str]:
    """Patterns for the value: each character as it is, percent-encoded or behind a backslash; and the two kinds of base64.

    Of a long one the beginning is enough to know it by, and all that follows up to a blank goes with it.
    """
    if len(value) < _SHORTEST:
        return set()
    rest, coded_rest = (r"\S*", r"[\w+/-]*={0,2}") if len(value) > _LONG else ("", r"[\w+/-]?={0,2}")
    known = value[:_LONG]
    plain = "".join(_spelling(character) for character in known) + rest
    coded = {each + coded_rest for encode in (b64encode, urlsafe_b64encode) for each in _coded(known.encode(), encode)}
    return {plain, *coded}


def _coded(value: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """What base64 makes of the value, wherever it stands in what was encoded; the last letter that it shares goes too."""
    for before, shared in ((0, 0), (1, 2), (2, 3)):
        text = encode(bytes(before) + value).decode().rstrip("=")
        own = text[shared:] if (before + len(value)) % 3 == 0 else text[shared:-1]
        yield re.escape(own)


def _spelling(character: str) -> str:
    """A letter or digit as it is; anything else also as URLs, JSON, Python and HTML write it."""
    if character.isalnum():
        return re.escape(character)
    percent = "".join(f"%{byte:02x}" for byte in character.encode())
    coded = (percent, f"\\u{ord(character):04x}", f"\\x{ord(character):02x}", f"&#{ord(character)};", f"&#x{ord(character):x};")
    others = "|".join(re.escape(text) for text in dict.fromkeys((*coded, escape(character))) if text != character)
    return rf"(?:\\*{re.escape(character)}|(?i:{others}))"
