"""Owns the exported audit log, one line an event: how it is written, and how it is read back, as strictly."""

import json
from collections.abc import Iterator
from pathlib import Path

from janitor.core.canonical import canonical
from janitor.core.errors import LedgerError
from janitor.ledger.chain import Sealed
from janitor.ledger.store import Ledger


def write_export(ledger: Ledger, at_once: int | None = None) -> Iterator[str]:
    """Every event as a line of canonical JSON, its hash among the fields; raises LedgerError for one that is none.

    With `at_once` so many are read at a time, as of somebody who may read them slowly.
    """
    for row in ledger.rows() if at_once is None else ledger.rows_apart(at_once):
        try:
            line = canonical(row.event())
        except (ValueError, TypeError, RecursionError) as error:
            raise LedgerError(
                f"{ledger.name}: event {row.seq} was changed: it is no event; run `janitor audit verify`"
            ) from error
        yield f"{line}\n"


def read_export(file: Path) -> Iterator[Sealed]:
    """Every line as the event that it is; raises LedgerError, with the line, for one that is not, and for an empty file."""
    number = 0
    try:
        with file.open(encoding="ascii", errors="backslashreplace", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                yield _read_line(line.removesuffix("\n"), f"{file}:{number}")
    except OSError as error:
        raise LedgerError(f"{file}: cannot be read: {error.strerror}") from error
    if number == 0:
        raise LedgerError(f"{file}: is empty: it holds no event, so it proves nothing")


def _read_line(line: str, where: str) -> Sealed:
    try:
        event = json.loads(line)
        if canonical(event) != line:
            raise LedgerError(f"{where}: was changed: it is not the canonical text of an event{_hint(line)}")
        digest = event.pop("hash")
        return Sealed(seq=event["seq"], body=canonical(event), hash=digest)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise LedgerError(f"{where}: is no event of an audit log{_hint(line)}") from error


def _hint(line: str) -> str:
    """What usually does this to a file on its way, short of forgery."""
    if line.endswith("\r"):
        return "; its lines end with CR LF: fetch the file again, unconverted"
    if line.startswith("\\xef\\xbb\\xbf"):
        return "; it begins with a byte order mark, which an editor added: fetch the file again"
    return "; it is blank" if not line.strip() else ""
