"""Owns how events change the derived tables, in the same transaction as the event itself."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Select, and_, bindparam, delete, func, insert, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger import acknowledged
from janitor.ledger.older import SWEEP
from janitor.ledger.schema import (
    EVERY_TARGET,
    LABELS_NONE,
    LABELS_TOLD,
    LABELS_UNKNOWN,
    holds,
    intents,
    marks,
    pauses,
    plans,
    sweeps,
    tombstones,
)

Event = dict[str, Any]


def apply(connection: Connection, events: Iterable[Event]) -> None:
    """Bring the derived tables up to events, in their order; raises LedgerError where one does not fit what came before.

    Neighbours of one kind, of which a sweep may write thousands, are brought in at once.
    """
    for name, some in groupby(events, key=itemgetter("event")):
        if name in _CHANGES_AT_ONCE:
            _CHANGES_AT_ONCE[name](connection, list(some))
        elif name in _CHANGES:
            for event in some:
                _CHANGES[name](connection, event)


def standing_version(connection: Connection, target: str | None) -> int:
    """The number of the last event that changed the holds or pauses of a target (None: of any); 0 where there is none."""
    query, given = (_VERSION, {}) if target is None else (_VERSION_OF_TARGET, {"its_target": target})
    found: Sequence[int | None] = connection.execute(query, given).one()
    return max(seq or 0 for seq in found)


def _open_intents(connection: Connection, run: Sequence[Event]) -> None:
    keys = ("intent_id", "target", "job_id", "sweep_id", "at", "seq")
    fresh = {"attempts": 0, "state": "intended", "is_open": True}
    connection.execute(_INTEND, [{key: event[key] for key in keys} | {"last_at": event["at"]} | fresh for event in run])


def _move_intents(connection: Connection, run: Sequence[Event]) -> None:
    """Move open intents on; a skip before any intent has none to move."""
    moved = [event for event in run if event["intent_id"] is not None or event["event"] != names.DELETION_SKIPPED]
    is_closing = run[0]["event"] in names.CLOSING
    state = {"new_state": run[0]["event"].partition(".")[2], "new_open": not is_closing}
    keys = ("intent_id", "target", "attempts", "seq" if is_closing else "at")
    rows = [{f"its_{key}": event[key] for key in keys} | state for event in moved]
    wrong = _find_misfit(connection, _CLOSE if is_closing else _MOVE, rows)
    if wrong is not None:
        raise LedgerError(f"{run[0]['event']}: intent {wrong['its_intent_id']} is not open, so it cannot be moved")


def _let_live(connection: Connection, run: Sequence[Event]) -> None:
    """A job that was not deleted has no tombstone; one whose deletion may still come keeps it until its time is over."""
    _move_intents(connection, run)
    _drop_tombstones(connection, [event for event in run if not names.may_come_late(event)])


def _drop_tombstones(connection: Connection, run: Sequence[Event]) -> None:
    rows = [{"its_intent_id": event["intent_id"]} for event in run if event["intent_id"] is not None]
    if rows:
        connection.execute(_DROP, rows)


def _end_jobs(connection: Connection, run: Sequence[Event]) -> None:
    """A job that is gone has no mark: what comes after it under its id begins anew."""
    _move_intents(connection, run)
    rows = [_key(event) for event in run if event.get("created_at") is not None]
    if rows:
        connection.execute(_UNMARK, rows)


def _mark(connection: Connection, run: Sequence[Event]) -> None:
    """A mark can be lengthened, and neither shortened nor begun anew."""
    wrong = _find_misfit(connection, _MARK, [{column.name: event[column.name] for column in marks.columns} for event in run])
    if wrong is not None:
        since = connection.execute(_MARKED_AT, _key(wrong)).scalar()
        raise LedgerError(f"{names.JOB_MARKED}: job {wrong['job_id']} is marked already, since {since}")


def _unmark(connection: Connection, run: Sequence[Event]) -> None:
    wrong = _find_misfit(connection, _UNMARK, [_key(event) for event in run])
    if wrong is not None:
        raise LedgerError(f"{names.JOB_UNMARKED}: job {wrong['job_id']} is not marked")


def _find_misfit(connection: Connection, statement: Executable, rows: Sequence[Event]) -> Event | None:
    """Change a row of a table for each of these; the answer is the first for which there is none to change.

    Several are changed at once, which is taken back to find that one. Where the disk fails, that is what the error is about:
    nothing is rolled back before it has gone up.
    """
    if len(rows) > 1:
        trial = connection.begin_nested()
        if connection.execute(statement, rows).rowcount == len(rows):
            trial.commit()
            return None
        trial.rollback()
    return next((row for row in rows if connection.execute(statement, row).rowcount != 1), None)


def _key(event: Event) -> Event:
    return {name: event[name] for name in _MARK_KEY}


def _start_sweep(connection: Connection, event: Event) -> None:
    row = {"sweep_id": event["sweep_id"], "target": event["target"], "started_at": event["at"], "status": "running"}
    connection.execute(_START, row | {"kind": event.get("kind", SWEEP), "has_labels": LABELS_UNKNOWN, "seq": event["seq"]})


def _end_sweep(connection: Connection, event: Event) -> None:
    """A sweep that finished although the clock had gone back, which somebody lifted, is believed from now on.

    The server's clock agreed with its own, so what ended later than it did had a clock that was ahead.
    """
    status = event["event"].partition(".")[2]
    connection.execute(_CHANGE_SWEEP, {"its_sweep_id": event["sweep_id"], "finished_at": event["at"], "status": status})
    if status == "finished":
        acknowledged.spend(connection, event)
        if "clock" in event.get("lifted", ()):
            ahead = (sweeps.c.status == status) & (sweeps.c.finished_at > event["at"])
            connection.execute(update(sweeps).where(ahead).values(status="disbelieved"))


_LABELS: dict[bool | None, str] = {True: LABELS_TOLD, False: LABELS_NONE}


def _note_listing(connection: Connection, event: Event) -> None:
    labels, workspaces = _LABELS.get(event.get("has_labels"), LABELS_UNKNOWN), json.dumps(event.get("workspaces", []))
    row = {"listed": event["listed"], "workspaces": workspaces, "has_labels": labels, "listed_to": event.get("listed_to")}
    connection.execute(_CHANGE_SWEEP, {"its_sweep_id": event["sweep_id"]} | row)


def _note_refusal(connection: Connection, event: Event) -> None:
    """That there are no labels is not taken over from a sweep that was refused; that there are some is."""
    is_it = (sweeps.c.sweep_id == event["sweep_id"]) & (sweeps.c.has_labels == LABELS_NONE)
    connection.execute(update(sweeps).where(is_it).values(has_labels=LABELS_UNKNOWN))


def _note_plan(connection: Connection, event: Event) -> None:
    """What a sweep planned, and how far each policy went; a plan that no sweep made has no row, and changes none."""
    policies = event.get("policies")
    row = {"planned": event.get("planned"), "policies": None if policies is None else json.dumps(policies)}
    row |= {"policy_digest": event.get("policy_digest")}
    connection.execute(_CHANGE_SWEEP, {"its_sweep_id": event["sweep_id"]} | row)


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


def _freeze_plan(connection: Connection, event: Event) -> None:
    """Only a plan that was written into a file can be applied; that of a sweep has no time at which it expires."""
    if event.get("expires_at") is not None:
        row = {key: event[key] for key in ("digest", "target", "expires_at", "seq")}
        connection.execute(insert(plans).values(**row, is_used=False))


def _take_plan(connection: Connection, event: Event) -> None:
    _note_plan(connection, event)
    _freeze_plan(connection, event)


def _use_plan(connection: Connection, event: Event) -> None:
    """A plan is used once; only an application that was cut off is resumed."""
    where = (plans.c.digest == event["digest"]) & (plans.c.target == event["target"]) & (plans.c.is_used == event["resumed"])
    if connection.execute(update(plans).where(where).values(is_used=True, sweep_id=event["sweep_id"])).rowcount != 1:
        raise LedgerError(f"{event['event']}: plan {event['digest']} is not there to be used")


_MARK_KEY = ("target", "job_id", "created_at")
_is_of_job: ColumnElement[bool] = and_(*(marks.c[name] == bindparam(name) for name in _MARK_KEY))
_UNMARK = delete(marks).where(_is_of_job)
_MARKED_AT = select(marks.c.marked_at).where(_is_of_job)
_INTEND, _START = insert(intents), insert(sweeps)
_CHANGE_SWEEP = update(sweeps).where(sweeps.c.sweep_id == bindparam("its_sweep_id"))
_DROP = delete(tombstones).where(tombstones.c.intent_id == bindparam("its_intent_id"))


def _version(is_of_hold: ColumnElement[bool], is_of_pause: ColumnElement[bool]) -> Select[int | None, int | None]:
    """The last change of the holds, and of the pauses, for which this holds."""
    last_hold, last_pause = select(func.max(holds.c.seq)).where(is_of_hold), select(func.max(pauses.c.seq)).where(is_of_pause)
    return select(last_hold.scalar_subquery(), last_pause.scalar_subquery())


_VERSION = _version(true(), true())
_VERSION_OF_TARGET = _version(
    holds.c.target == bindparam("its_target"), pauses.c.scope.in_((bindparam("its_target"), EVERY_TARGET))
)


def _lengthen() -> Executable:
    """A new mark, or the same one with a grace period that is as long or longer; nothing else changes a row."""
    statement = upsert(marks)
    new, old = statement.excluded, marks.c
    is_same = (old.marked_at == new.marked_at) & (old.grace <= new.grace)
    values = {"grace": new.grace, "seq": new.seq}
    keys = [old[name] for name in _MARK_KEY]
    return statement.on_conflict_do_update(index_elements=keys, set_=values, where=is_same).execution_options(
        preserve_rowcount=True
    )


def _move(**values: str) -> Executable:
    """Change an open intent; the values of a column are under a name of their own."""
    is_it = (intents.c.intent_id == bindparam("its_intent_id")) & (intents.c.target == bindparam("its_target"))
    values |= {"attempts": "its_attempts", "state": "new_state", "is_open": "new_open"}
    return update(intents).where(is_it & intents.c.is_open).values({key: bindparam(name) for key, name in values.items()})


_MARK = _lengthen()
_MOVE, _CLOSE = _move(last_at="its_at"), _move(closed_seq="its_seq")

_HOLD_STATES = {names.HOLD_EXPIRED: ("ended", ("active",)), names.HOLD_REMOVED: ("removed", ("active", "ended"))}
"""What a hold becomes by each event, and from which states."""

_CHANGES: dict[str, Callable[[Connection, Event], None]] = {
    names.SWEEP_STARTED: _start_sweep,
    names.SWEEP_FINISHED: _end_sweep,
    names.SWEEP_ABORTED: _end_sweep,
    names.LISTING_COMPLETED: _note_listing,
    names.PLAN_BUILT: _take_plan,
    names.PLAN_REFUSED: _note_refusal,
    names.PLAN_APPLIED: _use_plan,
    names.GUARD_ACKNOWLEDGED: acknowledged.add,
    names.HOLD_ADDED: _add_hold,
    names.HOLD_REMOVED: _end_hold,
    names.HOLD_EXPIRED: _end_hold,
    names.SWEEPING_PAUSED: _switch,
    names.SWEEPING_RESUMED: _switch,
}

_CHANGES_AT_ONCE: dict[str, Callable[[Connection, Sequence[Event]], None]] = {
    names.DELETION_INTENDED: _open_intents,
    names.DELETION_ACCEPTED: _move_intents,
    names.DELETION_UNKNOWN: _move_intents,
    names.DELETION_CONFIRMED: _end_jobs,
    names.DELETION_ALREADY_GONE: _end_jobs,
    names.DELETION_SKIPPED: _let_live,
    names.DELETION_FAILED: _let_live,
    names.TOMBSTONE_PURGED: _drop_tombstones,
    names.JOB_MARKED: _mark,
    names.JOB_UNMARKED: _unmark,
}
"""These take events of one kind that follow each other."""
