"""Owns the look: a fresh reading of one job, compared with what the plan was made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from janitor.backends.narrow import Query
from janitor.backends.port import Backend
from janitor.core.errors import TURNED_AWAY, BackendError, Interrupted, JobNotFound
from janitor.core.job import Job, differing_fields
from janitor.core.seams import Clock
from janitor.core.verdict import Reason

FRESH_FOR_S = 10.0
"""A delete request leaves at most this many seconds after its look began."""


class Sight(StrEnum):
    """What a look showed."""

    SAME = "same"
    CHANGED = "changed"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    TURNED_AWAY = "turned_away"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look: `at` is when it began, in monotonic seconds; `seen` is what it saw, where that differs from the plan.
    `changed` are the fields for which it is CHANGED.

    A difference in what nothing reads leaves the sight SAME; a hold that comes later may read it. `document` is what the
    platform told of a job that is the same, until its tombstone is made of it.

    `query` is the narrow reading that showed the job, None for a GET by id; `canary` is a job outside the plan that it showed as
    well. `label_keys` are the labels that were read then, besides marks; None where all were.
    """

    sight: Sight
    at: float
    reason: Reason
    seen: Job | None = None
    document: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    query: Query | None = None
    canary: str | None = None
    label_keys: frozenset[str] | None = None
    changed: tuple[str, ...] = ()


def look_at(planned: Job, backend: Backend, clock: Clock, unread: frozenset[str] = frozenset()) -> Look:
    """Read a job again; only SAME allows a deletion. What is `unread` decides nothing, and is not compared."""
    at = clock.monotonic()
    try:
        fresh = backend.get_job(planned.id)
    except JobNotFound:
        return Look(sight=Sight.ABSENT, at=at, reason=Reason(code="vanished", text="it was gone before any request"))
    except Interrupted:
        return Look(sight=Sight.STOPPED, at=at, reason=INTERRUPTED)
    except TURNED_AWAY as error:
        reason = Reason(code=error.code, text=f"it could not be looked at: {error}")
        return Look(sight=Sight.TURNED_AWAY, at=at, reason=reason)
    except BackendError as error:
        reason = Reason(code="look_failed", text=f"it could not be looked at: {error}")
        return Look(sight=Sight.UNREADABLE, at=at, reason=reason)
    return compare(planned, fresh, at, unread)


def compare(planned: Job, fresh: Job, at: float, unread: frozenset[str]) -> Look:
    """The look that a fresh reading, begun at that time, is."""
    changed = differing_fields(planned, fresh, unread)
    if changed:
        what = ", ".join(changed)
        reason = Reason(code="changed", text=f"since it was listed, its {what} changed")
        return Look(sight=Sight.CHANGED, at=at, reason=reason, changed=changed)
    same = Reason(code="same", text="nothing changed since it was listed")
    seen = None if fresh == planned else replace(fresh, document=None)
    return Look(sight=Sight.SAME, at=at, reason=same, seen=seen, document=fresh.document)


INTERRUPTED = Reason(code="interrupted", text="the sweep was asked to stop")
