"""Owns the ways to have a key without asking any service: given, read again from its files, or from a profile."""

import configparser
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import ClassVar

from janitor.modelarts.credentials import AccessKey, Credential, Issued, secrets_of
from janitor.modelarts.ecs_agency import EcsAgency
from janitor.modelarts.errors import Unavailable
from janitor.modelarts.gates import KeyId, key_id
from janitor.modelarts.password_login import PasswordLogin
from janitor.modelarts.provider import Connect, Provider

__all__ = ["EcsAgency", "GivenKey", "KeyPart", "PasswordLogin", "Profile", "Provider", "RereadKey"]

_LARGEST = 64 * 1024


class _OnThisMachine:
    """What all of these have in common."""

    __slots__ = ()

    asks_remotely: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class GivenKey(_OnThisMachine):
    """A credential that stays what it is."""

    credential: Credential

    is_renewable: ClassVar[bool] = False

    @property
    def kind(self) -> str:
        """By whether it is a permanent key."""
        return _kind_of(self.credential)

    @property
    def who(self) -> Hashable:
        """The access key, or whatever else it is by itself."""
        return key_id(self.credential) or self

    def secrets(self) -> tuple[str, ...]:
        """Its parts."""
        return secrets_of(self.credential)

    def issue(self, _connect: Connect) -> Issued:
        """The credential itself."""
        return Issued(credential=self.credential)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPart:
    """One part of a key as it was read, and the file that it was read from, if any."""

    value: str = field(repr=False)
    path: Path | None = None

    def read(self) -> str:
        """The part as it is now, without the line end of its file; raises OSError or ValueError."""
        if self.path is None:
            return self.value
        return _read_small(self.path).decode("ascii").rstrip("\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadKey(_OnThisMachine):
    """A key whose files are read anew each time, so that it may be replaced while it is in use."""

    access_key: KeyPart
    secret_key: KeyPart
    security_token: KeyPart | None = None

    @property
    def kind(self) -> str:
        """By whether it is a permanent key."""
        return "access_key" if self.security_token is None else "temporary_key"

    @property
    def is_renewable(self) -> bool:
        """If any part has a file."""
        return any(part.path is not None for part in self._parts())

    @property
    def who(self) -> Hashable:
        """The access key as it was first read."""
        return KeyId(self.access_key.value)

    def secrets(self) -> tuple[str, ...]:
        """Its parts as they were first read."""
        return tuple(part.value for part in self._parts())

    def issue(self, _connect: Connect) -> Issued:
        """The key as its files have it now; raises Unavailable where they have none."""
        try:
            key = AccessKey(*(part.read() for part in self._parts()))
        except (OSError, ValueError) as error:
            raise Unavailable(f"the files of the key cannot be read: {_told(error)}") from None
        return Issued(credential=key)

    def _parts(self) -> tuple[KeyPart, ...]:
        token = () if self.security_token is None else (self.security_token,)
        return (self.access_key, self.secret_key, *token)


@dataclass(frozen=True, slots=True)
class Profile(_OnThisMachine):
    """A key from a section of a credentials file of the vendor's tools; of what else stands there nothing is read.

    `loaded` is the key that was there before, for whoever has read it already.
    """

    name: str
    path: Path
    loaded: AccessKey | None = None

    kind: ClassVar[str] = "profile"
    is_renewable: ClassVar[bool] = True

    @property
    def who(self) -> Hashable:
        """The access key that was there before."""
        return key_id(self.loaded) or self

    def secrets(self) -> tuple[str, ...]:
        """Those that were read before; what is read later is issued."""
        return () if self.loaded is None else secrets_of(self.loaded)

    def issue(self, _connect: Connect) -> Issued:
        """The key as the file has it now; raises Unavailable where it has none."""
        try:
            key = read_profile(self.path, self.name)
        except (OSError, ValueError) as error:
            raise Unavailable(f"profile {self.name} of {self.path} cannot be read: {_told(error)}") from None
        return Issued(credential=key)


def read_profile(path: Path, name: str) -> AccessKey:
    """Read `ak`, `sk` and `security_token` of one section (docs/modelarts-api.md, other sources).

    Raises OSError, or ValueError with a text that holds no value of the file.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(_read_small(path).decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except configparser.Error as error:
        raise ValueError(f"it is no file of sections with keys and values ({type(error).__name__})") from None
    if not parser.has_section(name):
        raise ValueError(f"it has no section [{name}]")
    access_key, secret_key, token = (parser.get(name, option, fallback="") for option in ("ak", "sk", "security_token"))
    if not (access_key and secret_key):
        raise ValueError(f"section [{name}] lacks ak or sk")
    return AccessKey(access_key, secret_key, token or None)


def _read_small(path: Path) -> bytes:
    """The content of a file of at most 64 KiB; one that is no regular file, such as a pipe, might never end."""
    if not S_ISREG(path.stat().st_mode):
        raise ValueError("it is no regular file")
    with path.open("rb") as stream:
        found = stream.read(_LARGEST + 1)
    if len(found) > _LARGEST:
        raise ValueError("it is larger than 64 KiB")
    return found


def _kind_of(credential: Credential) -> str:
    is_temporary = isinstance(credential, AccessKey) and credential.security_token is not None
    return "temporary_key" if is_temporary else "access_key"


def _told(error: OSError | ValueError) -> str:
    """What is wrong, without what was read: of a decoding error the text is a value of the file."""
    if isinstance(error, UnicodeDecodeError):
        return "not ASCII text"
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
