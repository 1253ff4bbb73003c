"""Owns the memory of a target's last complete listing: one row a job, what was decided about it, and when it was first seen.

It stands outside the chain: it proves nothing, and every sweep that lists all jobs writes it anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Any

from sqlalchemy import Boolean, and_, bindparam, case, delete, exists, or_, select
from sqlalchemy.dialects.postgresql import Insert, insert

from janitor.core.canonical import timestamp
from janitor.core.job import Job
from janitor.core.phase import TERMINAL
from janitor.core.text import LONGEST_TEXT, inert
from janitor.core.verdict import Decision
from janitor.ledger.older import columns_of
from janitor.ledger.schema import jobs
from janitor.ledger.store import Ledger
from janitor.retention.expectation import is_doubtful

AT_ONCE = 1000
"""Rows made, and then written by one transaction: other writers wait meanwhile, and for ten seconds only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When a listing was made, and by when the jobs in it were created; None where it is of all jobs."""

    at: datetime
    until: datetime | None = None


NONE_RELEASED: Mapping[str, datetime] = MappingProxyType({})
Row = dict[str, Any]


def remember_jobs(
    ledger: Ledger,
    target: str,
    decisions: Iterable[Decision],
    as_of: datetime,
    released: Mapping[str, datetime] | None = NONE_RELEASED,
) -> None:
    """Take over a complete listing of all jobs with what was decided; then jobs that are not in it any more are forgotten.

    As `remember_seen` does.
    """
    remember_seen(ledger, target, decisions, Seen(at=as_of), released)


def remember_seen(
    ledger: Ledger, target: str, decisions: Iterable[Decision], seen: Seen, released: Mapping[str, datetime] | None
) -> None:
    """The same for a listing that may be narrow: then only those jobs are forgotten that it should have shown.

    When a job was expected to go is taken over only where nothing of the past speaks against the plan: else what was expected
    of it before stays, and of a new one nothing is, so that the next sweep is as surprised as this one. It stays, too, where
    nothing could be told of the job. `released` says when held jobs go by time alone, by their ids; None where the past speaks
    against the plan.

    When a job was first seen stays, and when it was first seen ended too, as long as it is the same job in the same phases with
    the same times; else it begins anew, never earlier than it was. A page of rows is made while anybody may write, and written in
    a transaction of its own: broken off in between, each row is right by itself, and none is forgotten. Raises LedgerError as
    every write does.
    """
    is_believed = released is not None
    now, seen_at = timestamp(seen.at), _unused_time(ledger, target, seen.at)
    same_for_all = {"seen_at": seen_at} | ({} if is_believed else {"expected_at": None})
    rows = (_row(ledger, target, decision, now) | _expected(decision, released or {}) | same_for_all for decision in decisions)
    while page := list(islice(rows, AT_ONCE)):
        with ledger.writing() as connection:
            connection.execute(_UPSERTS[is_believed], page)
    is_over, given = False, {"its_target": target, "its_seen_at": seen_at, "most": AT_ONCE, "until": written(seen.until)}
    forget = _FORGET if seen.until is None else _FORGET_INSIDE
    while not is_over:
        with ledger.writing() as connection:
            is_over = connection.execute(forget, given).rowcount < AT_ONCE


def last_sightings(ledger: Ledger, job_id: str) -> tuple[Row, ...]:
    """The rows of a job in the last listing of each target that showed it; none in a ledger of an older version."""
    with ledger.reading() as connection:
        columns = columns_of(connection, jobs)
        if not columns:
            return ()
        query = select(*columns).where(jobs.c.job_id == storable(job_id)).order_by(jobs.c.target)
        return tuple(dict(row) for row in connection.execute(query).mappings())


def identity_of(job: Job) -> Row:
    """The columns that must be the same for a job to be still the one that was seen ended."""
    return {
        "job_id": storable(job.id),
        "created_at": written(job.created_at),
        "phase": job.phase.value,
        "other_phases": " ".join(sorted(job.other_phases)) if job.other_phases else "",
        "runs": job.runs,
        "started_at": written(job.started_at),
        "finished_at": written(job.finished_at),
    }


def storable(text: str) -> str:
    """The text as any database takes it: lone surrogates and NUL, which a name from outside may hold, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _unused_time(ledger: Ledger, target: str, as_of: datetime) -> str:
    """The time, or the next that no row has: a sweep of this very instant wrote some, where the clock stood still."""
    with ledger.reading() as connection:
        while connection.execute(_IS_USED, {"its_target": target, "its_seen_at": timestamp(as_of)}).scalar():
            as_of += timedelta(microseconds=1)
    return timestamp(as_of)


def _row(ledger: Ledger, target: str, decision: Decision, now: str) -> Row:
    job = decision.job
    texts = ledger.clean((job.name, job.owner, decision.policy, decision.reason.text))
    name, owner, policy, reason = (None if text is None else inert(str(text), LONGEST_TEXT) for text in texts)
    return identity_of(job) | {
        "target": target,
        "name": name,
        "owner": owner,
        "first_seen": now,
        "first_seen_terminal": now if job.phases <= TERMINAL else None,
        "verdict": decision.verdict.value,
        "reason": reason,
        "reason_code": decision.reason.code,
        "policy": policy,
        "eligible_at": written(decision.eligible_at),
    }


def _expected(decision: Decision, released: Mapping[str, datetime]) -> Row:
    """When it is expected to go, or that this stays as it was."""
    if is_doubtful(decision):
        return {"expected_at": None, "is_doubtful": True}
    return {"expected_at": written(released.get(decision.job.id, decision.eligible_at)), "is_doubtful": False}


def written(time: datetime | None) -> str | None:
    """A time as a column has it, null where there is none."""
    return None if time is None else timestamp(time)


def _upsert(*, is_believed: bool) -> Insert:
    """One statement for a new row and a known one, so that nothing has to be read first."""
    statement = insert(jobs)
    new, old = statement.excluded, jobs.c
    is_same_job = old.created_at.is_not_distinct_from(new.created_at)
    kept_by = ("created_at", "phase", "other_phases", "runs", "started_at", "finished_at")
    is_as_before = and_(*(old[name].is_not_distinct_from(new[name]) for name in kept_by))
    stays = or_(is_as_before, old.first_seen_terminal > new.first_seen_terminal)
    values: dict[str, Any] = {column.name: new[column.name] for column in jobs.columns if not column.primary_key}
    values["first_seen"] = case((is_same_job, old.first_seen), else_=new.first_seen)
    values["first_seen_terminal"] = case((stays, old.first_seen_terminal), else_=new.first_seen_terminal)
    is_kept = and_(is_same_job, bindparam("is_doubtful", type_=Boolean())) if is_believed else is_same_job
    values["expected_at"] = case((is_kept, old.expected_at), else_=new.expected_at)
    return statement.on_conflict_do_update(index_elements=[old.target, old.job_id], set_=values)


_is_of_target, _is_of_then = jobs.c.target == bindparam("its_target"), jobs.c.seen_at == bindparam("its_seen_at")
_IS_USED = select(exists().where(_is_of_target & _is_of_then))
_GONE = select(jobs.c.job_id).where(_is_of_target & ~_is_of_then).limit(bindparam("most"))
_FORGET = delete(jobs).where(_is_of_target & jobs.c.job_id.in_(_GONE))
_GONE_INSIDE = _GONE.where(jobs.c.created_at <= bindparam("until"))
_FORGET_INSIDE = delete(jobs).where(_is_of_target & jobs.c.job_id.in_(_GONE_INSIDE))
_UPSERTS = {is_believed: _upsert(is_believed=is_believed) for is_believed in (False, True)}
