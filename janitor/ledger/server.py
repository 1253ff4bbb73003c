"""Owns what is known of a PostgreSQL server before it is asked: its address, its password, and what keeps a lock on it alive."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from janitor.core.seams import Clock

DRIVER = "postgresql+psycopg"


class Running(Protocol):
    """Work that goes on beside the caller."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A database on a server; `password` is asked at each connection, so that it may be changed while janitor runs.

    `head` is the file in which the chain is anchored, if one is; `start` begins work beside the caller.
    """

    url: str
    clock: Clock
    start: Callable[[Callable[[], None], str], Running]
    password: Callable[[], str] | None = field(default=None, repr=False)
    head: Path | None = None

    def __str__(self) -> str:
        """The address as it may be shown: nothing of a password is in it."""
        return shown(self.url)


def shown(url: str) -> str:
    """An address without driver, password and options."""
    parts = make_url(url)
    plain = URL.create("postgresql", username=parts.username, host=parts.host, port=parts.port, database=parts.database)
    return plain.render_as_string(hide_password=True)


def find_fault(url: str) -> str | None:
    """Why an address cannot be that of a ledger; None where it can. No part of it is repeated: it may hold a password."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        return f"is no address; write {DRIVER}://USER@HOST/DATABASE"
    if parts.drivername != DRIVER:
        return f"begins with another word than {DRIVER}://"
    if parts.password is not None:
        return "has a password; give it as `password: {file: …}` or `{env: …}`"
    if not parts.database:
        return f"names no database; write {DRIVER}://USER@HOST/DATABASE"
    return None
