"""Owns the access key as a value that never shows its secrets; reads no environment and no file."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, repr=False)
class AccessKey:
    """A permanent key, or a temporary one with its security token.

    Raises ValueError, without the value, for an empty part or one that could not stand in an HTTP header (a newline at the
    end of a secret file is the usual case).
    """

    access_key: str
    secret_key: str
    security_token: str | None = None

    def __post_init__(self) -> None:
        _require_header_safe("access key", self.access_key)
        _require_header_safe("secret key", self.secret_key)
        if self.security_token is not None:
            _require_header_safe("security token", self.security_token)

    def __repr__(self) -> str:
        token = "None" if self.security_token is None else "'***'"
        return f"AccessKey(access_key='***', secret_key='***', security_token={token})"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """What may be shown of the credentials in use: their kind, and when they expire, where that is known."""

    kind: str
    expires_at: datetime | None = None


def state_of(key: AccessKey) -> KeyState:
    """A given key does not tell when it expires: a permanent one never does, a temporary one within 24 hours of its making."""
    return KeyState(kind="access_key" if key.security_token is None else "temporary_key")


def _require_header_safe(name: str, value: str) -> None:
    if not value or any(not "!" <= character <= "~" for character in value):
        raise ValueError(f"the {name} is empty or holds white space or non-ASCII characters; check for a stray newline")
