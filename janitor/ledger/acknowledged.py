"""Owns the table of acknowledgements: which guards were lifted by somebody, and which of these a sweep has used up since."""

import json
from collections.abc import Container
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from janitor.core import events as names
from janitor.ledger.older import LISTING, SWEEP
from janitor.ledger.schema import acknowledgements, events
from janitor.retention.history import LASTING

Event = dict[str, Any]


def add(connection: Connection, event: Event) -> None:
    """Take over one more acknowledgement; an earlier one of the same guard stays beside it."""
    row = {key: event[key] for key in ("seq", "target", "guard", "policy_digest", "at")}
    connection.execute(insert(acknowledgements).values(**row, is_spent=False))


def spend(connection: Connection, finished: Event) -> None:
    """Use up what was acknowledged before this sweep began, and was for one sweep or not needed by it.

    What was acknowledged while it was under way is not, whatever the clocks say: the events are in one order.
    """
    rows = connection.execute(_UNSPENT, {"its_target": finished["target"]}).all()
    began = _began(connection, finished, min(row.seq for row in rows)) if rows else None
    if began is None or began.get("kind", SWEEP) not in LISTING:
        return
    spent = [row.seq for row in rows if row.seq < began["seq"] and is_used_up(row.guard, finished)]
    connection.execute(update(acknowledgements).where(acknowledgements.c.seq.in_(spent)).values(is_spent=True))


_is_unspent = (acknowledgements.c.target == bindparam("its_target")) & ~acknowledgements.c.is_spent
_UNSPENT = select(acknowledgements.c.seq, acknowledgements.c.guard).where(_is_unspent)


def is_used_up(guard: str, finished: Event) -> bool:
    """Whether a sweep that finished used up a word for a guard; an older janitor's lifted none.

    What it saw is what the next one is compared with, so a word would only hide another fault; times that cannot be stay so.
    """
    lifted: Container[str] = finished.get("lifted") or ()
    return guard not in LASTING or guard not in lifted


def _began(connection: Connection, finished: Event, after: int) -> Event | None:
    """The event with which this sweep began, if it began after that event."""
    is_start = events.c.body.contains(f'"event":"{names.SWEEP_STARTED}"', autoescape=True)
    query = select(events.c.body).where((events.c.seq > after) & is_start).order_by(events.c.seq.desc())
    starts = map(json.loads, connection.execute(query, execution_options={"yield_per": 16}).scalars())
    return next((event for event in starts if event["sweep_id"] == finished["sweep_id"]), None)
