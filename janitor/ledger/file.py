"""Owns a ledger that is one SQLite file: creating and opening it, and its transactions on files that are still in place."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, event, insert
from sqlalchemy.exc import SQLAlchemyError

from janitor.core.errors import LedgerError
from janitor.ledger.engine import create_file, empty_wal, open_engine, sync_directory
from janitor.ledger.head_file import HeadFile, anchor_path
from janitor.ledger.lock import Unbreakable, hold_lock
from janitor.ledger.place import Place, free_bytes
from janitor.ledger.schema import SCHEMA_VERSION, meta, metadata
from janitor.ledger.storage import Anchor
from janitor.ledger.version import check_version, upgrade


class FileStorage:
    """One open file, with SQLite's own beside it."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self.engine = engine
        self.name, self.remedy = str(place.path), "free or mend the disk"
        self.anchor: Anchor = HeadFile(anchor_path(place.path))
        self._place = place
        event.listen(engine, "engine_disposed", lambda _engine: place.forget_companions())

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection for queries."""
        return self.engine.connect()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, synced to disk at its end.

        The files are looked at before, so that nothing is written into nowhere, and after the sync, so that what was is there.
        """
        self._place.check()
        with self.engine.begin() as connection:
            self._place.remember_companions()
            yield connection
        self._place.check()

    def check_room(self, intents: int, beside: int) -> None:
        """Raise LedgerError unless the disk has room."""
        self._place.check_room(intents, beside)

    def lock(self, target: str) -> AbstractContextManager[Unbreakable]:
        """Hold a target's lock: a file beside the ledger."""
        return hold_lock(self._place.path, target)

    def obstacle(self) -> str | None:
        """Why it could not be written."""
        path = self._place.path
        unwritable = [each for each in (path, path.parent) if not os.access(each, os.W_OK)]
        return f"{unwritable[0]}: cannot be written" if unwritable else None

    def size(self) -> int:
        """The file, with what SQLite has not moved into it yet."""
        path = self._place.path
        return sum(part.stat().st_size for part in (path, path.with_name(f"{path.name}-wal")) if part.exists())

    def free(self) -> int | None:
        """The room on its disk."""
        with suppress(OSError):
            return free_bytes(self._place.path)
        return None


def open_file(path: Path, *, create: bool, room: Callable[[Path], int] = free_bytes) -> FileStorage:
    """Open a file for writing; raises LedgerError where it is missing (unless it may be created) or foreign."""
    with file_trouble(path, "cannot be opened"):
        path = path.resolve()
        is_new = not path.exists()
        if is_new and not create:
            raise missing_file(path)
        if is_new:
            with suppress(FileExistsError):  # another process was quicker; its ledger is as good
                create_ledger(path)
        _check_version(path)
        engine = open_engine(path, read_only=False)
        with engine.begin() as connection:
            upgrade(connection)
        return FileStorage(engine, Place(path, room))


def open_file_read_only(path: Path) -> FileStorage | None:
    """Open a file for reading only, or answer None where there is none."""
    with file_trouble(path, "cannot be read"):
        path = path.resolve()
        if not path.exists():
            return None
        _check_version(path)
        return FileStorage(open_engine(path, read_only=True), Place(path))


def missing_file(path: Path) -> LedgerError:
    """The error of a ledger that should be there and is not; it is never replaced by a fresh one."""
    return LedgerError(f"{path}: no ledger is there; run `janitor init --ledger`, or mount the volume that has it")


def create_ledger(path: Path) -> None:
    """Create an empty ledger, all at once: a crash or a full disk leaves no half-made one. An existing file is never touched."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with file_trouble(path, "cannot be created"):
            _fill(draft)
        os.link(draft, path)
    finally:
        for name in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + name).unlink(missing_ok=True)
    sync_directory(path.parent)


def _fill(draft: Path) -> None:
    """Make a file the database of an empty ledger, as a whole: what is in its WAL only would be left behind."""
    create_file(draft)
    engine = open_engine(draft, read_only=False)
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(insert(meta).values(key="schema", value=SCHEMA_VERSION))
        empty_wal(engine)
    finally:
        engine.dispose()


def _check_version(path: Path) -> None:
    """Look, without writing a byte, whether a file is a ledger that this janitor can read."""
    engine = open_engine(path, read_only=True)
    try:
        with engine.connect() as connection:
            check_version(connection, str(path))
    finally:
        engine.dispose()


@contextmanager
def file_trouble(path: Path, what: str) -> Iterator[None]:
    """Whatever goes wrong becomes a LedgerError that names the file."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise LedgerError(f"{path}: {what} as a ledger: {error.__cause__ or error}") from error
    except (OSError, ValueError, RuntimeError) as error:  # the last two: a path with NUL, a loop of links
        raise LedgerError(f"{path}: {what}: {getattr(error, 'strerror', None) or error}") from error
