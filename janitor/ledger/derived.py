"""Owns how events change the derived tables, in the same transaction as the event itself."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger.schema import EVERY_TARGET, holds, intents, marks, pauses, sweeps

Event = dict[str, Any]


def apply(connection: Connection, event: Event) -> None:
    """Bring the derived tables up to an event; raises LedgerError where it does not fit what came before."""
    change = _CHANGES.get(event["event"])
    if change is not None:
        change(connection, event)


def standing_version(connection: Connection, target: str | None) -> int:
    """The number of the last event that changed the holds or pauses of a target (None: of any); 0 where there is none."""
    queries = select(func.max(holds.c.seq)), select(func.max(pauses.c.seq))
    if target is not None:
        queries = queries[0].where(holds.c.target == target), queries[1].where(pauses.c.scope.in_((target, EVERY_TARGET)))
    return max(connection.execute(query).scalar() or 0 for query in queries)


def _open_intent(connection: Connection, event: Event) -> None:
    row = {key: event[key] for key in ("intent_id", "target", "job_id", "sweep_id", "at", "seq")}
    connection.execute(insert(intents).values(**row, last_at=event["at"], attempts=0, state="intended", is_open=True))


def _move_intent(connection: Connection, event: Event) -> None:
    """Move an open intent on; a skip before any intent has none to move."""
    if event["intent_id"] is None and event["event"] == names.DELETION_SKIPPED:
        return
    closing = event["event"] in names.CLOSING
    state = event["event"].partition(".")[2]
    values: dict[str, Any] = {"state": state, "attempts": event["attempts"], "is_open": not closing}
    values |= {"closed_seq": event["seq"]} if closing else {"last_at": event["at"]}
    where = (intents.c.intent_id == event["intent_id"]) & intents.c.is_open & (intents.c.target == event["target"])
    if connection.execute(update(intents).where(where).values(**values)).rowcount != 1:
        raise LedgerError(f"{event['event']}: intent {event['intent_id']} is not open, so it cannot be moved")


def _end_job(connection: Connection, event: Event) -> None:
    """A job that is gone has no mark: what comes after it under its id begins anew."""
    _move_intent(connection, event)
    if event.get("created_at") is not None:
        connection.execute(delete(marks).where(_is_of_job(event)))


def _mark(connection: Connection, event: Event) -> None:
    """A mark can be lengthened, and neither shortened nor begun anew."""
    values = {name: event[name] for name in ("marked_at", "grace", "seq")}
    before = connection.execute(select(marks.c.marked_at, marks.c.grace).where(_is_of_job(event))).first()
    if before is None:
        key = {name: event[name] for name in ("target", "job_id", "created_at")}
        connection.execute(insert(marks).values(**key, **values))
    elif before.marked_at != event["marked_at"] or before.grace > event["grace"]:
        raise LedgerError(f"{event['event']}: job {event['job_id']} is marked already, since {before.marked_at}")
    else:
        connection.execute(update(marks).where(_is_of_job(event)).values(**values))


def _unmark(connection: Connection, event: Event) -> None:
    if connection.execute(delete(marks).where(_is_of_job(event))).rowcount != 1:
        raise LedgerError(f"{event['event']}: job {event['job_id']} is not marked")


def _is_of_job(event: Event) -> ColumnElement[bool]:
    return and_(*(marks.c[name] == event[name] for name in ("target", "job_id", "created_at")))


def _start_sweep(connection: Connection, event: Event) -> None:
    """A deletion by hand is no sweep: it vouches for no listing, and is not what a schedule waits for."""
    if event.get("kind", "sweep") != "sweep":
        return
    row = {"sweep_id": event["sweep_id"], "target": event["target"], "started_at": event["at"], "status": "running"}
    connection.execute(insert(sweeps).values(**row))


def _end_sweep(connection: Connection, event: Event) -> None:
    status = event["event"].partition(".")[2]
    row = update(sweeps).where(sweeps.c.sweep_id == event["sweep_id"])
    connection.execute(row.values(finished_at=event["at"], status=status))


def _add_hold(connection: Connection, event: Event) -> None:
    row = {"hold_id": event["hold_id"], "target": event["target"], "added_seq": event["seq"], "seq": event["seq"]}
    connection.execute(insert(holds).values(**row, state="active"))


def _end_hold(connection: Connection, event: Event) -> None:
    """A hold ends once, and can be removed whether it ended or not; removed, it stays removed."""
    state, before = _HOLD_STATES[event["event"]]
    where = (holds.c.hold_id == event["hold_id"]) & (holds.c.target == event["target"]) & holds.c.state.in_(before)
    if connection.execute(update(holds).where(where).values(state=state, seq=event["seq"])).rowcount != 1:
        raise LedgerError(f"{event['event']}: hold {event['hold_id']} is not there to be {state}")


def _switch(connection: Connection, event: Event) -> None:
    """The last word on a scope counts: pausing twice is one pause, resuming lifts it."""
    scope = event["target"] or EVERY_TARGET
    connection.execute(delete(pauses).where(pauses.c.scope == scope))
    is_paused = event["event"] == names.SWEEPING_PAUSED
    connection.execute(insert(pauses).values(scope=scope, is_paused=is_paused, seq=event["seq"]))


_HOLD_STATES = {names.HOLD_EXPIRED: ("ended", ("active",)), names.HOLD_REMOVED: ("removed", ("active", "ended"))}
"""What a hold becomes by each event, and from which states."""

_CHANGES: dict[str, Callable[[Connection, Event], None]] = {
    names.SWEEP_STARTED: _start_sweep,
    names.SWEEP_FINISHED: _end_sweep,
    names.SWEEP_ABORTED: _end_sweep,
    names.DELETION_INTENDED: _open_intent,
    names.DELETION_ACCEPTED: _move_intent,
    names.DELETION_UNKNOWN: _move_intent,
    names.DELETION_CONFIRMED: _end_job,
    names.DELETION_ALREADY_GONE: _end_job,
    names.DELETION_SKIPPED: _move_intent,
    names.DELETION_FAILED: _move_intent,
    names.HOLD_ADDED: _add_hold,
    names.HOLD_REMOVED: _end_hold,
    names.HOLD_EXPIRED: _end_hold,
    names.JOB_MARKED: _mark,
    names.JOB_UNMARKED: _unmark,
    names.SWEEPING_PAUSED: _switch,
    names.SWEEPING_RESUMED: _switch,
}
