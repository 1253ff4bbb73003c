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
    _marks: dict[Path, Mark] = field(default_factory=dict)
    _pending: dict[Path, Mark] = field(default_factory=dict)
    _digests: dict[Path, str] = field(default_factory=dict)
    _read_at: float = 0.0

    def load(self) -> None:
        """Read the file now; raises nothing: a file that is refused leaves none in force.

        It is read until nothing changed between a look before and one after, so that what is in force is what was looked at.
        """
        self._files = self._files or (self.path,)
        for _ in range(MOST_READINGS):
            files, marks = self._files, self._look()
            digests = {path: _digest(path) for path in files}
            self._read()
            if files == self._files and marks == self._look():
                break
            digests = {}
        self._marks, self._pending, self._digests = marks, dict(marks), digests
        self._read_at = self.clock.monotonic()

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
        """Whether to load again: a file has other content, the same in two looks in a row, so that none is read while written."""
        if self.app is None and self.clock.monotonic() - self._read_at >= RETRY_S:
            return True
        marks, before = self._look(), self._pending
        self._pending = marks
        settled = [path for path in self._files if marks[path] == before.get(path)]
        suspects = [path for path in settled if path not in self._digests or marks[path] != self._marks.get(path)]
        for path in suspects:
            self._marks[path] = marks[path]
        return any(_digest(path) != self._digests.get(path) for path in suspects)

    def _look(self) -> dict[Path, Mark]:
        return {path: _mark(path) for path in self._files}


def _mark(path: Path) -> Mark:
    """What changes when a file is written or replaced, also behind a symbolic link."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _digest(path: Path) -> str:
    try:
        if not path.is_file():  # a pipe would never end
            return "no file"
        with path.open("rb") as stream:
            return sha256(stream.read(LARGEST)).hexdigest()
    except OSError:
        return "unreadable"
