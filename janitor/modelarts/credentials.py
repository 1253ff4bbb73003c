"""Owns credentials as values that never show their secrets; reads no environment and no file."""

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


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Token:
    """A token of the identity service, and whom and what it is for.

    Raises ValueError, without the value, for one that could not stand in an HTTP header.
    """

    value: str
    project_id: str
    project_name: str
    domain_id: str
    user: str
    user_id: str | None = None

    def __post_init__(self) -> None:
        _require_header_safe("token", self.value)

    def __repr__(self) -> str:
        return f"Token(value='***', project_id={self.project_id!r}, project_name={self.project_name!r}, user={self.user!r})"


@dataclass(frozen=True, slots=True)
class Anonymous:
    """No credential: what somebody has who is only about to log in."""


Credential = AccessKey | Token | Anonymous


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A credential as it was obtained; `expires_at` is aware UTC, None where nobody says."""

    credential: Credential
    expires_at: datetime | None = None


def secrets_of(credential: Credential) -> tuple[str, ...]:
    """The parts of a credential that must show nowhere."""
    match credential:
        case Token():
            return (credential.value,)
        case AccessKey():
            parts = (credential.access_key, credential.secret_key, credential.security_token)
            return tuple(part for part in parts if part is not None)
        case Anonymous():
            return ()


def is_header_safe(value: str) -> bool:
    """Whether a secret can stand in an HTTP header as it is."""
    return bool(value) and all("!" <= character <= "~" for character in value)


def _require_header_safe(name: str, value: str) -> None:
    if not is_header_safe(value):
        raise ValueError(f"the {name} is empty or holds white space or non-ASCII characters; check for a stray newline")
