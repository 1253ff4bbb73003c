"""Owns what may be shown of text the platform sent: short, printable, and free of our secrets even when it echoes them."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from html import escape

from janitor.modelarts.credentials import AccessKey

LONGEST = 300
_MASK = "***"
_SHORTEST_CODED = 6
"""Less of base64 than this stands in ordinary words too."""
_ECHOES = (
    re.compile(r"SDK-HMAC-SHA256\b.*", re.DOTALL | re.IGNORECASE),
    re.compile(r"(?:authorization|x-auth-token|x-security-token)[\"']?\s*[:=].*", re.DOTALL | re.IGNORECASE),
    re.compile(r"signature[\"']?\s*[:=]\s*[\"']?[0-9a-f]{16,}", re.IGNORECASE),
    re.compile(r"[0-9a-f]{64,}", re.IGNORECASE),  # as long as a signature
)
_NAME = re.compile(r"[A-Za-z0-9._:\-]{1,128}")


class Cleaner:
    """Cleans remote text of one key's parts, also where they come back quoted or in base64."""

    def __init__(self, key: AccessKey) -> None:
        parts = [key.access_key, key.secret_key, *([key.security_token] if key.security_token else [])]
        forms = sorted((form for part in parts for form in _forms(part)), key=len, reverse=True)
        self._secrets = re.compile("|".join(forms))

    def text(self, raw: str) -> str:
        """Mask secrets first, then escape what is not printable, then cut."""
        raw = self._secrets.sub(_MASK, raw)
        for echo in _ECHOES:
            raw = echo.sub(_MASK, raw)
        shown = "".join(_printable(character) for character in raw[:LONGEST])
        return shown if len(raw) <= LONGEST and len(shown) <= LONGEST else f"{shown[:LONGEST]}…"

    def name(self, raw: object) -> str | None:
        """An error code or request id as it stands, or None for anything that does not look like one or holds a secret."""
        if isinstance(raw, bool) or not isinstance(raw, str | int):
            return None
        text = str(raw)
        return text if _NAME.fullmatch(text) and self.text(text) == text else None


def _printable(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def _forms(part: str) -> Iterator[str]:
    """Patterns of what a part may come back as: plain, or as URLs, JSON and HTML write it, or in either base64."""
    yield "".join(re.escape(character) if character.isalnum() else _spelling(character) for character in part)
    for encode in (b64encode, urlsafe_b64encode):
        for before, shared in ((0, 0), (1, 2), (2, 3)):  # bytes before it in what was encoded, letters shared with them
            text = encode(bytes(before) + part.encode()).decode().rstrip("=")
            own = text[shared:] if (before + len(part)) % 3 == 0 else text[shared:-1]
            if len(own) >= _SHORTEST_CODED:
                yield re.escape(own)


def _spelling(character: str) -> str:
    number = ord(character)
    coded = (f"%{number:02x}", f"\\u{number:04x}", f"&#{number};", f"&#x{number:x};", escape(character))
    return rf"(?:\\*{re.escape(character)}|(?i:{'|'.join(re.escape(text) for text in coded)}))"
