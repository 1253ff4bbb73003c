"""Owns the question which jobs are marked to go, and when the grace period of each is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal, select

from janitor.core.canonical import parse_timestamp
from janitor.ledger.jobs import storable
from janitor.ledger.moment import Readable
from janitor.ledger.older import has_table
from janitor.ledger.schema import jobs, marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Countdown:
    """One marked job; name, owner and policy as the last listing had them, `seq` the number of its last event of a mark."""

    target: str
    job_id: str
    name: str | None
    owner: str | None
    policy: str | None
    marked_at: datetime
    deadline: datetime
    seq: int


def list_countdowns(
    ledger: Readable, most: int, target: str | None = None, job_id: str | None = None
) -> tuple[tuple[Countdown, ...], int]:
    """So many marked jobs, those that may go first, and how many there are in all."""
    is_wanted = literal(value=True) if target is None else marks.c.target == storable(target)
    is_wanted = is_wanted if job_id is None else is_wanted & (marks.c.job_id == storable(job_id))
    is_same = (jobs.c.target == marks.c.target) & (jobs.c.job_id == marks.c.job_id) & (jobs.c.created_at == marks.c.created_at)
    seen = (jobs.c.name, jobs.c.owner, jobs.c.policy, jobs.c.eligible_at)
    with ledger.reading() as connection:
        if not has_table(connection, marks):
            return (), 0
        number = connection.execute(select(func.count()).select_from(marks).where(is_wanted)).scalar_one()
        query = select(marks, *seen).select_from(marks.outerjoin(jobs, is_same)).where(is_wanted)
        rows = connection.execute(
            query.order_by(func.coalesce(jobs.c.eligible_at, marks.c.marked_at), marks.c.job_id).limit(most)
        )
        return tuple(_countdown(row) for row in rows), number


def _countdown(row: object) -> Countdown:
    """A mark; where a notice was waited for, the listing knew of a later deadline than its own."""
    told = row._mapping  # type: ignore[attr-defined]  # noqa: SLF001  SQLAlchemy's own name
    marked_at = parse_timestamp(told["marked_at"])
    deadline = marked_at + timedelta(seconds=told["grace"])
    listed = None if told["eligible_at"] is None else parse_timestamp(told["eligible_at"])
    known = {name: told[name] for name in ("target", "job_id", "name", "owner", "policy", "seq")}
    return Countdown(**known, marked_at=marked_at, deadline=max(deadline, listed or deadline))
