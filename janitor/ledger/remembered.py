"""Owns the comparison of the table of tombstones with the chain: what a job was the row alone tells, its hash the chain."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, inspect, select

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger.schema import events, tombstones
from janitor.ledger.store import Ledger
from janitor.ledger.tombstones import shown_owner

Row = dict[str, Any]
AT_ONCE = 1000
"""Events read at once; of tombstones, which may be large, one after the other."""

_ENDINGS = frozenset({names.DELETION_SKIPPED, names.DELETION_FAILED, names.TOMBSTONE_PURGED})
"""After these an intent has no tombstone: its job was not deleted, for certain, or its time is over."""
_FRAGMENTS = tuple(f'"event":"{name}"' for name in (names.DELETION_INTENDED, *sorted(_ENDINGS)))


def find_wrong_tombstone(ledger: Ledger, connection: Connection) -> str | None:
    """Say in what the tombstones differ from what the events say of them; None where they agree. No table is an empty one.

    The chain is taken as verified; raises LedgerError for an event without the facts of its kind.
    """
    expected = _derive(ledger, connection)
    query = select(tombstones).order_by(tombstones.c.intent_id).execution_options(yield_per=1)
    for found in connection.execute(query).mappings() if inspect(connection).has_table(tombstones.name) else ():
        row = expected.pop(found["intent_id"], None)
        if row is None:
            return f"the table tombstones has that of {_name(found)}, of which no event tells, or one that took it away"
        if (wrong := _compare(row, found)) is not None:
            return f"the table tombstones was changed: that of {_name(row)} {wrong}"
    for row in expected.values():
        return f"the table tombstones lacks that of {_name(row)}, of which event {row['seq']} tells; it was never purged"
    return None


def _compare(row: Row, found: Any) -> str | None:
    body = found["document"]
    if not isinstance(body, str) or sha256(body.encode("utf-8", "surrogatepass")).hexdigest() != row["sha256"]:
        return f"is not the text whose SHA-256 event {row['seq']} tells"
    for column in ("sha256", "target", "job_id", "at"):
        if found[column] != row[column]:
            return f"has {column} {found[column]!r}, and the events say {row[column]!r}"
    told = json.loads(body)
    for column, value in (("owner", shown_owner(told["owner"])), ("outputs", json.dumps(told["outputs"]))):
        if found[column] != value:
            return f"has {column} {found[column]!r}, and its document says {value!r}"
    return None


def _derive(ledger: Ledger, connection: Connection) -> dict[str | None, Row]:
    """Every tombstone that there must be, by the events alone."""
    expected = dict[str | None, Row]()
    for event in _told(connection):
        try:
            if event["event"] in _ENDINGS:
                expected.pop(None if names.may_come_late(event) else event["intent_id"], None)
            elif event.get("tombstone") is not None:
                columns = {column: event[column] for column in ("intent_id", "target", "job_id", "at", "seq")}
                expected[event["intent_id"]] = columns | {"sha256": event["tombstone"]}
        except (KeyError, TypeError) as error:
            raise LedgerError(f"{ledger.name}: event {event['seq']} lacks a fact of its kind: {error}") from error
    return expected


def _told(connection: Connection) -> Iterator[Row]:
    """The events that make and end tombstones, from the first intent that has one on."""
    of_intent = events.c.body.contains(_FRAGMENTS[0], autoescape=True)
    first = select(func.min(events.c.seq)).where(of_intent & events.c.body.contains('"tombstone":"', autoescape=True))
    query = select(events.c.body).where(events.c.seq >= first.scalar_subquery()).order_by(events.c.seq)
    for body in connection.execute(query, execution_options={"yield_per": AT_ONCE}).scalars():
        if any(fragment in body for fragment in _FRAGMENTS):
            yield json.loads(body)


def _name(row: Any) -> str:
    return f"job {row['job_id']} of target {row['target']}, intent {row['intent_id']}"
