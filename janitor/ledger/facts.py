"""Owns the questions asked of a ledger: open intents, the pace of a day, the last times, the history of one job."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, func, select, update

from janitor.core.canonical import parse_timestamp, timestamp
from janitor.core.job import Job
from janitor.core.verdict import Verdict
from janitor.ledger.chain import Draft
from janitor.ledger.failures import Failure, last_failures
from janitor.ledger.history import read_history
from janitor.ledger.inventory import read_inventory
from janitor.ledger.known import read_known
from janitor.ledger.labels import had_labels
from janitor.ledger.moment import Readable, at_one_moment
from janitor.ledger.older import LISTING, SWEEP, Columns, columns_of, has_table, is_of_kind
from janitor.ledger.past import read_past
from janitor.ledger.schema import IS_OPEN, events, intents, jobs, sweeps
from janitor.ledger.standing import Standing, read_standing
from janitor.ledger.store import Beside, Fence, Ledger
from janitor.retention.history import NO_HISTORY, Acknowledgement, History
from janitor.retention.narrow import Inventory
from janitor.retention.past import NO_PAST, Past
from janitor.retention.sight import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIntent:
    """An intent without a closing outcome; `event` is its `deletion.intended` as written."""

    intent_id: str
    job_id: str
    is_accepted: bool
    attempts: int
    at: datetime
    last_at: datetime
    event: dict[str, Any]


def _recall_nothing(_listed: Sequence[Job], _owners: Collection[str] | None = None) -> Past:
    return NO_PAST


def _recognise_nothing(_listed: Iterable[Job], _at_stake: Collection[str]) -> Known:
    return Known()


def _nothing_known(_until: datetime) -> Inventory:
    return Inventory()


def _no_failures(_job_ids: Sequence[str]) -> Mapping[str, Failure]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFacts:
    """What planning needs to know of a target's past; the defaults are those of a ledger that does not exist yet.

    `recall` answers with what the ledger knows of the jobs, once they are listed, and of the owners who must be told in a
    channel of their own (None: nobody must be told); it raises LedgerError as every reading does.
    So do `recognise`, which compares them with what was seen of them last, and `failures`, which tells of each whose latest
    deletion failed that failure, and `inventory`, which tells what is known of the jobs created by a time and of the others.
    `history` is None where it says nothing: of a time that somebody supposes. `beyond` counts the jobs that had ended in the last
    full listing and that a narrow one leaves out.
    """

    intents_today: int = 0
    open_intents: tuple[OpenIntent, ...] = ()
    last_finished: datetime | None = None
    survivors: tuple[str, ...] = ()
    had_labels: bool | None = None
    standing: Standing = field(default_factory=Standing)
    history: History | None = NO_HISTORY
    beyond: int = 0
    recall: Callable[[Sequence[Job], Collection[str] | None], Past] = field(default=_recall_nothing, compare=False)
    recognise: Callable[[Iterable[Job], Collection[str]], Known] = field(default=_recognise_nothing, compare=False)
    inventory: Callable[[datetime], Inventory] = field(default=_nothing_known, compare=False)
    failures: Callable[[Sequence[str]], Mapping[str, Failure]] = field(default=_no_failures, compare=False)

    @property
    def lifted_clock(self) -> Acknowledgement | None:
        """Who said, of these policies, that the clock is right now and was wrong when the last sweep finished."""
        return None if self.history is None else self.history.acknowledged.get("clock")


def read_facts(
    ledger: Ledger | None, target: str, as_of: datetime, policy_digest: str = "", sweep_id: str | None = None
) -> LedgerFacts:
    """Gather the facts of a target at one instant; a ledger that does not exist yet has none.

    What was acknowledged counts for the policies of this digest alone. A sweep that asks names itself by its id.
    """
    if ledger is None:
        return LedgerFacts()
    with at_one_moment(ledger) as moment:
        return LedgerFacts(
            intents_today=count_intents(moment, target, as_of - timedelta(hours=24)),
            open_intents=list_open_intents(moment, target),
            last_finished=last_finished(moment),
            survivors=last_survivors(moment, target),
            had_labels=had_labels(moment, target),
            standing=read_standing(moment, target),
            history=read_history(moment, target, policy_digest, as_of, sweep_id),
            recall=lambda listed, owners: read_past(ledger, target, listed, as_of, owners),
            recognise=partial(read_known, ledger, target),
            inventory=partial(read_inventory, ledger, target),
            failures=partial(last_failures, ledger, target),
        )


def count_intents(ledger: Readable, target: str, since: datetime) -> int:
    """How many deletions of a target were intended after an instant, whatever came of them."""
    with ledger.reading() as connection:
        return int(connection.execute(_SINCE, {"its_target": target, "since": timestamp(since)}).scalar_one())


def list_open_intents(ledger: Readable, target: str) -> tuple[OpenIntent, ...]:
    """The intents of a target that wait for their closing outcome, oldest first."""
    with ledger.reading() as connection:
        return tuple(_open_intent(row) for row in connection.execute(_OPEN, {"its_target": target}))


def last_finished(ledger: Readable) -> datetime | None:
    """When the last sweep of any target that finished ended: the guard of the clock can rely on no others."""
    return _last_end(ledger, LISTING)


def last_sweep(ledger: Ledger, target: str) -> datetime | None:
    """When the last finished sweep of a target ended, by which its schedule goes: not what applied a plan."""
    return _last_end(ledger, (SWEEP,), target)


def last_begun(ledger: Readable, targets: Sequence[str]) -> dict[str, datetime]:
    """When the last sweep of each of these targets began, however it ended; those that were never swept are left out."""
    query = select(sweeps.c.target, func.max(sweeps.c.started_at)).where(sweeps.c.target.in_(targets)).group_by(sweeps.c.target)
    with ledger.reading() as connection:
        rows = connection.execute(query.where(is_of_kind(columns_of(connection, sweeps), SWEEP)))
        return {target: parse_timestamp(began) for target, began in rows}


def _last_end(ledger: Readable, kinds: tuple[str, ...], target: str | None = None) -> datetime | None:
    given = {} if target is None else {"its_target": target}
    with ledger.reading() as connection:
        query = _end_query(columns_of(connection, sweeps), kinds, is_of_one=target is not None)
        found = connection.execute(query, given).scalar()
    return None if found is None else parse_timestamp(found)


def last_success(ledger: Ledger, target: str) -> datetime | None:
    """When the last finished sweep of a target, no plan applied, ended in which no deletion failed or stayed unknown."""
    bad = intents.c.state.in_(("failed", "unknown", "intended")) & (intents.c.target == sweeps.c.target)
    bad &= (intents.c.at >= sweeps.c.started_at) & (intents.c.at <= sweeps.c.finished_at)
    good = (sweeps.c.target == target) & (sweeps.c.status == "finished") & ~exists().where(bad)
    query = select(sweeps.c.finished_at).where(good).order_by(sweeps.c.started_at.desc()).limit(1)  # newest first: soon found
    with ledger.reading() as connection:
        found = connection.execute(query.where(is_of_kind(columns_of(connection, sweeps), SWEEP))).scalar()
    return None if found is None else parse_timestamp(found)


def last_survivors(ledger: Readable, target: str) -> tuple[str, ...]:
    """A few jobs that the last finished sweep of a target saw and did not plan to delete.

    Where it saw none, or none has finished, some of those that were remembered as not expired: a sweep remembers what it listed
    before its first intent, so that a sweep after one that was killed knows what must still be visible, too.
    """
    given = {"its_target": target}
    with ledger.reading() as connection:
        found = connection.execute(_survivors_query(columns_of(connection, sweeps)), given).scalar()
        survivors = tuple(json.loads(found)) if found else ()
        if survivors or not has_table(connection, jobs):
            return survivors
        return tuple(connection.execute(_REMEMBERED, given).scalars())


def remember_survivors(
    ledger: Ledger, sweep_id: str, job_ids: tuple[str, ...], drafts: Sequence[Draft] = (), fence: Fence | None = None
) -> None:
    """Note a few jobs that a sweep saw and does not plan to delete: later sweeps ask for them as canaries.

    That the sweep finished is written by the same transaction, so that none has finished without them.
    """
    row = {"its_sweep_id": sweep_id, "survivors": json.dumps(list(job_ids))}

    def write(connection: Connection, _written: Sequence[dict[str, Any]]) -> None:
        connection.execute(_KEEP_SURVIVORS, row)

    ledger.append(drafts, fence, beside=Beside(write=write, size=len(row["survivors"])))


def list_job_events(ledger: Ledger, job_id: str) -> tuple[dict[str, Any], ...]:
    """The intents of one job and their closing outcomes, oldest first, as written."""
    with ledger.reading() as connection:
        found = connection.execute(select(intents.c.seq, intents.c.closed_seq).where(intents.c.job_id == job_id))
        wanted = [seq for row in found for seq in row if seq is not None]
        bodies = connection.execute(select(events.c.body).where(events.c.seq.in_(wanted)).order_by(events.c.seq))
        return tuple(json.loads(body) for body in bodies.scalars())


def list_accepted(ledger: Ledger, job_id: str) -> frozenset[str]:
    """The ids of those open intents of one job whose deletion the platform accepted."""
    where = (intents.c.job_id == job_id) & intents.c.is_open & (intents.c.state == "accepted")
    with ledger.reading() as connection:
        return frozenset(connection.execute(select(intents.c.intent_id).where(where)).scalars())


_is_since = (intents.c.target == bindparam("its_target")) & (intents.c.at > bindparam("since"))
_SINCE = select(func.count()).select_from(intents).where(_is_since)
_is_open = IS_OPEN & (intents.c.target == bindparam("its_target"))
_OPEN = select(intents, events.c.body).join(events, events.c.seq == intents.c.seq).where(_is_open).order_by(intents.c.seq)
_KEEP_SURVIVORS = update(sweeps).where(sweeps.c.sweep_id == bindparam("its_sweep_id"))
_KEPT = select(jobs.c.job_id).where((jobs.c.target == bindparam("its_target")) & (jobs.c.verdict != Verdict.EXPIRED.value))
_REMEMBERED = _KEPT.order_by(jobs.c.seen_at.desc(), jobs.c.job_id).limit(3)


@cache
def _end_query(columns: Columns, kinds: tuple[str, ...], *, is_of_one: bool) -> Select[str | None]:
    query = select(func.max(sweeps.c.finished_at)).where(sweeps.c.status == "finished")
    query = query.where(sweeps.c.target == bindparam("its_target")) if is_of_one else query
    return query.where(is_of_kind(columns, *kinds))


@cache
def _survivors_query(columns: Columns) -> Select[str]:
    query = select(sweeps.c.survivors).where((sweeps.c.target == bindparam("its_target")) & (sweeps.c.status == "finished"))
    return query.where(is_of_kind(columns, *LISTING)).order_by(sweeps.c.started_at.desc()).limit(1)


def _open_intent(row: Any) -> OpenIntent:
    return OpenIntent(
        intent_id=row.intent_id,
        job_id=row.job_id,
        is_accepted=row.state == "accepted",
        attempts=row.attempts,
        at=parse_timestamp(row.at),
        last_at=parse_timestamp(row.last_at),
        event=json.loads(row.body),
    )
