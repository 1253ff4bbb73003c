"""Owns snapshots on the command line: taking one of a target, and reading one from a file."""

import io
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from janitor.core.errors import UsageError
from janitor.retention.snapshot import Snapshot, read_snapshot

if TYPE_CHECKING:
    from janitor.wiring import App

LONGEST_LINE = 16_000_000
"""Characters; no job is nearly as long, and a file that is no snapshot may be one endless line."""


def snapshot_of(app: "App", name: str, say: Callable[..., Any]) -> Snapshot:
    """A snapshot of one target now; raises UsageError for a target that the file does not have, and as `take_snapshot` does."""
    from janitor.sweep.snapshot import take_snapshot

    (target,) = app.targets((name,))
    api = next(each.api for each in app.settings.targets if each.name == name)
    ledger = app.read_ledger()
    with ledger or nullcontext():
        return take_snapshot(target, ledger, app.tools(say), api)


def open_snapshot(path: Path) -> Snapshot:
    """Read a snapshot; raises UsageError for a file that is none, was changed, or cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return read_snapshot(_bounded(stream))
    except (OSError, ValueError) as error:
        what = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else _words(error)
        raise UsageError(f"{path}: {what}") from error


def _bounded(stream: io.TextIOBase) -> Iterator[str]:
    while line := stream.readline(LONGEST_LINE):
        yield line


def _words(error: ValueError) -> str:
    return "is no text, so no snapshot" if isinstance(error, UnicodeDecodeError) else str(error)
