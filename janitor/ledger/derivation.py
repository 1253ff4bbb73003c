"""Owns the comparison of the derived tables with the chain: a row of them that was removed, added or edited breaks no hash."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Integer, Table, inspect, select, type_coerce

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger.marked import find_wrong_mark
from janitor.ledger.remembered import find_wrong_tombstone
from janitor.ledger.schema import EVERY_TARGET, events, holds, intents, pauses
from janitor.ledger.store import Ledger

Event = dict[str, Any]
Row = dict[str, Any]
AT_ONCE = 1000
"""Rows read at once."""

_MOVES = names.OPEN | names.CLOSING
_HOLD_STATES = {names.HOLD_ADDED: "active", names.HOLD_EXPIRED: "ended", names.HOLD_REMOVED: "removed"}
_SWITCHES = frozenset({names.SWEEPING_PAUSED, names.SWEEPING_RESUMED})
_TOLD = _MOVES | _SWITCHES | frozenset({names.DELETION_INTENDED, *_HOLD_STATES})
_FRAGMENTS = ('"event":"deletion.', '"event":"hold.', '"event":"sweeping.')
"""One of them stands in every event that these tables follow, so most of a log need not be parsed."""

_BIRTHS = {intents: intents.c.seq, holds: holds.c.added_seq, pauses: pauses.c.seq}
"""Each table that is compared, and the number of the event by which a row came to be (of a pause: the last word on it)."""


def find_difference(ledger: Ledger) -> str | None:
    """Say in what holds, pauses, intents, marks or tombstones differ from what the events say; None where they agree.

    The chain is walked from its end, so that the first word on a row is the last: only what is not yet traced to its beginning
    is kept in memory. The chain itself is taken as verified; raises LedgerError for an event without the facts of its kind. A
    table that an older ledger does not have is an empty one.
    """
    with ledger.reading() as connection:
        rows = {table: _rows(connection, table) for table in _BIRTHS}
        for table, expected in _derive(ledger, connection):
            wrong = _compare(table, expected, next(rows[table], None))
            if wrong is not None:
                return wrong
        for table, left in rows.items():
            if (extra := next(left, None)) is not None:
                return _extra(table, extra)
        return find_wrong_mark(ledger, connection) or find_wrong_tombstone(ledger, connection)


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    """The rows as stored, the one that came to be last first."""
    if not inspect(connection).has_table(table.name):
        return
    columns = [type_coerce(each, Integer).label(each.name) if each.name.startswith("is_") else each for each in table.columns]
    query = select(*columns).order_by(_BIRTHS[table].desc())
    for row in connection.execute(query, execution_options={"yield_per": AT_ONCE}).mappings():
        yield dict(row)


def _derive(ledger: Ledger, connection: Connection) -> Iterator[tuple[Table, Row]]:
    """Every row that there must be, by the events alone, in the order of `_rows`."""
    later = defaultdict[tuple[Table, str], list[Event]](list)
    for event in _told(connection):
        try:
            table, key = _subject(event)
            if table is pauses:
                if not later[table, key]:
                    yield table, _pause_row(event, key)
                later[table, key] = [event]
            elif event["event"] in (names.DELETION_INTENDED, names.HOLD_ADDED):
                words = [*later.pop((table, key), []), event]
                yield table, (_intent_row(words) if table is intents else _hold_row(words))
            else:
                later[table, key].append(event)
        except (KeyError, TypeError) as error:
            raise LedgerError(f"{ledger.path}: event {event['seq']} lacks a fact of its kind: {error}") from error
    for (table, key), words in later.items():
        if table is not pauses:
            raise LedgerError(f"{ledger.path}: event {words[-1]['seq']} is about {_noun(table)} {key!r}, which no event began")


def _told(connection: Connection) -> Iterator[Event]:
    """The events that these tables follow, the last first."""
    query = select(events.c.body).order_by(events.c.seq.desc())
    for body in connection.execute(query, execution_options={"yield_per": AT_ONCE}).scalars():
        if any(fragment in body for fragment in _FRAGMENTS):
            event = json.loads(body)
            is_before_any_intent = event["event"] == names.DELETION_SKIPPED and event.get("intent_id") is None
            if event["event"] in _TOLD and not is_before_any_intent:
                yield event


def _subject(event: Event) -> tuple[Table, str]:
    if event["event"] in _SWITCHES:
        return pauses, event["target"] or EVERY_TARGET
    return (holds, event["hold_id"]) if event["event"] in _HOLD_STATES else (intents, event["intent_id"])


def _intent_row(words: list[Event]) -> Row:
    """The row of an intent, by the events about it, the last first."""
    last, first = words[0], words[-1]
    is_closed = last["event"] in names.CLOSING
    row = {key: first[key] for key in ("intent_id", "target", "job_id", "sweep_id", "at", "seq")}
    return row | {
        "last_at": next(event["at"] for event in words if event["event"] not in names.CLOSING),
        "attempts": 0 if last is first else last["attempts"],
        "state": last["event"].partition(".")[2],
        "is_open": int(not is_closed),
        "closed_seq": last["seq"] if is_closed else None,
    }


def _hold_row(words: list[Event]) -> Row:
    last, first = words[0], words[-1]
    row = {"hold_id": first["hold_id"], "target": first["target"], "added_seq": first["seq"]}
    return row | {"state": _HOLD_STATES[last["event"]], "seq": last["seq"]}


def _pause_row(event: Event, scope: str) -> Row:
    return {"scope": scope, "is_paused": int(event["event"] == names.SWEEPING_PAUSED), "seq": event["seq"]}


def _compare(table: Table, expected: Row, found: Row | None) -> str | None:
    """What is wrong with the next row of a table; None where it is the one that there must be."""
    birth = _BIRTHS[table].name
    if found is None or (isinstance(found[birth], int) and found[birth] < expected[birth]):
        return f"the table {table.name} lacks {_name(table, expected)}, of which event {expected[birth]} tells"
    if found[_key(table)] != expected[_key(table)]:
        return _extra(table, found)
    for column, value in expected.items():
        if found[column] != value:
            said = f"{column} {found[column]!r}, and the events say {value!r}"
            return f"the table {table.name} was changed: {_name(table, expected)} has {said}"
    return None


def _extra(table: Table, row: Row) -> str:
    return f"the table {table.name} has {_name(table, row)}, of which no event tells"


def _name(table: Table, row: Row) -> str:
    if table is pauses and row["scope"] == EVERY_TARGET:
        return "the pause of every target"
    about = f" of job {row['job_id']}" if table is intents else ""
    return f"{_noun(table)} {row[_key(table)]}{about}"


def _key(table: Table) -> str:
    (column,) = table.primary_key
    return column.name


def _noun(table: Table) -> str:
    return "the pause of" if table is pauses else table.name.removesuffix("s")
