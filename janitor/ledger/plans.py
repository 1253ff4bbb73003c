"""Owns what the ledger knows of a frozen plan: that it was made here, and what became of its application."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, inspect, or_, select

from janitor.core import events as names
from janitor.core.canonical import parse_timestamp
from janitor.core.errors import LedgerError
from janitor.ledger.chain import EMPTY, Head
from janitor.ledger.schema import events, plans
from janitor.ledger.store import Ledger

INTERRUPTED = "interrupted"
"""What `sweep.aborted` says of a sweep that was asked to stop."""
_ENDS = (names.SWEEP_FINISHED, names.SWEEP_ABORTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One application of a plan: by which sweep, when, and whether it was cut off, so that it may be resumed."""

    sweep_id: str
    at: datetime
    is_cut_off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """A plan that this ledger saw being made, for that target; `use` is its last application."""

    target: str
    use: Use | None = None


def is_in_chain(ledger: Ledger, head: Head) -> bool:
    """Whether this ledger has an event with that number and hash, or it is the head of a ledger that had none yet."""
    if head == EMPTY:
        return True
    with ledger.reading() as connection:
        return connection.execute(select(events.c.hash).where(events.c.seq == head.seq)).scalar() == head.hash


def find_plan(ledger: Ledger, digest: str) -> PlanRecord | None:
    """What is known of the plan with this digest, None where it was not made here; raises LedgerError where that cannot be read.

    The table tells which event made it. What that says, and whether the plan was used since, is read from the chain, where a
    change breaks a hash.
    """
    with ledger.reading() as connection:
        row = connection.execute(select(plans).where(plans.c.digest == digest)).first() if _has_plans(connection) else None
        if row is None:
            return None
        made = json.loads(connection.execute(select(events.c.body).where(events.c.seq == row.seq)).scalar() or "{}")
        if [made.get(key) for key in ("event", "digest", "target")] != [names.PLAN_BUILT, digest, row.target]:
            raise LedgerError(f"{ledger.name}: event {row.seq} does not make plan {digest}; run `janitor audit verify`")
        return PlanRecord(target=row.target, use=_last_use(connection, digest, row.seq))


def _has_plans(connection: Connection) -> bool:
    """A ledger of an older version, opened for reading, has no plans."""
    return inspect(connection).has_table(plans.name)


def _last_use(connection: Connection, digest: str, made: int) -> Use | None:
    """The last application since the plan was made: few events are younger, since a plan lasts for a day."""
    kinds = or_(*(events.c.body.contains(f'"event":"{name}"', autoescape=True) for name in (names.PLAN_APPLIED, *_ENDS)))
    query = select(events.c.body).where((events.c.seq > made) & kinds).order_by(events.c.seq)
    use: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    for event in map(json.loads, connection.execute(query).scalars()):
        if event["event"] == names.PLAN_APPLIED and event["digest"] == digest:
            use, end = event, None
        elif use is not None and event["event"] in _ENDS and event["sweep_id"] == use["sweep_id"]:
            end = event
    if use is None:
        return None
    is_cut_off = end is None or (end["event"] == names.SWEEP_ABORTED and end.get("code") == INTERRUPTED)
    return Use(sweep_id=use["sweep_id"], at=parse_timestamp(use["at"]), is_cut_off=is_cut_off)
