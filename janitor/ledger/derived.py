"""Owns how events change the derived tables, in the same transaction as the event itself."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, insert, update

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger.schema import intents, sweeps

Event = dict[str, Any]


def apply(connection: Connection, event: Event) -> None:
    """Bring the derived tables up to an event; raises LedgerError where it does not fit what came before."""
    change = _CHANGES.get(event["event"])
    if change is not None:
        change(connection, event)


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


def _start_sweep(connection: Connection, event: Event) -> None:
    row = {"sweep_id": event["sweep_id"], "target": event["target"], "started_at": event["at"], "status": "running"}
    connection.execute(insert(sweeps).values(**row))


def _end_sweep(connection: Connection, event: Event) -> None:
    status = event["event"].partition(".")[2]
    row = update(sweeps).where(sweeps.c.sweep_id == event["sweep_id"])
    connection.execute(row.values(finished_at=event["at"], status=status))


_CHANGES: dict[str, Callable[[Connection, Event], None]] = {
    names.SWEEP_STARTED: _start_sweep,
    names.SWEEP_FINISHED: _end_sweep,
    names.SWEEP_ABORTED: _end_sweep,
    names.DELETION_INTENDED: _open_intent,
    names.DELETION_ACCEPTED: _move_intent,
    names.DELETION_UNKNOWN: _move_intent,
    names.DELETION_CONFIRMED: _move_intent,
    names.DELETION_ALREADY_GONE: _move_intent,
    names.DELETION_SKIPPED: _move_intent,
    names.DELETION_FAILED: _move_intent,
}
