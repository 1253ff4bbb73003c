"""Owns the comparison of a listing with the last one: whether the times are what they were, and what was expected to go."""

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select

from janitor.core.canonical import parse_timestamp
from janitor.core.errors import LedgerError
from janitor.core.job import Job
from janitor.ledger.jobs import identity_of
from janitor.ledger.older import columns_of
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
        columns = [column for column in columns_of(connection, jobs) if column.name in _COLUMNS]
        rest = iter(listed if columns else ())
        while some := {identity["job_id"]: (job, identity) for job in islice(rest, AT_ONCE) for identity in [identity_of(job)]}:
            for row in _rows(connection, columns, target, some):
                job, identity = some[row["job_id"]]
                compared, moved = compared + 1, moved + _is_moved(row, identity)
                if job.id in at_stake and row.get("expected_at") and row["created_at"] == identity["created_at"]:
                    expected[job.id] = _read(row["expected_at"], target)
    return Known(compared=compared, moved=moved, expected=expected)


def _rows(connection: Connection, columns: list[Any], target: str, job_ids: Iterable[str]) -> Iterable[Any]:
    query = select(*columns).where((jobs.c.target == target) & jobs.c.job_id.in_(job_ids))
    return connection.execute(query).mappings()


def _is_moved(row: Any, identity: dict[str, Any]) -> bool:
    """Whether it was created at another time, or an end of the same runs went back or vanished; more runs explain another end."""
    if row["created_at"] != identity["created_at"]:
        return True
    before, now = row["finished_at"], identity["finished_at"]
    return row["runs"] == identity["runs"] and before is not None and (now is None or now < before)


def _read(text: str, target: str) -> datetime:
    try:
        return parse_timestamp(text)
    except (ValueError, TypeError) as error:
        raise LedgerError(f"what the ledger expects of target {target} cannot be read: {error}") from error
