"""Owns the questions about past sweeps, one after the other: when each was, what it came to, which events it wrote.

A target has one sweep at a time, so what a sweep wrote stands between its beginning and that of the target's next one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, func, literal, or_, select, tuple_

from janitor.core import events as names
from janitor.core.canonical import canonical, timestamp
from janitor.ledger.moment import Readable
from janitor.ledger.older import LISTING, SWEEP, columns_of
from janitor.ledger.schema import events, intents, sweeps

Event = dict[str, Any]
_ENDS = (names.SWEEP_FINISHED, names.SWEEP_ABORTED)
FARTHEST = 200_000
"""So many events after its beginning the end of a sweep is looked for."""
_LATEST = "latest"
_TIMES = ("started_at", "finished_at", "listed_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One sweep: `kind` is sweep, apply or delete; `status` running, finished, aborted or disbelieved.

    What it did not come to is None; `seq` is the number of its first event, None where an older janitor swept, and `next_seq`
    that of the target's next sweep. `listed_to` is the latest creation that it asked for, None where it asked for all jobs.
    """

    sweep_id: str
    target: str
    kind: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    listed: int | None
    planned: int | None
    seq: int | None
    next_seq: int | None = None
    listed_to: datetime | None = None

    @property
    def has_listed_all(self) -> bool:
        """Whether its number of jobs is that of all jobs."""
        return self.listed is not None and self.listed_to is None


def list_spans(
    ledger: Readable,
    most: int,
    target: str | None = None,
    before: tuple[datetime, str] | None = None,
    kinds: tuple[str, ...] = (),
) -> tuple[Span, ...]:
    """The last sweeps that began before another one, newest first, of one target or of all."""
    query = _spans()
    query = query if target is None else query.where(sweeps.c.target == target)
    if before is not None:
        place = tuple_(literal(timestamp(before[0])), literal(before[1]))
        query = query.where(tuple_(sweeps.c.started_at, sweeps.c.sweep_id) < place)
    query = query.order_by(sweeps.c.started_at.desc(), sweeps.c.sweep_id.desc()).limit(most)
    return _read(ledger, query, kinds)


def list_full_spans(ledger: Readable, most: int, target: str) -> tuple[Span, ...]:
    """The last sweeps of a target that listed all of its jobs, newest first."""
    query = _spans().where((sweeps.c.target == target) & sweeps.c.listed.is_not(None) & sweeps.c.listed_to.is_(None))
    return _read(ledger, query.order_by(sweeps.c.started_at.desc(), sweeps.c.sweep_id.desc()).limit(most), LISTING)


def find_span(ledger: Readable, sweep_id: str) -> Span | None:
    """The sweep of this id."""
    return next(iter(_read(ledger, _spans().where(sweeps.c.sweep_id == sweep_id))), None)


def list_latest(ledger: Readable) -> tuple[Span, ...]:
    """The last sweep of each target that ever was."""
    newest = select(sweeps.c.target.label("its_target"), func.max(sweeps.c.started_at).label("at")).group_by(sweeps.c.target)
    found = newest.subquery(_LATEST)
    query = _spans().join(found, (found.c.its_target == sweeps.c.target) & (found.c.at == sweeps.c.started_at))
    return _read(ledger, query.order_by(sweeps.c.target, sweeps.c.sweep_id))


def list_running(ledger: Readable) -> tuple[Span, ...]:
    """The sweeps that have begun and not ended; one that was killed is among them until the target's next one."""
    return tuple(span for span in list_latest(ledger) if span.status == "running")


def read_end(ledger: Readable, span: Span) -> Event | None:
    """The event with which a sweep ended; None where it has not, or where its beginning is not known."""
    is_end = or_(*(_has("event", name) for name in _ENDS)) & _has("sweep_id", span.sweep_id)
    return next(_walk(ledger, span, is_end, 1), None) if span.status != "running" else None


def list_span_events(ledger: Readable, span: Span, most: int, after: int | None = None) -> tuple[Event, ...]:
    """The next events of a sweep after a number, in order."""
    return tuple(_walk(ledger, span, _has("sweep_id", span.sweep_id), most, after))


def count_states(ledger: Readable, span: Span) -> dict[str, int]:
    """How many of the deletions that a sweep intended are in each state by now."""
    where = (intents.c.target == span.target) & (intents.c.at >= timestamp(span.started_at))
    where &= literal(value=True) if span.finished_at is None else intents.c.at <= timestamp(span.finished_at)
    query = select(intents.c.state, func.count()).where(where & (intents.c.sweep_id == span.sweep_id)).group_by(intents.c.state)
    with ledger.reading() as connection:
        return {row.state: row[1] for row in connection.execute(query)}


def _walk(ledger: Readable, span: Span, condition: Any, most: int, after: int | None = None) -> Iterator[Event]:
    """The events of a sweep for which this holds, from its beginning on, as far as it can reach."""
    if span.seq is None:
        return
    first = max(span.seq, 0 if after is None else after + 1)
    last = min(span.seq + FARTHEST, span.next_seq or span.seq + FARTHEST)
    where = (events.c.seq >= first) & (events.c.seq < last) & condition
    query = select(events.c.body, events.c.hash).where(where).order_by(events.c.seq).limit(most)
    with ledger.reading() as connection:
        for body, digest in connection.execute(query):
            yield {**json.loads(body), "hash": digest}


def _has(field: str, value: str) -> Any:
    return events.c.body.contains(f'"{field}":{canonical(value)}', autoescape=True)


def _spans() -> Select[Any]:
    return select(sweeps.c.sweep_id)


def _read(ledger: Readable, query: Select[Any], kinds: tuple[str, ...] = ()) -> tuple[Span, ...]:
    """The rows as spans; what a ledger of an older version lacks is not known."""
    later = sweeps.alias("later")
    with ledger.reading() as connection:
        present = columns_of(connection, sweeps)
        wanted = [column for column in present if column.name in Span.__slots__]
        query = cast("Select[Any]", query.with_only_columns(*wanted, maintain_column_froms=True))
        if sweeps.c.seq in present:
            after = select(func.min(later.c.seq)).where((later.c.target == sweeps.c.target) & (later.c.seq > sweeps.c.seq))
            query = query.add_columns(after.where(later.c.started_at >= sweeps.c.started_at).scalar_subquery().label("next_seq"))
        if kinds and sweeps.c.kind in present:
            query = query.where(sweeps.c.kind.in_(kinds))
        return tuple(_span(dict(row)) for row in connection.execute(query).mappings())


def _span(row: dict[str, Any]) -> Span:
    times = {name: datetime.fromisoformat(row[name]) if row.get(name) else None for name in _TIMES}
    blank = {"kind": SWEEP, "listed": None, "planned": None, "seq": None}
    return Span(**(blank | row | times))
