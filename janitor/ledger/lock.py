"""Owns the lock of a target: one file beside the ledger, held while sweeping, released by the kernel when a process dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from janitor.core.errors import LedgerError, LockHeld


@contextmanager
def hold_lock(ledger_path: Path, target: str) -> Iterator[None]:
    """Hold a target's lock; raises LockHeld at once where another process or thread has it."""
    path = lock_path(ledger_path, target)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LedgerError(f"{path}: the lock cannot be opened: {error.strerror}") from error
    try:
        _take(handle, path, target)
        yield
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
        raise LedgerError(f"{path}: this file system has no working locks: {error.strerror}") from error
