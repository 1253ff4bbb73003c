"""Owns the reading of a target's earlier sweeps, for the guards that know the past, and of what somebody said of these guards."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Select, bindparam, func, or_, select

from janitor.core import events as names
from janitor.core.canonical import parse_timestamp, timestamp
from janitor.core.errors import LedgerError
from janitor.ledger.chain import Draft
from janitor.ledger.moment import Readable
from janitor.ledger.older import LISTING, Columns, columns_of, is_of_kind
from janitor.ledger.schema import LABELS_NONE, LABELS_TOLD, acknowledgements, events, intents, sweeps
from janitor.ledger.store import Ledger
from janitor.retention.history import Acknowledgement, GoodSweep, History, Reach

MOST = 10
"""So many sweeps are looked back at."""
CRASH_LOOP = "crash_loop"
_HAS_LABELS = {LABELS_TOLD: True, LABELS_NONE: False}
_BREAKING_OFF = (names.SWEEP_STARTED, names.SWEEP_FINISHED, names.GUARD_ACKNOWLEDGED)
_GONE = tuple(name.partition(".")[2] for name in (names.DELETION_CONFIRMED, names.DELETION_ALREADY_GONE))


def read_history(ledger: Readable, target: str, policy_digest: str, as_of: datetime, sweep_id: str | None = None) -> History:
    """The past of a target, as seen by a sweep of this id, which is no part of it; raises LedgerError where it cannot be read.

    An older ledger, opened for reading, knows when its sweeps began and nothing was acknowledged in it.
    """
    with ledger.reading() as connection:
        try:
            past = tuple(_good_sweep(row) for row in _finished(connection, target))
            is_narrow = bool(past) and past[0].listed_to is not None
            last_whole = _last_whole(connection, target) if is_narrow else None
            since = last_whole or (past[0] if past else None)
            return History(
                sweeps=past,
                finished=_count_finished(connection, target),
                unfinished=tuple(_unfinished(connection, target, sweep_id)),
                gone_since=0 if since is None else _count_gone(connection, target, since.started_at, as_of),
                last_whole=last_whole,
                listed_by=_listed_by(connection, target),
                is_whole_latest=_is_whole_latest(connection, target),
                acknowledged={each.guard: each for each in _lifted(connection, target, policy_digest, as_of)},
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise LedgerError(f"what the ledger knows of earlier sweeps of target {target} cannot be read: {error!r}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """That a guard is wrong this time, for the policies of this digest: why, and until when at the latest."""

    guard: str
    policy_digest: str
    reason: str
    until: datetime


def acknowledge_guard(ledger: Ledger, target: str, word: Word) -> None:
    """Write down that somebody lifts a guard of a target; who and when is the pen's to say."""
    fields = {"guard": word.guard, "policy_digest": word.policy_digest, "reason": word.reason, "until": timestamp(word.until)}
    ledger.append([Draft(event=names.GUARD_ACKNOWLEDGED, target=target, fields=fields)])


def _finished(connection: Connection, target: str) -> Iterator[Any]:
    query = _finished_query(columns_of(connection, sweeps))
    yield from connection.execute(query, {"its_target": target}).mappings()


def _last_whole(connection: Connection, target: str) -> GoodSweep | None:
    row = connection.execute(_WHOLE, {"its_target": target}).mappings().first()
    return None if row is None else _good_sweep(row)


def _listed_by(connection: Connection, target: str) -> str | None:
    """The policies of the sweep that last listed the jobs, whatever became of it; None where that was not written down."""
    if sweeps.c.policy_digest not in columns_of(connection, sweeps):
        return None
    found: str | None = connection.execute(_LISTED_BY, {"its_target": target}).scalar()
    return found


def _is_whole_latest(connection: Connection, target: str) -> bool:
    """Whether the last sweep that listed everything finished; one that was refused or killed disbelieves those before it."""
    if sweeps.c.listed_to not in columns_of(connection, sweeps):
        return True
    return connection.execute(_LAST_FULL, {"its_target": target}).scalar() in (None, "finished")


@cache
def _finished_query(columns: Columns) -> Executable:
    return select(*columns).where(_is_finished(columns)).order_by(sweeps.c.started_at.desc()).limit(MOST)


@cache
def _count_query(columns: Columns) -> Select[int]:
    return select(func.count()).select_from(sweeps).where(_is_finished(columns))


def _is_finished(columns: Columns) -> ColumnElement[bool]:
    return _is_of_target & (sweeps.c.status == "finished") & is_of_kind(columns, *LISTING)


