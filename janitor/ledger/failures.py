"""Owns the question which jobs could not be deleted when it was tried last, and why."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from janitor.ledger.schema import events, intents
from janitor.ledger.store import Ledger

AT_ONCE = 500
"""Jobs asked about at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A deletion that failed: the number of the event that says so, and its word for why."""

    seq: int
    reason_code: str


_TOLD = (
    select(intents.c.target, intents.c.job_id, intents.c.closed_seq, events.c.body)
    .outerjoin(events, (events.c.seq == intents.c.closed_seq) & (intents.c.state == "failed"))
    .where(intents.c.job_id.in_(bindparam("some", expanding=True)))
    .order_by(intents.c.seq)
)


def last_failures(ledger: Ledger, target: str, job_ids: Sequence[str]) -> dict[str, Failure]:
    """Of each of these jobs of a target whose latest deletion failed, that failure.

    Rows of other targets are passed over here: asked for in the query, the target would be taken for the narrower condition, and
    all that it ever deleted be read once for every 500 jobs.
    """
    found = dict[str, Failure | None]()
    with ledger.reading() as connection:
        for start in range(0, len(job_ids), AT_ONCE):
            for row in connection.execute(_TOLD, {"some": list(job_ids[start : start + AT_ONCE])}):
                if row.target != target:
                    continue
                code = None if row.body is None else str(json.loads(row.body).get("reason_code"))
                found[row.job_id] = None if code is None else Failure(seq=row.closed_seq, reason_code=code)
    return {job_id: failure for job_id, failure in found.items() if failure is not None}
