"""Owns the lock of a target: one file beside the ledger, held while sweeping, released by the kernel when a process dies."""

import fcntl
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from janitor.core.errors import LedgerError, LockHeld

NO_LOCKS = "this file system has no working locks"
ELSEWHERE = "move the ledger to a local disk"


class Unbreakable:
    """A lock that lasts as long as the process lives, or stands still: the kernel gives it to nobody else meanwhile."""

    def holds_until(self) -> float:
        """For ever."""
        return math.inf


@contextmanager
def hold_lock(ledger_path: Path, target: str) -> Iterator[Unbreakable]:
    """Hold a target's lock.

    Raises LockHeld at once where another process or thread has it, and LedgerError where locks do not work.
    """
    path = lock_path(ledger_path, target)
    with _opened(path) as handle:
        _take(handle, path, target)
        with _opened(path) as second:
            _probe(second, path)
        yield Unbreakable()


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LedgerError(f"{path}: the lock cannot be opened: {error.strerror}") from error
    try:
        yield handle
    finally:
        os.close(handle)


def lock_path(ledger_path: Path, target: str) -> Path:
    """Where a target's lock lies; target names are validated to be plain words."""
    return ledger_path.with_name(f"{ledger_path.name}.{target}.lock")


def _take(handle: int, path: Path, target: str) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LockHeld(f"target {target}: another sweep holds {path}; wait for it to end") from error
    except OSError as error:
        raise LedgerError(f"{path}: {NO_LOCKS}: {error.strerror}; {ELSEWHERE}") from error


def _probe(second: int, path: Path) -> None:
    """Try to take the lock that we hold once more: where that is granted, it would be granted to another sweep too."""
    try:
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    except OSError as error:
        raise LedgerError(f"{path}: {NO_LOCKS}: {error.strerror}; {ELSEWHERE}") from error
    raise LedgerError(f"{path}: {NO_LOCKS}: one lock was granted twice at once; {ELSEWHERE}")
