"""Owns where a ledger lies: whether its files are still those that were opened, and whether the disk has room for outcomes."""

import os
from collections.abc import Callable
from pathlib import Path

from janitor.core.errors import LedgerError
from janitor.ledger.engine import sync_directory

RESERVE = 8 << 20
"""Bytes that must stay free whatever is intended: SQLite's WAL up to its checkpoint, the anchor, the sweep's own events."""
ROOM_PER_INTENT = 64 << 10
"""Bytes for one intent and all its later outcomes: at most eight events of a few pages each, and their indexes."""

_COMPANIONS = ("-wal", "-shm")
_NAMES = ("", *_COMPANIONS)
"""What a file's name has behind that of the ledger."""
_LOST = "it was removed or replaced while it was open; put it back, or mount the volume that has it"
_LOST_COMPANION = (
    "its {} file was removed or replaced while it was open, so what is written may be lost; stop whatever does that, "
    "and run `janitor audit verify`"
)


def free_bytes(path: Path) -> int:
    """How many bytes may still be written to the file system of a file."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


class Place:
    """The files of one open ledger: what is written to a removed or replaced one is lost without any error."""

    def __init__(self, path: Path, room: Callable[[Path], int] = free_bytes) -> None:
        self.path = path
        self._room = room
        self._named = {name: path.with_name(path.name + name) for name in _NAMES}
        self._file = _identity(path)
        self._companions: tuple[tuple[int, int] | None, ...] | None = None

    def forget_companions(self) -> None:
        """Expect new companions: the last connection closed, and SQLite removed them itself."""
        self._companions = None

    def check(self) -> None:
        """Raise LedgerError where a file was removed or replaced since it was opened: what is written would go nowhere."""
        opened = (self._file, *(self._companions or ()))
        for name, identity in zip(_NAMES, opened, strict=False):
            if identity is None or _identity(self._named[name]) != identity:
                raise LedgerError(_LOST_COMPANION.format(name) if name else _LOST)

    def remember_companions(self) -> None:
        """Remember the files beside the database, which exist by now: a transaction is open. Raises LedgerError where not.

        Their entries in the folder are synced before anything in them counts: SQLite does that too, but does not mind an error.
        """
        if self._companions is None:
            self._companions = tuple(_identity(self._named[name]) for name in _COMPANIONS)
            try:
                sync_directory(self.path.parent)
            except OSError as error:
                raise LedgerError(f"its folder cannot be synced: {error.strerror}; mend the disk") from error
        self.check()

    def check_room(self, intents: int, beside: int = 0) -> None:
        """Raise LedgerError unless the disk has room for so many intents, all their outcomes, and so many bytes beside them.

        What is beside is written twice, into the WAL and into the database. No answer is a no.
        """
        needed = RESERVE + intents * ROOM_PER_INTENT + 2 * beside
        try:
            free = self._room(self.path)
        except OSError as error:
            raise LedgerError(f"how much room the disk has cannot be told: {error.strerror}; nothing is deleted") from error
        if free < needed:
            raise LedgerError(
                f"{free} bytes are free, but {needed} are needed for {intents} deletions and their outcomes; free the disk"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path now; None where none can be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
