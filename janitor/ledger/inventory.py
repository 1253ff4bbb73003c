"""Owns the reading of what a target's last listings showed, cut at a time of creation: what a narrow listing is measured by."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, select

from janitor.core import events as names
from janitor.core.canonical import parse_timestamp
from janitor.core.errors import LedgerError
from janitor.core.phase import TERMINAL
from janitor.core.verdict import Verdict
from janitor.ledger.jobs import written
from janitor.ledger.older import has_table
from janitor.ledger.schema import intents, jobs, marks
from janitor.ledger.store import Ledger
from janitor.retention.narrow import Inventory

SURVIVORS = 3


def read_inventory(ledger: Ledger | None, target: str, until: datetime) -> Inventory:
    """What is known of the jobs created until then, and of the others; raises LedgerError where it cannot be read."""
    if ledger is None:
        return Inventory()
    given = {"its_target": target, "until": written(until)}
    with ledger.reading() as connection:
        if not has_table(connection, jobs):
            return Inventory()
        return Inventory(
            inside=frozenset(connection.execute(_INSIDE, given).scalars()),
            beyond=int(connection.execute(_BEYOND, given).scalar_one()),
            oldest=_read_oldest(connection, target),
            has_marks_beyond=bool(connection.execute(_MARKED, given).scalar()),
            survivors=tuple(connection.execute(_SURVIVORS, given).scalars()),
        )


def _read_oldest(connection: Connection, target: str) -> datetime | None:
    found = connection.execute(_OLDEST, {"its_target": target}).scalar()
    try:
        return None if found is None else parse_timestamp(found)
    except (ValueError, TypeError) as error:
        raise LedgerError(f"what the ledger knows of the jobs of target {target} cannot be read: {error}") from error


_GONE = tuple(name.partition(".")[2] for name in sorted(names.GONE))
_is_of_target = jobs.c.target == bindparam("its_target")
_has_gone = exists().where((intents.c.job_id == jobs.c.job_id) & (intents.c.target == jobs.c.target) & intents.c.state.in_(_GONE))
_is_there = _is_of_target & ~_has_gone
_is_inside = jobs.c.created_at <= bindparam("until")
_is_beyond = jobs.c.created_at.is_(None) | (jobs.c.created_at > bindparam("until"))
_INSIDE = select(jobs.c.job_id).where(_is_there & _is_inside)
_BEYOND = (
    select(func.count()).select_from(jobs).where(_is_there & _is_beyond & jobs.c.phase.in_([each.value for each in TERMINAL]))
)
_OLDEST = select(func.min(jobs.c.created_at)).where(_is_of_target)
_MARKED = select(exists().where((marks.c.target == bindparam("its_target")) & (marks.c.created_at > bindparam("until"))))
_LEAVING = (Verdict.EXPIRED.value, Verdict.EXPIRING.value)
_SURVIVORS = (
    select(jobs.c.job_id)
    .where(_is_there & _is_inside & jobs.c.verdict.not_in(_LEAVING))
    .order_by(jobs.c.created_at.desc(), jobs.c.job_id)
    .limit(SURVIVORS)
)
