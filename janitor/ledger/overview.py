"""Owns what the overview shows of a target's past: what was deleted by day and policy, and how the last sweeps ended."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from janitor.core import events as names
from janitor.core.canonical import parse_timestamp, timestamp
from janitor.ledger.older import LISTING, columns_of, is_of_kind
from janitor.ledger.schema import events, intents, sweeps
from janitor.ledger.store import Ledger

_ENDS = (names.SWEEP_FINISHED, names.SWEEP_ABORTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSweep:
    """One sweep: `status` is running, finished or aborted; its outcomes and why it was aborted, where it has ended."""

    sweep_id: str
    started_at: datetime
    status: str
    outcomes: dict[str, int]
    reason: str = ""


def count_deletions(ledger: Ledger, target: str, since: datetime, until: datetime) -> Counter[tuple[date, str]]:
    """How many deletions of a target were intended in this time and confirmed, by day (UTC) and the policy that decided."""
    query = select(intents.c.at, events.c.body).join(events, events.c.seq == intents.c.closed_seq)
    where = (intents.c.target == target) & (intents.c.state == "confirmed") & (intents.c.at >= timestamp(since))
    where &= intents.c.at <= timestamp(until)
    counts = Counter[tuple[date, str]]()
    with ledger.reading() as connection:
        for row in connection.execute(query.where(where), execution_options={"yield_per": 1000}):
            counts[parse_timestamp(row.at).date(), str(json.loads(row.body)["policy"])] += 1
    return counts


def list_last_sweeps(ledger: Ledger, target: str, until: datetime, most: int) -> tuple[PastSweep, ...]:
    """The last sweeps of a target that had begun at an instant, newest first; applying a plan is one, deleting by hand not."""
    where = (sweeps.c.target == target) & (sweeps.c.started_at <= timestamp(until))
    query = select(sweeps.c.sweep_id, sweeps.c.started_at, sweeps.c.status).where(where)
    with ledger.reading() as connection:
        query = query.where(is_of_kind(columns_of(connection, sweeps), *LISTING)).order_by(sweeps.c.started_at.desc()).limit(most)
        rows = list(connection.execute(query))
        ends = dict(_ends(connection, {row.sweep_id for row in rows if row.status != "running"}))
    return tuple(_past_sweep(row, ends.get(row.sweep_id, {})) for row in rows)


def _ends(connection: Connection, wanted: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events with which these sweeps ended; they are among the newest, so the log is read from its end."""
    kinds = or_(*(events.c.body.contains(f'"event":"{name}"', autoescape=True) for name in _ENDS))
    query = select(events.c.body).where(kinds).order_by(events.c.seq.desc()).execution_options(yield_per=16)
    missing = set(wanted)
    for body in connection.execute(query).scalars() if missing else ():
        event = json.loads(body)
        if event["sweep_id"] in missing:
            missing.remove(event["sweep_id"])
            yield event["sweep_id"], event
        if not missing:
            return


def _past_sweep(row: Any, end: dict[str, Any]) -> PastSweep:
    return PastSweep(
        sweep_id=row.sweep_id,
        started_at=parse_timestamp(row.started_at),
        status=row.status,
        outcomes={name: number for name, number in end.get("outcomes", {}).items() if number},
        reason=end.get("reason", ""),
    )
