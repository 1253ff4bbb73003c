"""Owns the comparison of a listing with the last one: whether the times are what they were, and what was expected to go."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, select

from janitor.core.canonical import parse_timestamp
from janitor.core.errors import LedgerError
from janitor.core.job import Job
from janitor.ledger.jobs import storable, written
from janitor.ledger.older import Columns, columns_of
from janitor.ledger.schema import jobs
from janitor.ledger.store import Ledger
from janitor.retention.sight import Known

AT_ONCE = 500
"""Jobs compared at once: nothing is kept of the others."""
_COLUMNS = ("job_id", "created_at", "runs", "finished_at", "expected_at")


def read_known(ledger: Ledger | None, target: str, listed: Iterable[Job], at_stake: Collection[str]) -> Known:
    """Compare the jobs of a listing with what was seen of them last; `at_stake` are the ids of those that may go.

    A ledger that does not exist yet knows none of them. Raises LedgerError where it cannot be read.
    """
    if ledger is None:
        return Known()
    compared, moved, expected = 0, 0, dict[str, datetime]()
    with ledger.reading() as connection:
        columns = columns_of(connection, jobs)
        rest = iter(listed if columns else ())
        while some := {storable(job.id): job for job in islice(rest, AT_ONCE)}:
            for row in _rows(connection, columns, target, some):
                job = some[row.job_id]
                is_same = row.created_at == written(job.created_at)
                compared, moved = compared + 1, moved + (not is_same or _is_end_moved(row, job))
                due = getattr(row, "expected_at", None) if is_same and job.id in at_stake else None
                if due is not None:
                    expected[job.id] = _read(due, target)
    return Known(compared=compared, moved=moved, expected=expected)


def _rows(connection: Connection, columns: Columns, target: str, job_ids: Iterable[str]) -> Iterable[Any]:
    return connection.execute(_query(columns), {"its_target": target, "some": list(job_ids)})


@cache
def _query(columns: Columns) -> Executable:
    is_asked = (jobs.c.target == bindparam("its_target")) & jobs.c.job_id.in_(bindparam("some", expanding=True))
    return select(*(column for column in columns if column.name in _COLUMNS)).where(is_asked)


def _is_end_moved(row: Any, job: Job) -> bool:
    """Whether an end of the same runs went back or vanished; more runs explain another end."""
    if row.finished_at is None or row.runs != job.runs:
        return False
    ended = written(job.finished_at)
    return ended is None or bool(ended < row.finished_at)


def _read(text: str, target: str) -> datetime:
    try:
        return parse_timestamp(text)
    except (ValueError, TypeError) as error:
        raise LedgerError(f"what the ledger expects of target {target} cannot be read: {error}") from error
