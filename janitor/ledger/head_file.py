"""Owns the file `<ledger>.head`: the anchor outside the database, written durably and all at once."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from janitor.core.errors import LedgerError
from janitor.ledger.chain import Head
from janitor.ledger.engine import sync_directory

_LONGEST = 1000
"""Characters: far more than a head has."""


def anchor_path(ledger_path: Path) -> Path:
    """Where the anchor of a ledger that is a file lies."""
    return ledger_path.with_name(ledger_path.name + ".head")


class HeadFile:
    """One such file."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path

    def read(self) -> Head | None:
        """The head as last written, or None where none was; raises LedgerError where the file is not one."""
        try:
            return Head.parse(_read(self._path))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LedgerError(f"{self._path}: the head cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise LedgerError(f"{self._path}: is no anchor: {error}") from error

    def prove(self, *, is_asked_only: bool = False) -> None:
        """Raise LedgerError unless it could be written, found out by its lock, or without a trace by asking alone."""
        try:
            if not is_asked_only:
                with _alone(self._path):
                    return
            if not os.access(self._path.parent, os.W_OK | os.X_OK):
                raise LedgerError(f"{self._path}: the head cannot be written: its folder is not there, or not ours")
        except OSError as error:
            raise LedgerError(f"{self._path}: the head cannot be written: {error.strerror}") from error

    def advance(self, present: Callable[[], Head]) -> Head:
        """Write the present head, which is asked for once no other writer can come between, unless a later one is there."""
        try:
            with _alone(self._path):
                head, written = present(), self.read()
                if written is None or written.seq < head.seq:
                    _replace(self._path, f"{head}\n")
                return head
        except OSError as error:
            raise LedgerError(f"{self._path}: the head cannot be written: {error.strerror}") from error


def read_anchor(ledger_path: Path) -> Head | None:
    """The anchored head of a ledger that is a file, which may be missing itself."""
    return HeadFile(anchor_path(ledger_path)).read()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one writer at a time read, compare and replace: sweeps of several targets end side by side."""
    handle = os.open(path.with_name(f"{path.name}-lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read(path: Path) -> str:
    """The text of a file of ours: no link is followed, and no pipe waited for."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, encoding="ascii") as file:
        return file.read(_LONGEST)


def _replace(path: Path, text: str) -> None:
    """Write anew what lies there: the draft is a file of our own making, not one that a link, also a hard one, shares."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_directory(path.parent)
