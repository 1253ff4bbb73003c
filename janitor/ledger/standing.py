"""Owns the questions about holds and pauses: what stands against deleting now, and which holds there are."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, select

from janitor.core.canonical import parse_timestamp
from janitor.core.errors import LedgerError
from janitor.ledger.derived import standing_version
from janitor.ledger.moment import Readable
from janitor.ledger.older import has_table
from janitor.ledger.schema import EVERY_TARGET, events, holds, pauses
from janitor.retention.describe import describe_hold
from janitor.retention.described import read_selector
from janitor.retention.hold import Hold
from janitor.retention.pause import Pause

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands against deleting in a target: `version` is the number of the last event that changed it, 0 without any."""

    version: int = 0
    holds: tuple[Hold, ...] = ()
    pause: Pause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRecord:
    """A hold in the ledger that was not removed; `is_noted` where its end was recorded."""

    hold: Hold
    target: str
    added_at: datetime
    added_by: str
    is_noted: bool


def read_standing(ledger: Readable, target: str, known: Standing | None = None) -> Standing:
    """Everything that stands against deleting in a target now; raises LedgerError where any of it cannot be read.

    Holds that ended are among them: they keep their jobs for some time yet. With what is `known` already, only what changed
    is read.
    """
    with ledger.reading() as connection:
        if not _has_standing(connection):
            return Standing()
        version = standing_version(connection, target)
        if known is not None and known.version == version:
            return known
        found_holds = tuple(record.hold for record in _hold_records(connection, target))
        found = {pause.target: pause for pause in _pauses(connection)}
        return Standing(version=version, holds=found_holds, pause=found.get(None) or found.get(target))


def read_version(ledger: Readable, target: str | None) -> int:
    """The number of the last event that changed the holds or pauses of a target (None: of any)."""
    with ledger.reading() as connection:
        return standing_version(connection, target) if _has_standing(connection) else 0


def list_holds(ledger: Readable, target: str | None = None) -> tuple[HoldRecord, ...]:
    """The holds of a target, or of all, that were not removed, oldest first."""
    with ledger.reading() as connection:
        return _hold_records(connection, target) if _has_standing(connection) else ()


def list_pauses(ledger: Readable) -> tuple[Pause, ...]:
    """The pauses that were not lifted, oldest first."""
    with ledger.reading() as connection:
        return _pauses(connection) if _has_standing(connection) else ()


def facts_of_hold(hold: Hold) -> dict[str, Any]:
    """What a hold is, as fields of the events about it; why it was made is in each event by the word that fits there."""
    described = describe_hold(hold)
    own = {name: described[name] for name in ("match", "owner", "until")}
    return {"hold_id": hold.name, "job_ids": described["job_ids"] or None, **own}


def _has_standing(connection: Connection) -> bool:
    """Whether the ledger has these tables: one of an older version, opened for reading, has no holds and no pauses."""
    return has_table(connection, holds)


def _hold_records(connection: Connection, target: str | None) -> tuple[HoldRecord, ...]:
    query, given = (_HOLDS, {}) if target is None else (_HOLDS_OF_TARGET, {"its_target": target})
    return _read(connection.execute(query, given), _hold_record)


def _pauses(connection: Connection) -> tuple[Pause, ...]:
    return _read(connection.execute(_PAUSES), _pause)


_HOLDS = (
    select(holds, events.c.body)
    .outerjoin(events, events.c.seq == holds.c.added_seq)
    .where(holds.c.state != "removed")
    .order_by(holds.c.added_seq)
)
_HOLDS_OF_TARGET = _HOLDS.where(holds.c.target == bindparam("its_target"))
_PAUSES = (
    select(pauses, events.c.body).outerjoin(events, events.c.seq == pauses.c.seq).where(pauses.c.is_paused).order_by(pauses.c.seq)
)


def _read(rows: Iterable[Any], make: Callable[[Any, dict[str, Any]], Value]) -> tuple[Value, ...]:
    """What each row means, by the event it is made of: what it says stands in the chain alone, where a change breaks a hash.

    That a row is there at all, and its state, is the table's word; `janitor audit verify` compares it with the chain.
    """
    found = list[Value]()
    for row in rows:
        try:
            found.append(make(row, json.loads(row.body)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise LedgerError(f"hold or pause {row[0]!r} in the ledger cannot be read, so nothing is deleted: {error}") from error
    return tuple(found)


def _pause(row: Any, event: dict[str, Any]) -> Pause:
    target = None if row.scope == EVERY_TARGET else row.scope
    return Pause(target=target, reason=event["reason"], by=event["actor"], since=parse_timestamp(event["at"]))


def _hold_record(row: Any, event: dict[str, Any]) -> HoldRecord:
    until = event["until"]
    hold = Hold(
        name=row.hold_id,
        reason=event["reason"],
        job_ids=frozenset(event["job_ids"] or ()),
        match=None if event["match"] is None else read_selector(event["match"]),
        owner=event["owner"],
        until=None if until is None else date.fromisoformat(until),
        targets=frozenset({row.target}),
    )
    at = parse_timestamp(event["at"])
    return HoldRecord(hold=hold, target=row.target, added_at=at, added_by=event["actor"], is_noted=row.state == "ended")
