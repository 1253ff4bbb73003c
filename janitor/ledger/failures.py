"""Owns the question which jobs could not be deleted when it was tried last."""

from collections.abc import Sequence

from sqlalchemy import select

from janitor.ledger.schema import intents
from janitor.ledger.store import Ledger

AT_ONCE = 500
"""Jobs asked about at once."""


def last_failed(ledger: Ledger, target: str, job_ids: Sequence[str]) -> frozenset[str]:
    """Those of these jobs of a target whose latest deletion failed."""
    latest = dict[str, str]()
    with ledger.reading() as connection:
        for start in range(0, len(job_ids), AT_ONCE):
            where = (intents.c.target == target) & intents.c.job_id.in_(job_ids[start : start + AT_ONCE])
            found = connection.execute(select(intents.c.job_id, intents.c.state).where(where).order_by(intents.c.seq))
            latest |= {row.job_id: row.state for row in found}
    return frozenset(job_id for job_id, state in latest.items() if state == "failed")
