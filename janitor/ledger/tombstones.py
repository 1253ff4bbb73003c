"""Owns the rows of tombstones: written with the intent, taken away with the job's survival or by a purge, read for people."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, insert, inspect, select

from janitor.core import events as names
from janitor.core.canonical import timestamp
from janitor.core.errors import LedgerError
from janitor.core.text import LONGEST_TEXT, inert
from janitor.core.tombstone import Tombstone
from janitor.ledger.chain import Draft
from janitor.ledger.jobs import storable
from janitor.ledger.schema import events, intents, tombstones
from janitor.ledger.store import Beside, Fence, Ledger

Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A tombstone as it is kept, and what became of its job: `state` is that of its intent, `event` how that began."""

    intent_id: str
    target: str
    job_id: str
    at: str
    sha256: str
    body: str
    state: str
    attempts: int
    event: Event
    closed_at: str | None


def find_tombstones(ledger: Ledger, job_id: str) -> tuple[Kept, ...]:
    """The tombstones of a job, the latest first; none in a ledger of an older version."""
    begun = select(tombstones, intents.c.state, intents.c.attempts, intents.c.closed_seq, events.c.body.label("event"))
    begun = begun.join(intents, intents.c.intent_id == tombstones.c.intent_id).join(events, events.c.seq == intents.c.seq)
    with ledger.reading() as connection:
        if not inspect(connection).has_table(tombstones.name):
            return ()
        rows = connection.execute(begun.where(tombstones.c.job_id == storable(job_id)).order_by(intents.c.seq.desc()))
        return tuple(_kept(connection, row) for row in rows)


def list_kept(ledger: Ledger, intent_ids: Iterable[str]) -> frozenset[str]:
    """Of these intents, those whose tombstone is kept."""
    with ledger.reading() as connection:
        if not inspect(connection).has_table(tombstones.name):
            return frozenset()
        query = select(tombstones.c.intent_id).where(tombstones.c.intent_id.in_(list(intent_ids)))
        return frozenset(connection.execute(query).scalars())


def find_purge(ledger: Ledger, intent_id: str) -> str | None:
    """When the tombstone of an intent was purged; None where it was not."""
    query = select(events.c.body).order_by(events.c.seq.desc()).limit(1)
    for text in (f'"event":"{names.TOMBSTONE_PURGED}"', f'"intent_id":{json.dumps(intent_id)}'):
        query = query.where(events.c.body.contains(text, autoescape=True))
    with ledger.reading() as connection:
        body = connection.execute(query).scalar()
    return None if body is None else str(json.loads(body)["at"])


def list_purgeable(ledger: Ledger, target: str, before: datetime, most: int) -> list[dict[str, Any]]:
    """What `tombstone.purged` says of tombstones of a target from before an instant whose intent is closed, the oldest first.

    Where the closing proves nothing, the closing has to be from before it too.
    """
    with ledger.reading() as connection:
        rows = connection.execute(_DUE, {"its_target": target, "before": timestamp(before)}).mappings()
        return list(islice((told for row in rows if (told := _purged(row, timestamp(before))) is not None), most))


_is_due = (tombstones.c.target == bindparam("its_target")) & (tombstones.c.at < bindparam("before"))
_DUE = (
    select(tombstones.c.intent_id, tombstones.c.job_id, tombstones.c.sha256.label("tombstone"), events.c.body)
    .join(intents, intents.c.intent_id == tombstones.c.intent_id)
    .join(events, events.c.seq == intents.c.closed_seq)
    .where(_is_due)
    .order_by(tombstones.c.at)
    .execution_options(yield_per=100)
)
_KEEP = insert(tombstones)


def _purged(row: Any, before: str) -> dict[str, Any] | None:
    """Of one row; None where its time is not over."""
    closing, told = json.loads(row["body"]), {key: row[key] for key in _PURGED}
    if closing["event"] in names.GONE:
        return told | {"deleted_at": closing["at"]}
    return told | {"deleted_at": None} if closing["at"] < before else None


def append_intents(ledger: Ledger, drafts: Sequence[Draft], fence: Fence, standing: int, stones: Sequence[Tombstone]) -> None:
    """Write intents and their tombstones, one each and in the same order, in one transaction: neither is without the other.

    Raises as `Ledger.append` does; LedgerError where a tombstone is not the one of which its event tells.
    """
    if [draft.fields["tombstone"] for draft in drafts] != [stone.sha256 for stone in stones]:
        raise LedgerError("an intent would be written without its tombstone; this is a defect of janitor")
    rows = {draft.fields["intent_id"]: _row(draft, stone) for draft, stone in zip(drafts, stones, strict=True)}

    def write(connection: Connection, written: Sequence[Event]) -> None:
        connection.execute(_KEEP, [rows[event["intent_id"]] | {"at": event["at"]} for event in written])

    ledger.append(drafts, fence, standing, Beside(write=write, size=sum(len(stone.body) for stone in stones)))


_PURGED = ("job_id", "intent_id", "tombstone")


def shown_owner(owner: str | None) -> str | None:
    """The owner as a column has it: no control character, and at a length at which no name floods the table."""
    return None if owner is None else inert(owner, LONGEST_TEXT)


def _row(draft: Draft, stone: Tombstone) -> dict[str, Any]:
    return {
        "intent_id": draft.fields["intent_id"],
        "target": draft.target,
        "job_id": draft.fields["job_id"],
        "owner": shown_owner(stone.owner),
        "outputs": json.dumps(stone.outputs),
        "sha256": stone.sha256,
        "document": stone.body,
    }


def _kept(connection: Connection, row: Any) -> Kept:
    closing = select(events.c.body).where(events.c.seq == row.closed_seq)
    closed = None if row.closed_seq is None else connection.execute(closing).scalar()
    return Kept(
        intent_id=row.intent_id,
        target=row.target,
        job_id=row.job_id,
        at=row.at,
        sha256=row.sha256,
        body=row.document,
        state=row.state,
        attempts=row.attempts,
        event=json.loads(row.event),
        closed_at=None if closed is None else str(json.loads(closed)["at"]),
    )
