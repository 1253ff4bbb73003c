"""Owns a second hand at the tables of a ledger, past janitor: what somebody with every right on them can do, or see."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, create_engine

from janitor.ledger.schema import metadata
from janitor.ledger.store import Ledger

Row = tuple[Any, ...]


class Hand:
    """Executes statements, each with `?` for what is given; nothing of it lasts before `commit`."""

    def __init__(self, connection: "sqlite3.Connection | Connection") -> None:
        self._connection = connection

    def execute(self, statement: str, given: Sequence[Any] = ()) -> list[Row]:
        """Have it done, and answer with what it returns."""
        if isinstance(self._connection, sqlite3.Connection):
            return list(self._connection.execute(statement, given))
        done = self._connection.exec_driver_sql(statement.replace("?", "%s") if given else statement, tuple(given) or None)
        return [tuple(row) for row in done] if done.returns_rows else []

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Have it done for each row."""
        for row in rows:
            self.execute(statement, row)

    def may_write(self) -> bool:
        """Whether a writer would not have to wait for another one."""
        if not isinstance(self._connection, sqlite3.Connection):
            from janitor.ledger.postgres import WRITER

            return bool(self.execute("SELECT pg_try_advisory_xact_lock(?)", (WRITER,))[0][0])
        self.execute("PRAGMA busy_timeout = 0")
        with suppress(sqlite3.OperationalError):
            self.execute("BEGIN IMMEDIATE")
        return self._connection.in_transaction

    def dump(self) -> dict[str, list[Row]]:
        """Every row of every table."""
        return {name: sorted(self.execute(f"SELECT * FROM {name}"), key=repr) for name in metadata.tables}  # noqa: S608  ours

    def commit(self) -> None:
        """Let it last."""
        self._connection.commit()


@contextmanager
def another_hand(ledger: Ledger) -> Iterator[Hand]:
    """A connection of its own to the tables of a ledger that may be open."""
    engine = ledger.storage.engine
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(ledger.name)) as connection:
            yield Hand(connection)
        return
    own = create_engine(engine.url)
    try:
        with own.connect() as other:
            yield Hand(other)
    finally:
        own.dispose()
