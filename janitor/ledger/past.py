"""Owns the reading of a target's past: which jobs are marked to go, which leave or have left, when some were first seen ended."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, func, select

from janitor.core import events as names
from janitor.core.canonical import parse_timestamp, timestamp
from janitor.core.errors import LedgerError
from janitor.core.job import Job
from janitor.ledger.jobs import identity_of
from janitor.ledger.notices import Hearers, Notices, add_notices
from janitor.ledger.older import Columns, columns_of, has_table
from janitor.ledger.schema import IS_OPEN, events, intents, jobs, marks
from janitor.ledger.store import Ledger
from janitor.retention.past import NO_PAST, Key, Mark, Past, key_of

AT_ONCE = 500
"""Jobs asked about at once."""
_GONE = tuple(name.partition(".")[2] for name in (names.DELETION_CONFIRMED, names.DELETION_ALREADY_GONE))


STILL_SHOWN = timedelta(hours=24)
"""So long a listing may show a job that is proven to be gone."""
LONGEST_OPEN = timedelta(days=30)
"""An intent that nobody looked after for longer is not asked about once it is closed: the job went long ago."""


def read_past(
    ledger: Ledger | None, target: str, listed: Sequence[Job], as_of: datetime, owners: Collection[str] | None = None
) -> Past:
    """The marks of a target, its jobs that leave or left within 24 hours, and when those listed that never started ended.

    A ledger that does not exist yet knows none of it; one of an older version, opened for reading, only which jobs leave or left.
    `owners` are those who have a channel of their own: of their jobs, only what was told there counts as told. Without them, and
    of a job that is not listed, it is not read who was told. Raises LedgerError where any of it cannot be read: a mark passed
    over would begin its job's grace period anew, a wrong one would end it early.
    """
    if ledger is None:
        return NO_PAST
    with ledger.reading() as connection:
        try:
            past = Past(leaving=frozenset(_leaving(connection, target, as_of)))
            if not has_table(connection, marks):
                return past
            never_started = (job for job in listed if job.never_started)
            first_seen = dict(_sightings(connection, target, never_started))
            marked = dict(_marks(connection, target))
            if marked and owners is not None:
                before = connection.execute(_BEFORE_MARKS, {"its_target": target}).scalar()
                hearers = {key: who for key, who in _hearers(ledger, listed, owners) if key in marked}
                marked = add_notices(connection, Notices(target=target, after=before or 0, hearers=hearers), marked)
            return replace(past, first_seen=first_seen, marks=marked)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise LedgerError(f"what the ledger knows of target {target} cannot be read: {error!r}") from error


def _hearers(ledger: Ledger, listed: Sequence[Job], owners: Collection[str]) -> Iterator[tuple[Key, Hearers]]:
    """Who must have been told of each job's mark: its owner alone where they have a channel, else anybody who hears of all jobs.

    What another owner was told, as of a job that is not theirs any more, counts for nobody. An owner is looked for as written.
    """
    for job in listed:
        themselves = None if job.owner is None else ledger.clean(job.owner)
        yield key_of(job), frozenset({themselves} if job.owner in owners else {themselves, None})


def _leaving(connection: Connection, target: str, as_of: datetime) -> Iterator[str]:
    """The jobs with an open intent, and those of which an event of the last 24 hours says that they are gone.

    What was intended before that time had its number before any such event had one.
    """
    since = as_of - STILL_SHOWN
    yield from connection.execute(_OPEN, {"its_target": target}).scalars()
    given = {"its_target": target, "since": timestamp(since), "earliest": timestamp(as_of - LONGEST_OPEN)}
    for job_id, body in connection.execute(_RECENT, given):
        if parse_timestamp(json.loads(body)["at"]) > since:
            yield job_id


_is_of_target = intents.c.target == bindparam("its_target")
_OPEN = select(intents.c.job_id).where(_is_of_target & IS_OPEN)
_is_before = _is_of_target & (intents.c.at <= bindparam("since"))
_BEFORE = select(intents.c.seq).where(_is_before).order_by(intents.c.at.desc()).limit(1)
_is_recent = intents.c.closed_seq > func.coalesce(_BEFORE.scalar_subquery(), 0)
_is_recent &= intents.c.at > bindparam("earliest")
_RECENT = (
    select(intents.c.job_id, events.c.body)
    .join(events, events.c.seq == intents.c.closed_seq)
    .where(_is_of_target & _is_recent & intents.c.state.in_(_GONE))
)
_MARKS = (
    select(marks, events.c.body)
    .outerjoin(events, events.c.seq == marks.c.seq)
    .where(marks.c.target == bindparam("its_target"))
    .order_by(marks.c.seq)
    .execution_options(yield_per=AT_ONCE)
)

_FIRST_MARK = select(func.min(marks.c.marked_at)).where(marks.c.target == bindparam("its_target"))
_BEFORE_MARKS = (
    select(intents.c.seq)
    .where(_is_of_target & (intents.c.at <= _FIRST_MARK.scalar_subquery()))
    .order_by(intents.c.at.desc())
    .limit(1)
)
"""The number of an event before the first mark, and so before every notice of one: the number of a mark's own last event is that
of its lengthening, too."""


@cache
def _sightings_query(columns: Columns) -> Executable:
    is_asked = (jobs.c.target == bindparam("its_target")) & jobs.c.job_id.in_(bindparam("some", expanding=True))
    return select(*columns).where(is_asked)


def _sightings(connection: Connection, target: str, unstarted: Iterator[Job]) -> Iterator[tuple[Key, datetime]]:
    """When each was first seen in the very state in which it is now; nothing of a job that has changed since."""
    while some := {identity["job_id"]: (job, identity) for job in islice(unstarted, AT_ONCE) for identity in [identity_of(job)]}:
        given = {"its_target": target, "some": list(some)}
        for row in connection.execute(_sightings_query(columns_of(connection, jobs)), given).mappings():
            job, identity = some[row["job_id"]]
            if row["first_seen_terminal"] is not None and all(row[name] == value for name, value in identity.items()):
                yield key_of(job), parse_timestamp(row["first_seen_terminal"])


def _marks(connection: Connection, target: str) -> Iterator[tuple[Key, Mark]]:
    """Each mark, by the event it is made of: what it says stands in the chain alone, where a change breaks a hash.

    That there is a mark, and which event is the last about it, is the table's word; `janitor audit verify` compares it.
    """
    for row in connection.execute(_MARKS, {"its_target": target}):
        event: dict[str, Any] = json.loads(row.body)
        if (event["event"], event["target"], event["job_id"]) != (names.JOB_MARKED, target, row.job_id):
            raise ValueError(f"event {row.seq} does not mark job {row.job_id}")
        key = event["job_id"], parse_timestamp(event["created_at"])
        yield key, Mark(since=parse_timestamp(event["marked_at"]), grace=timedelta(seconds=event["grace"]))
