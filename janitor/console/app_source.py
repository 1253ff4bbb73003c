"""Owns the ledger that the pages are made from: open once, for reading only, and opened anew where another lies there now."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from janitor.core.seams import Clock
from janitor.core.secret import Scrubber
from janitor.ledger.anchor import check_anchor
from janitor.ledger.head_file import HeadFile, anchor_path
from janitor.ledger.opening import Where, missing_ledger
from janitor.ledger.store import Ledger
from janitor.settings.model import LedgerSettings, Settings
from janitor.settings.stop_file import find_stop_file
from janitor.wiring import App

Which = tuple[object, ...]


@dataclass(kw_only=True)
class _Handle:
    """An open ledger, which one it is, and how many read it now."""

    ledger: Ledger
    which: Which
    readers: int = 0
    is_old: bool = False


class AppSource:
    """What the pages get: the settings in force, and one ledger for all threads, whose connections are pooled.

    Opening one takes longer than many a page, so it stays open; before each use it is looked at whether it is still the one.
    """

    def __init__(self, app: App, next_sweep: Callable[[str], datetime | None] = lambda _target: None) -> None:
        self.follow(app)
        self._next_sweep = next_sweep
        self._lock = Lock()
        self._handle: _Handle | None = None
        self._seen: LedgerSettings | None = None
        """Which ledger was open last: it does not cease to be expected where its file goes."""

    def follow(self, app: App) -> None:
        """Show the ledger of this version of the policy file from now on."""
        self.app, self._scrubber = app, app.scrubber

    @property
    def settings(self) -> Settings:
        """The policy file as it is in force."""
        return self.app.settings

    @property
    def clock(self) -> Clock:
        """The only source of time."""
        return self.app.clock

    @property
    def scrubber(self) -> Scrubber:
        """Removes known secrets from whatever is shown."""
        return self._scrubber

    def scrub(self, text: str) -> str:
        """A text without known secrets."""
        return self._scrubber.scrub_text(text)

    def next_sweep(self, target: str) -> datetime | None:
        """When a target is swept next, where this process sweeps it."""
        return self._next_sweep(target)

    def halted(self) -> str | None:
        """By what all deleting is halted: the file STOP beside the policy file; None by nothing."""
        return find_stop_file(self.settings.source)

    @contextmanager
    def reading(self) -> Iterator[Ledger | None]:
        """The ledger, for reading; None where there is none yet.

        Raises LedgerError where it cannot be opened, and where its anchored head is not in it: it was cut, put back or replaced.
        """
        handle = self._take()
        try:
            if handle is not None:
                check_anchor(handle.ledger)
            yield None if handle is None else handle.ledger
        finally:
            if handle is not None:
                self._give_back(handle)

    def require(self) -> None:
        """Raise LedgerError unless a ledger is there, and good as far as that can be told at once."""
        with self.reading() as ledger:
            if ledger is None:
                raise missing_ledger(self.app.where())

    def close(self) -> None:
        """Close what is open, each once nobody reads it any more."""
        with self._lock:
            self._retire()

    def _take(self) -> _Handle | None:
        """The ledger that lies there now, with one reader more.

        It is opened without the lock: where a server does not answer, each page waits for its own try and for nobody else's.
        """
        app, seen = self.app, self._seen
        which = _which(app.settings.ledger)
        if (handle := self._join(which)) is not None:
            return handle
        ledger = app.read_ledger()
        if ledger is None and (seen == app.settings.ledger or _is_anchored(app.where())):
            raise missing_ledger(app.where())
        self._seen = None if ledger is None else app.settings.ledger
        return None if ledger is None else self._join(which, ledger)

    def _join(self, which: Which, opened: Ledger | None = None) -> _Handle | None:
        """Read along in what is open, where it is that; else in what was just opened, where anything was."""
        with self._lock:
            if self._handle is None or self._handle.which != which:
                self._retire()
                self._handle = None if opened is None else _Handle(ledger=opened, which=which)
            elif opened is not None:
                opened.close()  # somebody else was sooner
            if self._handle is not None:
                self._handle.readers += 1
            return self._handle

    def _give_back(self, handle: _Handle) -> None:
        with self._lock:
            handle.readers -= 1
            if handle.is_old and not handle.readers:
                handle.ledger.close()

    def _retire(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.is_old = True
            if not handle.readers:
                handle.ledger.close()


def _is_anchored(where: Where) -> bool:
    """Whether a head is written down of a ledger: then there was one, and it was lost."""
    file = HeadFile(anchor_path(where)) if isinstance(where, Path) else where.head and HeadFile(where.head)
    head = file.read() if file else None
    return head is not None and head.seq > 0


def _which(settings: LedgerSettings) -> Which:
    """What changes when another ledger has to be opened.

    In a folder that cannot be written SQLite reads a file at rest as one that never changes, so there any change of it counts.
    """
    path = settings.path
    if path is None:
        return (settings,)
    try:
        found = path.stat()
    except OSError:
        return (settings,)
    is_still = not os.access(path.resolve().parent, os.W_OK)
    changes = (found.st_size, found.st_mtime_ns, Path(f"{path}-wal").exists()) if is_still else ()
    return (settings, found.st_dev, found.st_ino, *changes)
