"""Owns the file `<ledger>.head`: the anchor, outside the database, against which a cut or rewritten chain shows."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import bindparam, select

from janitor.core.errors import LedgerError
from janitor.ledger.chain import EMPTY, Head, find_break
from janitor.ledger.engine import sync_directory
from janitor.ledger.schema import events
from janitor.ledger.store import Ledger

_HASH = select(events.c.hash).where(events.c.seq == bindparam("its_seq"))
_LONGEST = 1000
"""Characters: far more than a head has."""


def anchor_path(ledger_path: Path) -> Path:
    """Where the anchor of a ledger lies."""
    return ledger_path.with_name(ledger_path.name + ".head")


def write_anchor(ledger: Ledger) -> Head:
    """Write the present head beside the ledger, durably and all at once, and answer with it; an anchor never goes back."""
    path = anchor_path(ledger.path)
    try:
        with _alone(path):
            head, written = ledger.head(), read_anchor(ledger.path)
            if written is None or written.seq < head.seq:
                _replace(path, f"{head}\n")
            return head
    except OSError as error:
        raise LedgerError(f"{path}: the head cannot be written: {error.strerror}") from error


def read_anchor(ledger_path: Path) -> Head | None:
    """The head as last written, or None where none was; raises LedgerError where the file is not one."""
    path = anchor_path(ledger_path)
    try:
        return Head.parse(_read(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LedgerError(f"{path}: the head cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise LedgerError(f"{path}: is no anchor: {error}") from error


def check_anchor(ledger: Ledger) -> None:
    """Raise LedgerError unless the ledger still contains its anchored head: it was cut, restored or replaced."""
    anchor = read_anchor(ledger.path)
    if anchor is None or anchor.seq == 0:
        return
    with ledger.reading() as connection:
        found = connection.execute(_HASH, {"its_seq": anchor.seq}).scalar()
    if found != anchor.hash:
        raise LedgerError(
            f"{ledger.path}: event {anchor.seq} is not the one that {anchor_path(ledger.path).name} anchors: the ledger was cut, "
            "restored from an older copy or replaced; run `janitor audit verify` and keep both files"
        )


def check_tail(ledger: Ledger) -> None:
    """Raise LedgerError unless the ledger contains its anchored head and every event after it continues the chain.

    What lies before the anchor was verified by the sweeps that came before, each its own part; `janitor audit verify` walks it
    all. Without an anchor the tail is everything.
    """
    check_anchor(ledger)
    start = read_anchor(ledger.path) or EMPTY
    wrong, head = find_break(ledger.rows(after=start.seq), start=start)
    if wrong is not None:
        raise LedgerError(f"{ledger.path}: {wrong}; the last good head is {head}; run `janitor audit verify` and keep the file")


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
