"""Owns whether the times of a job can be believed, each alone and all together."""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from operator import attrgetter

from janitor.core.job import Job, is_in_order, is_plausible
from janitor.retention.past import NO_PAST, Past
from janitor.retention.policy import Since

Reader = Callable[[Job], datetime | None]


def reader_of(since: Since, past: Past) -> Reader:
    """What reads the instant from which an age is counted; it answers None where that is not known."""
    return past.finish_of if since is Since.FINISHED else attrgetter(f"{since}_at")


def doubtful_time(job: Job, since: Since, as_of: datetime, past: Past = NO_PAST) -> str | None:
    """Say which time of the job cannot be believed, or None when all that it must have can, each and together.

    The start counts whatever a policy asks for: the end is derived from it, so a wrong one makes a fresh job ancient. Only of a
    job that certainly never started there is none; it ended when a sweep first saw it in a terminal phase.
    """
    known = dict[Since, datetime]()
    for needed in dict.fromkeys((Since.CREATED, since, Since.FINISHED, *(() if job.never_started else (Since.STARTED,)))):
        time = reader_of(needed, past)(job)
        if time is None:
            return _untold(job, needed)
        if not is_plausible(time, as_of):
            return f"it claims to have been {needed} at {time.isoformat()}, which cannot be"
        known[needed] = time
    for earlier, later in pairwise(each for each in Since if each in known):
        if not is_in_order(known[earlier], known[later]):
            claims = f"{earlier} at {known[earlier].isoformat()}, but {later} at {known[later].isoformat()}"
            return f"its times contradict each other: {claims}"
    return None


def _untold(job: Job, needed: Since) -> str:
    if job.never_started and needed is Since.FINISHED:
        return "it never started, and no sweep has seen it ended before; from the next one on that is when it ended"
    if job.never_started and needed is Since.STARTED:
        return "it never started"
    return f"when it was {needed} is not known"
