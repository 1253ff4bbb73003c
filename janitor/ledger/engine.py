"""Owns how SQLite is opened: WAL, every commit synced, explicit transactions, files that only their owner may read."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, QueuePool, create_engine, event

BUSY_TIMEOUT_MS = 10_000


def create_file(path: Path) -> None:
    """Create an empty ledger file that only its owner may read, and make its directory entry durable."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    sync_directory(path.parent)


def sync_directory(folder: Path) -> None:
    """Make creations and renames in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_engine(path: Path, *, read_only: bool) -> Engine:
    """Open the SQLite file of a ledger; SQLite gets the path itself, whatever characters are in it."""
    mode = "ro" if read_only else "rw"
    if read_only and _is_at_rest(path):
        mode += "&immutable=1"
    uri = f"file:{quote(str(path.resolve()))}?mode={mode}"
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(uri, uri=True, check_same_thread=False), poolclass=QueuePool
    )
    event.listen(engine, "connect", _prepare_read_only if read_only else _prepare)
    event.listen(engine, "begin", _begin_read if read_only else _begin_write)
    return engine


def empty_wal(engine: Engine) -> None:
    """Bring all that the WAL has into the database, synced; closing does that too, but tells nobody where the disk takes no more.

    Raises sqlite3.Error where it cannot be done.
    """
    with closing(engine.raw_connection()) as connection:
        is_busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise sqlite3.OperationalError("database is locked")


def _is_at_rest(path: Path) -> bool:
    """Whether a ledger lies in a folder that cannot be written, with nothing pending: SQLite reads it only as immutable then."""
    return not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists()


def _prepare(connection: Any, _record: Any) -> None:
    """Open for writing, and bring what a killed process left in the WAL into the database at once.

    The sync of its last frames may have failed: a later sync would not mend them, and a power cut would lose them with all that
    came after. What is deleted, as a purged tombstone, is overwritten with zeros.
    """
    connection.isolation_level = None
    wait, *rest = f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"
    for pragma in (wait, *rest, "wal_checkpoint(PASSIVE)"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _prepare_read_only(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _begin_write(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_read(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")
