"""Owns the policy file of a daemon: noticing that it or a file it names has changed, and which version is in force."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from janitor.core.errors import ConfigError
from janitor.core.seams import Clock
from janitor.wiring import App

RETRY_S = 10.0
"""How often a refused file is read again though nothing seems to have changed: a missing secret may have appeared."""

MOST_READINGS = 3
LARGEST = 4 * 1024 * 1024

Mark = tuple[int, int, int, int] | None


@dataclass(kw_only=True)
class PolicyFile:
    """The file as last read: `app` is None while it is refused, and `problem` then says why."""

    read: Callable[[], App]
    path: Path
    clock: Clock
    app: App | None = None
    problem: str | None = None
    _files: tuple[Path, ...] = ()
    _marks: tuple[Mark, ...] = ()
    _pending: tuple[Mark, ...] = ()
    _digest: str = ""
    _read_at: float = field(default=0.0)

    def load(self) -> None:
        """Read the file now; raises nothing: a file that is refused leaves none in force.

        It is read until nothing changed between a look before and one after, so that what is in force is what was looked at.
        """
        self._files = self._files or (self.path,)
        for _ in range(MOST_READINGS):
            files, before, digest = self._files, self._look(), self._hash()
            self._read()
            if files == self._files and before == self._look():
                break
            digest = ""
        self._marks = self._pending = before
        self._digest, self._read_at = digest, self.clock.monotonic()

    def _read(self) -> None:
        try:
            self.app, self.problem = self.read(), None
            self._files = self.app.settings.files
        except ConfigError as error:
            self.app, self.problem = None, str(error)

    def refuse(self, problem: str) -> None:
        """Refuse a file that could be read, for a reason found later; it is read again like any refused one."""
        self.app, self.problem = None, problem

    def has_changed(self) -> bool:
        """Whether to load again: other content, the same in two looks in a row, so that nothing is read while it is written."""
        marks, before = self._look(), self._pending
        self._pending = marks
        if marks == self._marks:
            return self.app is None and self.clock.monotonic() - self._read_at >= RETRY_S
        if marks != before:
            return False
        self._marks = marks
        return self._hash() != self._digest

    def _look(self) -> tuple[Mark, ...]:
        return tuple(_mark(path) for path in self._files)

    def _hash(self) -> str:
        digest = sha256()
        for path in self._files:
            digest.update(_content(path) + b"\0")
        return digest.hexdigest()


def _mark(path: Path) -> Mark:
    """What changes when a file is written or replaced, also behind a symbolic link."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe would never end
            return b"no file"
        with path.open("rb") as stream:
            return stream.read(LARGEST)
    except OSError:
        return b"unreadable"
