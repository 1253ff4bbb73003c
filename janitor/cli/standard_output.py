"""Owns standard output as bytes: a reader that goes away changes nothing, and what cannot be written is told in one line."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from janitor.core.errors import JanitorError

AGAIN = "make room or write elsewhere, and run the command again"
DONE = "what was done is in the ledger: `janitor audit show`"


class Unwritten(JanitorError):
    """A result could not be written to standard output: `why`, and what to do next."""

    def __init__(self, why: str, remedy: str = AGAIN) -> None:
        super().__init__(f"the result could not be written to standard output: {why}; {remedy}")
        self.why = why


class Output(io.RawIOBase):
    """What writes for Python's own buffer. After the first failure nothing more is tried, so that the exit is quiet."""

    def __init__(self, raw: Any) -> None:
        super().__init__()
        self._raw = raw
        self.is_lost = False

    def writable(self) -> bool:
        """Always: what is closed is refused before any command begins."""
        return True

    def fileno(self) -> int:
        """The number of the file behind."""
        number: int = self._raw.fileno()
        return number

    def isatty(self) -> bool:
        """Whether a terminal is behind."""
        return bool(self._raw.isatty())

    def write(self, data: Any) -> int:
        """Write, as far as the system takes it at once; raises Unwritten."""
        if self.is_lost:
            return len(data)
        try:
            written = self._raw.write(data)
        except BrokenPipeError:
            written = len(data)
            self.is_lost = True
        except OSError as error:
            self.is_lost = True
            raise Unwritten(error.strerror or type(error).__name__) from error
        if written is None:
            self.is_lost = True
            raise Unwritten("it takes no more at once (it does not block)")
        return int(written)


def guard_standard_output() -> None:
    """Put this layer under `sys.stdout`; a name that its encoding lacks is shown by its number."""
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        encoding, is_line_buffered = stream.encoding, stream.line_buffering
        buffer = stream.detach()
        output = Output(buffer.detach() if isinstance(buffer, io.BufferedWriter) else buffer)
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(output), encoding=encoding, errors="backslashreplace", line_buffering=is_line_buffered
        )


def is_read() -> bool:
    """Whether it is of use to write more; false once the reader went away."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return not (isinstance(raw, Output) and raw.is_lost)


@contextmanager
def telling_what_was_done(remedy: str = DONE) -> Iterator[None]:
    """Around the printing of what was done already: if that fails, running the command again is not the remedy."""
    try:
        yield
    except Unwritten as error:
        raise Unwritten(error.why, remedy) from error
