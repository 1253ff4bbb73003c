"""Owns secret values: a wrapper that never shows itself, and the scrubber that removes them from anything written."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any, Self

MASK = "***"
_SHORTEST = 6
"""Shorter values are not scrubbed by value: they would blank out ordinary words."""
_LONG = 64
"""Only tokens are longer."""
_UNCHANGED = re.compile(r"[A-Za-z0-9]*")
"""Letters that every spelling of a value has as they are; none at all are in any text."""


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
        self._signs = _Signs.of(secrets)

    def _secrets(self) -> "_Signs":
        values = self._obtained()
        if values is not self._seen:
            self._signs = _Signs.of((*self._given, *(Secret(value) for value in values)))
            self._seen = values  # last, so that whoever sees it finds the signs of at least these
        return self._signs

    def scrub(self, value: Any) -> Any:
        """The same value without secrets: the very value where nothing in it looks like one, else containers are copied.

        Other types pass.
        """
        signs = self._secrets()
        return signs.remove(value) if signs.may_be_in(repr(value)) else value

    def scrub_text(self, text: str) -> str:
        """The text without secrets."""
        signs = self._secrets()
        return signs.remove_from(text) if signs.may_be_in(text) else text


@dataclass(frozen=True, slots=True)
class _Signs:
    """By what some secrets are known: a pattern of all their forms, and whether a text may hold one, False where it certainly
    does not. Neither shows them to whoever looks at what a process holds.
    """

    pattern: re.Pattern[str] = field(repr=False)
    may_be_in: Callable[[str], bool] = field(repr=False)

    @classmethod
    def of(cls, secrets: tuple[Secret, ...]) -> Self:
        """The signs of these secrets."""
        forms = {form: letters for secret in secrets for form, letters in _forms(secret.reveal()).items()}
        pattern = re.compile("|".join(sorted(forms, key=len, reverse=True)) or r"(?!)")
        return cls(pattern, _finder(tuple(sorted(set(forms.values())))))

    def remove(self, value: Any) -> Any:
        """A copy of a value without these secrets."""
        if isinstance(value, str):
            return self.remove_from(value)
        if isinstance(value, dict):
            return {self.remove(key): self.remove(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.remove(item) for item in value]
        return value

    def remove_from(self, text: str) -> str:
        """A text without these secrets."""
        return self.pattern.sub(MASK, text)


def _finder(letters: tuple[str, ...]) -> Callable[[str], bool]:
    """Look for letters of which some stand in whatever fits the pattern, and unchanged in what `repr` makes of a text too.

    That is twenty times as fast as the pattern, and nearly nothing that is written has any.
    """

    def is_any_in(text: str) -> bool:
        for each in letters:  # noqa: SIM110  no generator: this is asked of all that is written
            if each in text:
                return True
        return False

    return is_any_in


def _forms(value: str) -> dict[str, str]:
    """Patterns for the value: each character as it is, percent-encoded or behind a backslash; and the two kinds of base64.

    Beside each stand letters that are in all that fits it. Of a long value the beginning is enough to know it by, and all that
    follows up to a blank goes with it.
    """
    if len(value) < _SHORTEST:
        return {}
    rest, coded_rest = (r"\S*", r"[\w+/-]*={0,2}") if len(value) > _LONG else ("", r"[\w+/-]?={0,2}")
    known = value[:_LONG]
    plain = "".join(_spelling(character) for character in known) + rest
    coded = {own for encode in (b64encode, urlsafe_b64encode) for own in _coded(known.encode(), encode)}
    return {plain: max(_UNCHANGED.findall(known), key=len)} | {re.escape(own) + coded_rest: own for own in coded}


def _coded(value: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """What base64 makes of the value, wherever it stands in what was encoded; the last letter that it shares goes too."""
    for before, shared in ((0, 0), (1, 2), (2, 3)):
        text = encode(bytes(before) + value).decode().rstrip("=")
        yield text[shared:] if (before + len(value)) % 3 == 0 else text[shared:-1]


def _spelling(character: str) -> str:
    """A letter or digit of ASCII as it is; anything else also as URLs, JSON, Python and HTML write it."""
    if character.isascii() and character.isalnum():
        return re.escape(character)
    percent = "".join(f"%{byte:02x}" for byte in character.encode())
    coded = (percent, f"\\u{ord(character):04x}", f"\\x{ord(character):02x}", f"&#{ord(character)};", f"&#x{ord(character):x};")
    others = "|".join(re.escape(text) for text in dict.fromkeys((*coded, escape(character))) if text != character)
    return rf"\\*(?:{re.escape(character)}|(?i:{others}))"
