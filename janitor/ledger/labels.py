"""Owns the question whether a platform told labels before: what would be held by them must not go where they are gone."""

import json

from sqlalchemy import ColumnElement, Connection, bindparam, literal_column, or_, select

from janitor.core import events as names
from janitor.ledger.moment import Readable
from janitor.ledger.older import columns_of
from janitor.ledger.schema import LABELS_NONE, LABELS_TOLD, events, sweeps

_NEWEST_FIRST: ColumnElement[int] = literal_column("sweeps.rowid").desc()
"""By when they began in the ledger, whatever the clock said."""

_word = sweeps.c.has_labels
_is_told = _word.is_(None) | _word.in_((LABELS_TOLD, LABELS_NONE))
_LAST_WORD = select(_word).where((sweeps.c.target == bindparam("its_target")) & _is_told).order_by(_NEWEST_FIRST).limit(1)


def had_labels(ledger: Readable, target: str) -> bool | None:
    """Whether the platform told labels when a target was last listed; None where that is not known.

    Told labels are remembered, whatever became of the sweep. That there are none is taken over only from a sweep that
    nothing refused: one that was refused for it, or for something else before that was looked at, must not make it so.
    The table of sweeps tells; where the last one that knows was an older janitor's, its events do.
    """
    with ledger.reading() as connection:
        if sweeps.c.has_labels not in columns_of(connection, sweeps):
            return _told_by_events(connection, target)
        found = connection.execute(_LAST_WORD, {"its_target": target}).first()
        if found is None:
            return None
        return _told_by_events(connection, target) if found.has_labels is None else found.has_labels == LABELS_TOLD


def _told_by_events(connection: Connection, target: str) -> bool | None:
    """The same by the events, read from the newest on: back to the last listing of the target that tells."""
    of_interest = (names.LISTING_COMPLETED, names.PLAN_REFUSED)
    kinds = or_(*(events.c.body.contains(f'"event":"{name}"', autoescape=True) for name in of_interest))
    query = select(events.c.body).where(kinds).order_by(events.c.seq.desc()).execution_options(yield_per=4)
    refused = set[str]()
    for event in map(json.loads, connection.execute(query).scalars()):
        if event["target"] != target:
            continue
        if event["event"] == names.PLAN_REFUSED:
            refused.add(event["sweep_id"])
        elif event.get("has_labels") is not False or event["sweep_id"] not in refused:
            told: bool | None = event.get("has_labels")
            return told
    return None
