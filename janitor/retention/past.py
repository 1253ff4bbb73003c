"""Owns what deciding needs to know of a target's past: when jobs were first seen ended, and which are marked to go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from janitor.core.job import Job

Key = tuple[str, datetime | None]
"""A job's id and the time of its creation: another job of the same id has another past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A job's grace period: it began at `since`, and `grace` is the longest that any sweep asked for from then on.

    `noticed_at` is when it was first recorded that a notice of this mark had been delivered; None where none was.
    """

    since: datetime
    grace: timedelta
    noticed_at: datetime | None = None

    def deadline(self, grace: timedelta = timedelta(0)) -> datetime:
        """When the job may go, if this grace is asked for now and nobody has to be told."""
        return self.since + max(self.grace, grace)

    def noticed_deadline(self, grace: timedelta) -> datetime | None:
        """The same where somebody has to be told first: the period begins with the later of the two; None while nobody was."""
        if self.noticed_at is None:
            return None
        return max(self.since, self.noticed_at) + max(self.grace, grace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The facts of one target: `first_seen` tells when a sweep first saw a job in the terminal phase in which it still is.

    `leaving` are the ids of jobs whose deletion is under way, or was proven a short while ago: a listing may show them still.
    """

    first_seen: Mapping[Key, datetime] = field(default_factory=dict)
    marks: Mapping[Key, Mark] = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()

    def finish_of(self, job: Job) -> datetime | None:
        """When a job ended: as the platform tells, or first seen ended where it is certain that it never started."""
        return self.first_seen.get(key_of(job)) if job.never_started else job.finished_at

    def mark_of(self, job: Job) -> Mark | None:
        """The mark of a job, if it has one."""
        return self.marks.get(key_of(job))


NO_PAST = Past()


def key_of(job: Job) -> Key:
    """What a job's past is kept under."""
    return job.id, job.created_at
