"""Owns what the chain says of notices: which marks somebody was told of, and when; there is no table of it to be changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, select

from janitor.core import events as names
from janitor.core.canonical import parse_timestamp
from janitor.ledger.schema import events
from janitor.retention.past import Key, Mark

_FRAGMENT = f'"event":"{names.NOTICE_DELIVERED}"'
_DELIVERED = (
    select(events.c.body)
    .where((events.c.seq > bindparam("after")) & events.c.body.contains(_FRAGMENT, autoescape=True))
    .order_by(events.c.seq)
    .execution_options(yield_per=1000)
)


Hearers = frozenset[str | None]
"""Of whose channels a delivery counts as a notice of a job: the owners', by their names; None is any that hears of all jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Which notices are looked for: those of a target behind event number `after`, of jobs with these hearers; of others none."""

    target: str
    after: int
    hearers: Mapping[Key, Hearers]


def add_notices(connection: Connection, wanted: Notices, marks: Mapping[Key, Mark]) -> dict[Key, Mark]:
    """The marks, each with the time of the first notice of that very mark that counts; one of an earlier mark of its job is none.

    Only events behind number `after` are read, so that must be before the first of these marks. Raises ValueError, TypeError or
    KeyError for an event that is not one of ours.
    """
    told, target = dict(marks), wanted.target
    for body in connection.execute(_DELIVERED, {"after": wanted.after}).scalars():
        event = json.loads(body)
        if (event["event"], event["target"]) == (names.NOTICE_DELIVERED, target):
            _tell(told, event, wanted.hearers)
    return told


def _tell(marks: dict[Key, Mark], event: Mapping[str, Any], hearers: Mapping[Key, Hearers]) -> None:
    owner, at = event["owner"], parse_timestamp(event["at"])
    for job in event["jobs"]:
        key = job["job_id"], parse_timestamp(job["created_at"])
        mark, is_heard = marks.get(key), owner in hearers.get(key, ())
        if is_heard and mark is not None and mark.noticed_at is None and mark.since == parse_timestamp(job["marked_at"]):
            marks[key] = replace(mark, noticed_at=at)
