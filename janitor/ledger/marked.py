"""Owns the comparison of the table of marks with the chain: a mark made older there would let its job go early."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, inspect, select

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger.schema import events, marks
from janitor.ledger.store import Ledger

Key = tuple[str, str, str]
Row = dict[str, Any]
AT_ONCE = 1000
"""Events read at once."""

_ENDINGS = frozenset({names.JOB_UNMARKED, names.DELETION_CONFIRMED, names.DELETION_ALREADY_GONE})
"""After these a job has no mark."""
_COLUMNS = tuple(column.name for column in marks.columns)
_FRAGMENTS = tuple(f'"event":"{name}"' for name in (names.JOB_MARKED, *sorted(_ENDINGS)))


def find_wrong_mark(ledger: Ledger, connection: Connection) -> str | None:
    """Say in what the marks differ from what the events say; None where they agree. No table is an empty one.

    The chain is walked from its first mark on, and only marks that stand are kept in memory. The chain itself is taken as
    verified; raises LedgerError for an event without the facts of its kind.
    """
    expected = _derive(ledger, connection)
    has_table = inspect(connection).has_table(marks.name)
    for found in connection.execute(select(marks).order_by(marks.c.seq.desc())).mappings() if has_table else ():
        row = expected.pop(_key(found), None)
        if row is None:
            return f"the table marks has the mark of {_name(found)}, of which no event tells"
        for column, value in row.items():
            if found[column] != value:
                said = f"{column} {found[column]!r}, and the events say {value!r}"
                return f"the table marks was changed: the mark of {_name(found)} has {said}"
    for row in expected.values():
        return f"the table marks lacks the mark of {_name(row)}, of which event {row['seq']} tells"
    return None


def _derive(ledger: Ledger, connection: Connection) -> dict[Key, Row]:
    """Every mark that there must be, by the events alone."""
    expected = dict[Key, Row]()
    for event in _told(connection):
        try:
            if event["event"] == names.JOB_MARKED:
                expected[_key(event)] = {name: event[name] for name in _COLUMNS}
            elif event["event"] in _ENDINGS and event.get("created_at") is not None:
                expected.pop(_key(event), None)
        except (KeyError, TypeError) as error:
            raise LedgerError(f"{ledger.name}: event {event['seq']} lacks a fact of its kind: {error}") from error
    return expected


def _told(connection: Connection) -> Iterator[dict[str, Any]]:
    """The events that make and end marks, from the first mark on."""
    first = select(func.min(events.c.seq)).where(events.c.body.contains(_FRAGMENTS[0], autoescape=True))
    query = select(events.c.body).where(events.c.seq >= first.scalar_subquery()).order_by(events.c.seq)
    for body in connection.execute(query, execution_options={"yield_per": AT_ONCE}).scalars():
        if any(fragment in body for fragment in _FRAGMENTS):
            yield json.loads(body)


def _key(row: Any) -> Key:
    return row["target"], row["job_id"], row["created_at"]


def _name(row: Any) -> str:
    return f"job {row['job_id']} of target {row['target']}"
