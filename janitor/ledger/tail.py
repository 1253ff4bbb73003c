"""Owns the reading of the log from its end: the newest events that are wanted, never more at once than a reader can wait for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from janitor.core.canonical import canonical
from janitor.core.errors import LedgerError
from janitor.ledger.chain import EMPTY, Head, Sealed, find_break
from janitor.ledger.schema import events
from janitor.ledger.selection import Selection
from janitor.ledger.store import Ledger

MOST_READ = 30_000
"""Events looked at for one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """Events that are wanted, newest first, and how far down was looked: `read_to` is the lowest number, 1 when all were."""

    events: tuple[dict[str, Any], ...]
    read_to: int


def read_tail(ledger: Ledger, selection: Selection, most: int, before: int | None = None) -> Tail:
    """The newest wanted events before a number; raises LedgerError for one that is none."""
    pieces = selection.fragments()
    found, number = list[dict[str, Any]](), (ledger.head().seq + 1 if before is None else before)
    lowest = max(1, number - MOST_READ)
    where = (events.c.seq < number) & (events.c.seq >= lowest)
    for piece in (*pieces, *_kinds(selection)):
        where &= events.c.body.icontains(piece, autoescape=True)
    query = select(events).where(where).order_by(events.c.seq.desc()).execution_options(yield_per=200)
    with ledger.reading() as connection:
        for row in connection.execute(query):
            event = _event(ledger, row)
            if selection.is_wanted(event):
                found.append(event)
                if len(found) == most:
                    return Tail(events=tuple(found), read_to=row.seq)
    return Tail(events=tuple(found), read_to=lowest)


def first_after(ledger: Ledger, at: str) -> int:
    """The number of the first event that was written after a time, where the clock never went back; one beyond the last else."""
    low, high = 1, ledger.head().seq + 1
    with ledger.reading() as connection:
        while low < high:
            middle = (low + high) // 2
            row = connection.execute(select(events).where(events.c.seq == middle)).first()
            if row is not None and str(_event(ledger, row)["at"]) <= at:
                low = middle + 1
            else:
                high = middle
    return low


def check_newest(ledger: Ledger, most: int) -> tuple[str | None, Head]:
    """Verify the chain of the newest events alone; what is wrong first, or None, and the last good head."""
    head = ledger.head()
    below = max(0, head.seq - most)
    query = select(events).where(events.c.seq > below).order_by(events.c.seq)
    with ledger.reading() as connection:
        start = connection.execute(select(events.c.hash).where(events.c.seq == below)).scalar()
        if below and start is None:
            return f"event {below} is missing", EMPTY
        rows: Iterable[Sealed] = (Sealed(seq=row.seq, body=row.body, hash=row.hash) for row in connection.execute(query))
        begin = {} if start is None else {"start": Head(seq=below, hash=start)}
        return find_break(rows, [head], **begin)


def _kinds(selection: Selection) -> tuple[str, ...]:
    """The name of the one event that is wanted."""
    names = selection.events or ()
    return tuple(f'"event":{canonical(name)}' for name in names) if len(names) == 1 else ()


def _event(ledger: Ledger, row: Any) -> dict[str, Any]:
    try:
        event = Sealed(seq=row.seq, body=row.body, hash=row.hash).event()
        if {"seq", "at", "event", "actor", "sweep_id", "target", "prev"} <= event.keys():
            return event
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass
    raise LedgerError(f"{ledger.name}: event {row.seq} was changed: it is no event; run `janitor audit verify`")
