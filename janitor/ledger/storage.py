"""Owns the port behind which a ledger lies: one file beside its locks, or a database on a server."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from janitor.ledger.chain import Head


class Anchor(Protocol):
    """Where the last head is kept, against which a cut or rewritten chain shows."""

    name: str

    def read(self) -> Head | None:
        """The head as last written, None where none was; raises LedgerError where what is there is none."""
        ...

    def advance(self, present: Callable[[], Head]) -> Head:
        """Write the present head durably and answer with it; an anchor never goes back. Raises LedgerError."""
        ...


class Storage(Protocol):
    """What holds the tables of a ledger. Errors of a database pass through as SQLAlchemyError, all others are LedgerError."""

    name: str
    """As it is shown: a path, or an address without its password."""
    remedy: str
    """What an operator can do where it cannot be written."""
    engine: Engine
    anchor: Anchor

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection for queries, all of which see one state."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction, alone among writers, durable when it has ended well; what it wrote is certain to be in this ledger."""
        ...

    def check_room(self, intents: int, beside: int) -> None:
        """Raise LedgerError unless there is room for so many intents, all their outcomes, and so many bytes beside them."""
        ...

    def lock(self, target: str) -> AbstractContextManager["Grip"]:
        """Hold a target's lock. Raises LockHeld at once where another one has it, LedgerError where locks do not work."""
        ...

    def obstacle(self) -> str | None:
        """Why it could not be written, as far as that can be told without writing; None where it seems it could.

        Raises LedgerError where it cannot be asked.
        """
        ...

    def size(self) -> int:
        """How many bytes it takes."""
        ...

    def free(self) -> int | None:
        """How many bytes it may still take; None where that is not known."""
        ...


def told(error: SQLAlchemyError) -> str:
    """What the driver says, in one line: a server's words may have several."""
    return " ".join(str(error.__cause__ or error).split())


class Grip(Protocol):
    """A lock that is held."""

    def holds_until(self) -> float:
        """The monotonic time, in seconds, until which nobody else can have taken it; infinite where it cannot be lost."""
        ...
