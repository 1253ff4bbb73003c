"""Owns the files that a command writes: all at once, for their owner only, and never in place of anything but its own output."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from janitor.core.errors import UsageError
from janitor.retention.plan_file import BEGINS
from janitor.settings.model import Settings
from janitor.settings.stop_file import NAME as STOP

SNAPSHOT = (b'{"kind": "janitor snapshot"',)
PAGE = (b"<!DOCTYPE html>",)
JUNIT = (b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="janitor test"',)
EXPORT = (b'{"actor":', b"seq,at,event,actor,")
METRICS = (b"# HELP ",)
PLAN = (BEGINS,)
TOMBSTONE = (b'{"created_at":',)
"""How the output of each command begins; what is none of its own is never replaced."""
_LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """Where a command writes to: a path that the user named, how the command's own output begins, and the policy files in use."""

    path: Path
    begins: tuple[bytes, ...]
    settings: tuple[Settings, ...]

    def check(self) -> None:
        """Raise UsageError for a name that janitor itself needs, and for a file that is not this command's output."""
        try:
            _refuse_needed(self.path, self.settings)
            if self.path.is_symlink() or (self.path.exists() and not self.path.is_file()):
                raise UsageError(f"{self.path}: is no regular file; name another")
            if self.path.exists() and not _is_own(self.path, self.begins):
                raise UsageError(f"{self.path}: exists, and is no earlier output of this command; name another file")
        except (OSError, ValueError) as error:  # ValueError: a name with NUL
            raise _unwritable(self.path, error) from error

    @contextmanager
    def write(self) -> Iterator[TextIO]:
        """A stream of text; the file gets its name when the block has ended well, and is left as it was otherwise.

        Raises UsageError as `check` does, and where the file cannot be written.
        """
        self.check()
        try:
            draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except (OSError, ValueError) as error:  # ValueError: no name
            raise _unwritable(self.path, error) from error
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            self.check()  # writing may have taken its time
            draft.replace(self.path)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        finally:
            draft.unlink(missing_ok=True)


def _refuse_needed(path: Path, settings: Iterable[Settings]) -> None:
    """A file at the ledger's name, or at one that begins with it (-wal, .head, a lock), would be taken for a part of it."""
    names = _names_of(path)
    for each in settings:
        for part in each.ledger.files:
            if any(name.startswith(begin) for name in names for begin in _names_of(part)):
                raise UsageError(f"{path}: is a name that belongs to the ledger {each.ledger}; name another file")
        if names & _names_of(each.source.with_name(STOP)):
            raise UsageError(f"{path}: is the file that halts every sweep; name another")
        if any(names & _names_of(file) for file in each.files):
            raise UsageError(f"{path}: is read by {each.source}; name another file")


def _names_of(path: Path) -> set[str]:
    """The name as it is, and where its links lead."""
    absolute = path.absolute()
    return {str(absolute.parent.resolve() / absolute.name), str(absolute.resolve())}


def _is_own(path: Path, begins: tuple[bytes, ...]) -> bool:
    with path.open("rb") as stream:
        content = stream.read(_LONGEST)
    return not content or content.startswith(begins)


def _unwritable(path: Path, error: Exception) -> UsageError:
    return UsageError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}")