_is_of_target = sweeps.c.target == bindparam("its_target")
_is_whole = _is_of_target & (sweeps.c.status == "finished") & sweeps.c.kind.in_(LISTING) & sweeps.c.listed_to.is_(None)
_WHOLE = select(sweeps).where(_is_whole & sweeps.c.listed.is_not(None)).order_by(sweeps.c.started_at.desc()).limit(1)
_is_listed = _is_of_target & sweeps.c.kind.in_(LISTING) & sweeps.c.listed.is_not(None)
_LISTED_BY = select(sweeps.c.policy_digest).where(_is_listed).order_by(sweeps.c.seq.desc()).limit(1)
_LAST_FULL = (
    select(sweeps.c.status).where(_is_listed & sweeps.c.listed_to.is_(None)).order_by(sweeps.c.started_at.desc()).limit(1)
)
_is_left = _is_of_target & (sweeps.c.status == "running") & (sweeps.c.sweep_id != bindparam("own_sweep_id"))
_LEFT = select(sweeps.c.sweep_id, sweeps.c.started_at).where(_is_left)
_is_gone = (intents.c.at >= bindparam("since")) & (intents.c.at <= bindparam("until")) & intents.c.state.in_(_GONE)
_COUNT_GONE = select(func.count()).select_from(intents).where((intents.c.target == bindparam("its_target")) & _is_gone)
_is_unspent = (acknowledgements.c.target == bindparam("its_target")) & ~acknowledgements.c.is_spent
_UNSPENT = (
    select(events.c.body).join(acknowledgements, acknowledgements.c.seq == events.c.seq).where(_is_unspent).order_by(events.c.seq)
)


def _good_sweep(row: Any) -> GoodSweep:
    workspaces, policies = row.get("workspaces"), row.get("policies")
    return GoodSweep(
        started_at=parse_timestamp(row["started_at"]),
        listed=row.get("listed"),
        planned=row.get("planned"),
        workspaces=() if workspaces is None else tuple(json.loads(workspaces)),
        policies=None if policies is None else {name: Reach(**reach) for name, reach in json.loads(policies).items()},
        listed_to=None if (until := row.get("listed_to")) is None else parse_timestamp(until),
        policy_digest=row.get("policy_digest"),
        has_labels=_HAS_LABELS.get(row.get("has_labels")),
        seq=row.get("seq"),
    )


def _count_finished(connection: Connection, target: str) -> int:
    query = _count_query(columns_of(connection, sweeps))
    return int(connection.execute(query, {"its_target": target}).scalar_one())


def _unfinished(connection: Connection, target: str, sweep_id: str | None) -> Iterator[datetime]:
    """When those began, of any kind, that never ended, since the last one that finished and since somebody spoke for them.

    What came first is told by the order of the events: the clock may have been wrong when one of them crashed.
    """
    rows = connection.execute(_LEFT, {"its_target": target, "own_sweep_id": sweep_id or ""})
    left: dict[str, str] = {row.sweep_id: row.started_at for row in rows}
    for event in _told_last(connection, _BREAKING_OFF) if left else ():
        if event["target"] == target and (event["event"] == names.SWEEP_FINISHED or event.get("guard") == CRASH_LOOP):
            return
        if (began := left.pop(event["sweep_id"], None)) is not None:
            yield parse_timestamp(began)


def _told_last(connection: Connection, words: tuple[str, ...]) -> Iterator[Any]:
    """The events of these names, the last first; read as far as somebody asks."""
    is_told = or_(*(events.c.body.contains(f'"event":"{word}"', autoescape=True) for word in words))
    query = select(events.c.body).where(is_told).order_by(events.c.seq.desc())
    yield from map(json.loads, connection.execute(query, execution_options={"yield_per": 16}).scalars())


def _count_gone(connection: Connection, target: str, since: datetime, as_of: datetime) -> int:
    """The deletions since then; one of a later time than now had a clock that was ahead, and says nothing of this listing."""
    given = {"its_target": target, "since": timestamp(since), "until": timestamp(as_of)}
    return int(connection.execute(_COUNT_GONE, given).scalar_one())


def _lifted(connection: Connection, target: str, policy_digest: str, as_of: datetime) -> Iterator[Acknowledgement]:
    """What is lifted for these policies at this time, by what the events say; that it is not used up is the table's word."""
    if not columns_of(connection, acknowledgements):
        return
    for event in map(json.loads, connection.execute(_UNSPENT, {"its_target": target}).scalars()):
        if (event["event"], event["target"], event["policy_digest"]) != (names.GUARD_ACKNOWLEDGED, target, policy_digest):
            continue
        until = parse_timestamp(event["until"])
        if event["guard"] != CRASH_LOOP and as_of <= until:
            at = parse_timestamp(event["at"])
            yield Acknowledgement(guard=event["guard"], by=event["actor"], at=at, until=until, reason=event["reason"])
