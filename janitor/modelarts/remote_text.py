"""Owns what may be shown of text the platform sent: short, printable, and free of our secrets even when it echoes them."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from html import escape
from string import hexdigits

from janitor.modelarts.known_secrets import KnownSecrets, SecretValues

LONGEST = 300
_MASK = "***"
_SHORTEST_CODED = 6
"""Less of base64 than this stands in ordinary words too."""
_LONG = 64
"""Only tokens are longer."""
_LOOKED_AT = 4096
_LONGEST_SPELLING = 16 * _LONG
"""Of what is known of a secret, each character as long as HTML can make it."""
_REST = r"\S*"
_ECHOES = (
    re.compile(r"SDK-HMAC-SHA256\b.*", re.DOTALL | re.IGNORECASE),
    re.compile(r"(?:authorization|x-auth-token|x-security-token)[\"']?\s*[:=].*", re.DOTALL | re.IGNORECASE),
    re.compile(r"signature[\"']?\s*[:=]\s*[\"']?[0-9a-f]{16,}", re.IGNORECASE),
    re.compile(r"[0-9a-f]{64,}", re.IGNORECASE),  # as long as a signature
)
_NAME = re.compile(r"[A-Za-z0-9._:\-]{1,128}")


class Cleaner:
    """Cleans remote text of every secret known, also where it comes back quoted or in base64."""

    def __init__(self, known: KnownSecrets) -> None:
        self._known = known
        self._seen = SecretValues()
        self._pattern = re.compile(r"(?!)")

    def _secrets(self) -> re.Pattern[str]:
        values = self._known.values()
        if values is not self._seen:
            forms = sorted((form for part in values for form in _forms(part)), key=len, reverse=True)
            self._pattern = re.compile("|".join(forms) or r"(?!)")
            self._seen = values  # last, so that whoever sees it finds the pattern of at least these
        return self._pattern

    def text(self, raw: str) -> str:
        """Mask secrets first, then escape what is not printable, then cut; of a long text only the beginning is looked at."""
        is_long = len(raw) > _LOOKED_AT
        raw = self._masked(raw)
        for echo in _ECHOES:
            raw = echo.sub(_MASK, raw)
        shown = "".join(_printable(character) for character in raw[:LONGEST])
        return f"{shown[:LONGEST]}…" if is_long or max(len(raw), len(shown)) > LONGEST else shown

    def _masked(self, raw: str) -> str:
        """The beginning without the secrets that begin there; at its end no half of one is left, nor of a signature."""
        parts, at = list[str](), 0
        for found in self._secrets().finditer(raw[: _LOOKED_AT + _LONGEST_SPELLING]):
            if found.start() >= _LOOKED_AT:
                break
            parts += [raw[at : found.start()], _MASK]
            at = found.end()
        rest = raw[at:_LOOKED_AT]
        return "".join((*parts, rest if len(raw) <= _LOOKED_AT else rest.rstrip(hexdigits)))

    def name(self, raw: object) -> str | None:
        """An error code or request id as it stands, or None for anything that does not look like one or holds a secret."""
        if isinstance(raw, bool) or not isinstance(raw, str | int):
            return None
        text = str(raw)
        return text if _NAME.fullmatch(text) and self.text(text) == text else None


def _printable(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def _forms(part: str) -> Iterator[str]:
    """Patterns of what a part may come back as: plain, or as URLs, JSON and HTML write it, or in either base64.

    Of a long one the beginning is enough to know it by, and all that follows up to a blank goes with it.
    """
    rest, coded_rest = (_REST, r"[\w+/=-]*") if len(part) > _LONG else ("", "")
    part = part[:_LONG]
    yield "".join(re.escape(character) if character.isalnum() else _spelling(character) for character in part) + rest
    for encode in (b64encode, urlsafe_b64encode):
        for before, shared in ((0, 0), (1, 2), (2, 3)):  # bytes before it in what was encoded, letters shared with them
            text = encode(bytes(before) + part.encode()).decode().rstrip("=")
            own = text[shared:] if (before + len(part)) % 3 == 0 else text[shared:-1]
            if len(own) >= _SHORTEST_CODED:
                yield re.escape(own) + coded_rest


def _spelling(character: str) -> str:
    number = ord(character)
    coded = (f"%{number:02x}", f"\\u{number:04x}", f"&#{number};", f"&#x{number:x};", escape(character))
    return rf"(?:\\*{re.escape(character)}|(?i:{'|'.join(re.escape(text) for text in coded)}))"
