"""Owns what the chain says of notices: which marks somebody was told of, and when; there is no table of it to be changed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

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


def add_notices(connection: Connection, target: str, marks: Mapping[Key, Mark], after: int) -> dict[Key, Mark]:
    """The marks, each with the time of the first notice of that very mark; one of an earlier mark of its job is none.

    Only events behind number `after` are read, so that must be before the first of these marks. Raises ValueError, TypeError or
    KeyError for an event that is not one of ours.
    """
    told = dict(marks)
    for body in connection.execute(_DELIVERED, {"after": after}).scalars():
        event = json.loads(body)
        if (event["event"], event["target"]) == (names.NOTICE_DELIVERED, target):
            _tell(told, event["jobs"], parse_timestamp(event["at"]))
    return told


def _tell(marks: dict[Key, Mark], jobs: Iterable[Mapping[str, str]], at: datetime) -> None:
    for job in jobs:
        key = job["job_id"], parse_timestamp(job["created_at"])
        mark = marks.get(key)
        if mark is not None and mark.noticed_at is None and mark.since == parse_timestamp(job["marked_at"]):
            marks[key] = replace(mark, noticed_at=at)
