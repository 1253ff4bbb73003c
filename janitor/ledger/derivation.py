"""Owns the comparison of the derived tables with the chain: a row of them that was removed, added or edited breaks no hash."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Integer, Table, inspect, select, type_coerce

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger.acknowledged import is_used_up
from janitor.ledger.marked import find_wrong_mark
from janitor.ledger.older import LISTING, SWEEP
from janitor.ledger.remembered import find_wrong_tombstone
from janitor.ledger.schema import EVERY_TARGET, acknowledgements, events, holds, intents, pauses, plans
from janitor.ledger.store import Ledger

Event = dict[str, Any]
Row = dict[str, Any]
AT_ONCE = 1000
"""Rows read at once."""

_MOVES = names.OPEN | names.CLOSING
_HOLD_STATES = {names.HOLD_ADDED: "active", names.HOLD_EXPIRED: "ended", names.HOLD_REMOVED: "removed"}
_SWITCHES = frozenset({names.SWEEPING_PAUSED, names.SWEEPING_RESUMED})
_SWEEPS = frozenset({names.SWEEP_STARTED, names.SWEEP_FINISHED})
"""These have no table here, but use up acknowledgements."""
_PLANS = frozenset({names.PLAN_BUILT, names.PLAN_APPLIED})
_BEGINNINGS = frozenset({names.DELETION_INTENDED, names.HOLD_ADDED, names.PLAN_BUILT})
_TOLD = _MOVES | _SWITCHES | _SWEEPS | _PLANS | frozenset({names.DELETION_INTENDED, names.GUARD_ACKNOWLEDGED, *_HOLD_STATES})
_FRAGMENTS = tuple(f'"event":"{noun}.' for noun in ("deletion", "hold", "sweeping", "guard", "sweep", "plan"))
"""One of them stands in every event that these tables follow, so most of a log need not be parsed."""
_NEEDED = {names.DELETION_SKIPPED: "intent_id", names.PLAN_BUILT: "expires_at"}
"""Without this field an event changes no table: a skip before any intent, and the plan of a sweep."""

_BIRTHS = {
    intents: intents.c.seq,
    holds: holds.c.added_seq,
    pauses: pauses.c.seq,
    acknowledgements: acknowledgements.c.seq,
    plans: plans.c.seq,
}
"""Each table that is compared, and the number of the event by which a row came to be (of a pause: the last word on it)."""


def find_difference(ledger: Ledger) -> str | None:
    """Say in what a table differs from what the events say, the newest such row; None where all agree.

    They are those of holds, pauses, intents, plans, acknowledgements, marks and tombstones.

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
    """The rows as stored, the one that came to be last first; truth values are numbers, whatever a database has for them."""
    if not inspect(connection).has_table(table.name):
        return
    columns = [type_coerce(each, Integer).label(each.name) if each.name.startswith("is_") else each for each in table.columns]
    query = select(*columns).order_by(_BIRTHS[table].desc())
    for row in connection.execute(query, execution_options={"yield_per": AT_ONCE}).mappings():
        yield {name: int(value) if isinstance(value, bool) else value for name, value in row.items()}


def _derive(ledger: Ledger, connection: Connection) -> Iterator[tuple[Table, Row]]:
    """Every row that there must be, by the events alone, in the order of `_rows`."""
    later, sweeps = defaultdict[tuple[Table, str], list[Event]](list), _Passed()
    for event in _told(connection):
        try:
            if event["event"] in _SWEEPS:
                sweeps.note(event)
                continue
            if event["event"] == names.GUARD_ACKNOWLEDGED:
                yield acknowledgements, sweeps.row_of(event)
                continue
            table, key = _subject(event)
            if table is pauses:
                if not later[table, key]:
                    yield table, _pause_row(event, key)
                later[table, key] = [event]
            elif event["event"] in _BEGINNINGS:
                yield table, _ROWS[table]([*later.pop((table, key), []), event])
            else:
                later[table, key].append(event)
        except (KeyError, TypeError) as error:
            raise LedgerError(f"{ledger.name}: event {event['seq']} lacks a fact of its kind: {error}") from error
    for (table, key), words in later.items():
        if table is not pauses:
            raise LedgerError(f"{ledger.name}: event {words[-1]['seq']} is about {_noun(table)} {key!r}, which no event began")


class _Passed:
    """The sweeps that finished after the event that is read, by what they lifted; they are read from the last to the first."""

    def __init__(self) -> None:
        self._ends: dict[str, Event] = {}
        self._lifted: dict[str, set[str]] = {}

    def note(self, event: Event) -> None:
        """Take over how a sweep ended, and once it is known to have begun here what each of them needed to be lifted."""
        if event["event"] == names.SWEEP_FINISHED:
            self._ends[event["sweep_id"]] = event
            return
        end = self._ends.pop(event["sweep_id"], None)
        if end is not None and event.get("kind", SWEEP) in LISTING:
            lifted = set(end.get("lifted") or ())
            self._lifted[event["target"]] = self._lifted.get(event["target"], lifted) & lifted

    def row_of(self, event: Event) -> Row:
        """The row of an acknowledgement: used up by the sweeps that began after it and finished."""
        lifted = self._lifted.get(event["target"])
        is_spent = lifted is not None and is_used_up(event["guard"], {"lifted": lifted})
        row = {key: event[key] for key in ("seq", "target", "guard", "policy_digest", "at")}
        return row | {"is_spent": int(is_spent)}


def _told(connection: Connection) -> Iterator[Event]:
    """The events that these tables follow, the last first."""
    query = select(events.c.body).order_by(events.c.seq.desc())
    for body in connection.execute(query, execution_options={"yield_per": AT_ONCE}).scalars():
        if any(fragment in body for fragment in _FRAGMENTS):
            event = json.loads(body)
            if event["event"] in _TOLD and event.get(_NEEDED.get(event["event"], "event")) is not None:
                yield event


def _subject(event: Event) -> tuple[Table, str]:
    if event["event"] in _SWITCHES:
        return pauses, event["target"] or EVERY_TARGET
    if event["event"] in _PLANS:
        return plans, event["digest"]
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


def _plan_row(words: list[Event]) -> Row:
    """The row of a plan that was written into a file; the last application is the one that counts."""
    last, first = words[0], words[-1]
    row = {key: first[key] for key in ("digest", "target", "expires_at", "seq")}
    return row | {"sweep_id": None if last is first else last["sweep_id"], "is_used": int(last is not first)}


_ROWS = {intents: _intent_row, holds: _hold_row, plans: _plan_row}


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
