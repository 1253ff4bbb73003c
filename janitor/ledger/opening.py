"""Owns the choice by which kind of storage a ledger is opened, created and found missing."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from janitor.core.errors import LedgerError
from janitor.ledger.file import create_ledger, missing_file, open_file, open_file_read_only
from janitor.ledger.place import free_bytes
from janitor.ledger.server import Server
from janitor.ledger.storage import Storage
from janitor.ledger.store import Ledger, Pen

Where = Path | Server


def open_ledger(where: Where, pen: Pen, *, create: bool, room: Callable[[Path], int] = free_bytes) -> Ledger:
    """Open a ledger for writing; raises LedgerError where it is missing (unless it may be created) or foreign."""
    if isinstance(where, Path):
        return Ledger(open_file(where, create=create, room=room), pen)
    from janitor.ledger.postgres import open_server  # noqa: PLC0415  the driver is an extra, and slow to import

    return Ledger(open_server(where, create=create), pen)


def read_ledger(where: Where) -> Ledger | None:
    """Open a ledger for reading only, or answer None where there is none."""
    storage: Storage | None
    if isinstance(where, Path):
        storage = open_file_read_only(where)
    else:
        from janitor.ledger.postgres import open_server_read_only  # noqa: PLC0415  as above

        storage = open_server_read_only(where)
    return None if storage is None else Ledger(storage, Pen(now=_refuse, actor=""))


def init_ledger(where: Where) -> None:
    """Create an empty ledger; raises LedgerError where one is there already, or none can be."""
    if not isinstance(where, Path):
        from janitor.ledger.postgres import create_schema  # noqa: PLC0415  as above

        return create_schema(where)
    if where.exists():
        raise LedgerError(f"{where}: exists already, and was left alone")
    try:
        return create_ledger(where)
    except OSError as error:
        raise LedgerError(f"{where}: cannot be created: {error.strerror}") from error


def missing_ledger(where: Where) -> LedgerError:
    """The error of a ledger that should be there and is not; it is never replaced by a fresh one."""
    if isinstance(where, Path):
        return missing_file(where)
    from janitor.ledger.postgres import missing_schema  # noqa: PLC0415  as above

    return missing_schema(where)


def _refuse() -> datetime:
    raise LedgerError("this ledger was opened for reading only")
