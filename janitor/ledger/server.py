"""Owns what is known of a PostgreSQL server before it is asked: its address, its password, and what keeps a lock on it alive."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, make_url

from janitor.core.seams import Clock
from janitor.core.secret import Secret


class Running(Protocol):
    """Work that goes on beside the caller."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A database on a server; `head` is the file that anchors its chain, if any; `start` begins work beside the caller."""

    url: str
    clock: Clock
    start: Callable[[Callable[[], None], str], Running]
    password: Secret | None = None
    head: Path | None = None

    def __str__(self) -> str:
        """The address as it may be shown: nothing of a password is in it."""
        return shown(self.url)


def shown(url: str) -> str:
    """An address without driver, password and options."""
    parts = make_url(url)
    plain = URL.create("postgresql", username=parts.username, host=parts.host, port=parts.port, database=parts.database)
    return plain.render_as_string(hide_password=True)
