"""Owns that several questions to a ledger are answered of one moment: they share one transaction of reading."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection


class Readable(Protocol):
    """What can be asked: a ledger, or one moment of it."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection for queries."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A ledger at one moment, as long as the transaction lasts that is open on this connection."""

    connection: Connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection of this moment."""
        yield self.connection


@contextmanager
def at_one_moment(ledger: Readable) -> Iterator[Moment]:
    """Ask several questions at once; a database error becomes a LedgerError as for each of them."""
    with ledger.reading() as connection:
        yield Moment(connection)
