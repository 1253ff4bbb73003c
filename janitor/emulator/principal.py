"""Owns the values of the identity side: projects, users, access keys, tokens, and whom a credential stands for."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project by id and name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An IAM user, or the agency in whose name a temporary key acts; without a password nobody can log in as it."""

    id: str
    name: str
    domain_id: str
    domain_name: str
    password: str | None = field(default=None, repr=False)
    is_enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An access key; a security token makes it temporary. `project` None: the one that the account has at the time."""

    access_key: str
    secret_key: str = field(repr=False)
    user_name: str
    security_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    project: Project | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An issued token; one that is not for a project serves IAM only."""

    text: str = field(repr=False)
    user_name: str
    issued_at: datetime
    expires_at: datetime
    is_for_project: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whom a genuine credential stands for, and the project that it may touch."""

    user: User
    project: Project | None
