"""Owns the question whether a platform told labels before: what would be held by them must not go where they are gone."""

import json

from sqlalchemy import ColumnElement, Connection, Select, bindparam, literal_column, or_, select

from janitor.core import events as names
from janitor.ledger.moment import Readable
from janitor.ledger.older import columns_of
from janitor.ledger.schema import LABELS_NONE, LABELS_TOLD, events, sweeps

_word = sweeps.c.has_labels
_is_told = _word.is_(None) | _word.in_((LABELS_TOLD, LABELS_NONE))


def _last_word(number: ColumnElement[int]) -> Select[str | None]:
    """What the last sweep of a target that knows says: the last to begin in the ledger, whatever the clock said."""
    return select(_word).where((sweeps.c.target == bindparam("its_target")) & _is_told).order_by(number.desc()).limit(1)


_LAST_WORD, _LAST_WORD_IN_4 = _last_word(sweeps.c.seq), _last_word(literal_column("sweeps.rowid"))
"""The second one for a file of version 4 that is not changed: it numbers its rows itself."""


def had_labels(ledger: Readable, target: str) -> bool | None:
    """Whether the platform told labels when a target was last listed; None where that is not known.

    Told labels are remembered, whatever became of the sweep. That there are none is taken over only from a sweep that
    nothing refused: one that was refused for it, or for something else before that was looked at, must not make it so.
    The table of sweeps tells; where the last one that knows was an older janitor's, its events do.
    """
    with ledger.reading() as connection:
        columns = columns_of(connection, sweeps)
        if sweeps.c.has_labels not in columns:
            return _told_by_events(connection, target)
        query = _LAST_WORD if sweeps.c.seq in columns else _LAST_WORD_IN_4
        found = connection.execute(query, {"its_target": target}).first()
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
