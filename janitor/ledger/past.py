"""Owns the reading of a target's past: which jobs are marked to go, and when those that never started were first seen ended."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, inspect, select

from janitor.core import events as names
from janitor.core.canonical import parse_timestamp
from janitor.core.errors import LedgerError
from janitor.core.job import Job
from janitor.ledger.jobs import identity_of
from janitor.ledger.schema import events, intents, jobs, marks
from janitor.ledger.store import Ledger
from janitor.retention.past import NO_PAST, Key, Mark, Past, key_of

AT_ONCE = 500
"""Jobs asked about at once."""


def read_past(ledger: Ledger | None, target: str, listed: Iterable[Job]) -> Past:
    """The marks of a target, its deletions under way, and when those listed that never started were first seen ended.

    Of a ledger that does not exist yet, or is of an older version and opened for reading, no such thing is known. Raises
    LedgerError where any of it cannot be read: a mark passed over would begin its job's grace period anew, a wrong one would
    end it early.
    """
    if ledger is None:
        return NO_PAST
    with ledger.reading() as connection:
        leaving = select(intents.c.job_id).where((intents.c.target == target) & intents.c.is_open)
        past = Past(leaving=frozenset(connection.execute(leaving).scalars()))
        if not inspect(connection).has_table(marks.name):
            return past
        try:
            never_started = (job for job in listed if job.never_started)
            first_seen = dict(_sightings(connection, target, never_started))
            return replace(past, first_seen=first_seen, marks=dict(_marks(connection, target)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise LedgerError(f"what the ledger knows of target {target} cannot be read: {error!r}") from error


def _sightings(connection: Connection, target: str, unstarted: Iterator[Job]) -> Iterator[tuple[Key, datetime]]:
    """When each was first seen in the very state in which it is now; nothing of a job that has changed since."""
    while some := {identity["job_id"]: (job, identity) for job in islice(unstarted, AT_ONCE) for identity in [identity_of(job)]}:
        query = select(jobs).where((jobs.c.target == target) & jobs.c.job_id.in_(some))
        for row in connection.execute(query).mappings():
            job, identity = some[row["job_id"]]
            if row["first_seen_terminal"] is not None and all(row[name] == value for name, value in identity.items()):
                yield key_of(job), parse_timestamp(row["first_seen_terminal"])


def _marks(connection: Connection, target: str) -> Iterator[tuple[Key, Mark]]:
    """Each mark, by the event it is made of: what it says stands in the chain alone, where a change breaks a hash.

    That there is a mark, and which event is the last about it, is the table's word; `janitor audit verify` compares it.
    """
    query = select(marks, events.c.body).outerjoin(events, events.c.seq == marks.c.seq).where(marks.c.target == target)
    for row in connection.execute(query.order_by(marks.c.seq), execution_options={"yield_per": AT_ONCE}):
        event: dict[str, Any] = json.loads(row.body)
        if (event["event"], event["target"], event["job_id"]) != (names.JOB_MARKED, target, row.job_id):
            raise ValueError(f"event {row.seq} does not mark job {row.job_id}")
        key = event["job_id"], parse_timestamp(event["created_at"])
        yield key, Mark(since=parse_timestamp(event["marked_at"]), grace=timedelta(seconds=event["grace"]))
