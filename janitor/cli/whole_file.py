"""Owns writing a file all at once, readable for its owner only: whoever looks sees the old one or the whole new one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from janitor.core.errors import UsageError


@contextmanager
def write_whole(path: Path) -> Iterator[TextIO]:
    """A stream of text; the file gets its name when the block has ended well, and is not there otherwise.

    Raises UsageError where it cannot be written, and for what is no regular file: a device would be replaced by one.
    """
    try:
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise UsageError(f"{path}: is no regular file; name another")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except (OSError, ValueError) as error:  # ValueError: a name with NUL, or none
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        draft.unlink(missing_ok=True)


def _unwritable(path: Path, error: Exception) -> UsageError:
    return UsageError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}")
