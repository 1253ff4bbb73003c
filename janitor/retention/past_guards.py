"""Owns the guards that know the past: each compares what a sweep sees with what earlier ones saw.

All are pure and answer with a Refusal or None. None looks at what was acknowledged: who asks them does.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from janitor.core.job import CLOCK_TOLERANCE, Job, is_in_order, is_plausible
from janitor.core.plan import Refusal
from janitor.retention.history import History
from janitor.retention.jumps import check_deletions, check_policies
from janitor.retention.sight import Sight, is_new, refuse, told

CRASHES = 3
CRASH_WINDOW = timedelta(minutes=10)
FEW_JOBS = 3
"""Up to this many jobs with odd times are a few odd jobs, however small the listing."""


def check_past(sight: Sight, history: History) -> tuple[Refusal, ...]:
    """Every guard that trips, the first to name first."""
    return tuple(refusal for check in _GUARDS if (refusal := check(sight, history)) is not None)


def check_crash_loop(sight: Sight, history: History) -> Refusal | None:
    """Refuse when three sweeps that never ended began within 10 minutes of each other, since one last finished.

    A machine that dies of its own sweep must not go on for ever. It stays refused until somebody acknowledges it.
    """
    begun = sorted(history.unfinished)
    loops = [begun[place : place + CRASHES] for place in range(len(begun) - CRASHES + 1)]
    tight = [loop for loop in loops if loop[-1] - loop[0] <= CRASH_WINDOW]
    if not tight:
        return None
    text = (
        f"{CRASHES} sweeps of target {sight.target} that began from {told(tight[-1][0])} to {told(tight[-1][-1])} never "
        "recorded an end: killed, as by too little memory or a deadline, or their ledger could not be written; none has finished "
        f"since. Look at the end of the log, and at `janitor audit show --target {sight.quoted}`"
    )
    return refuse("crash_loop", sight, text, unfinished=len(begun))


def check_listing_shrank(sight: Sight, history: History) -> Refusal | None:
    """Refuse a listing of less than half of the jobs that the last good one leaves, once what was deleted is subtracted.

    It applies from the second sweep on, at any size, and to an empty plan too: nothing is concluded from what is not shown.
    Fewer workspaces are no reason where the policy file names none: then one that is not shown has vanished.
    """
    last, listed = history.whole, len(sight.jobs)
    if last is None or last.listed is None:
        return None
    if not sight.covers_all and not _is_listed_again(last.workspaces, sight.workspaces):
        return None
    if listed * 2 >= last.listed - history.gone_since:
        return None
    text = (
        f"the listing of target {sight.target} shows {listed} jobs; the last good one, of {told(last.started_at)}, showed "
        f"{last.listed}, and {history.gone_since} were deleted since. The platform may answer in part only, or the credentials "
        "see another project; look at `janitor doctor` and at the platform's own console"
    )
    return refuse("listing_shrank", sight, text, listed=listed, last_listed=last.listed, gone_since=history.gone_since)


def check_listing_grew(sight: Sight, history: History) -> Refusal | None:
    """Refuse a listing with more than twice as many old jobs as the last good one had jobs.

    Jobs that were created or that ended since then explain themselves, and so does one of which the platform does not tell when
    it ended. The others should have been in the earlier listing.
    """
    last, listed = history.whole, len(sight.jobs)
    if last is None or last.listed is None or not set(sight.workspaces) <= set(last.workspaces):
        return None
    since = last.started_at - CLOCK_TOLERANCE
    old = sum(job.finished_at is not None and not is_new(job, since) for job in sight.jobs)
    if old <= 2 * last.listed:
        return None
    text = (
        f"{old} of the {listed} jobs listed of target {sight.target} ended before the last good listing, of "
        f"{told(last.started_at)}, which showed only {last.listed}. The credentials may see another project, or jobs are shown "
        f"several times; look at `janitor doctor` and `janitor list --target {sight.quoted}`"
    )
    return refuse("listing_grew", sight, text, listed=listed, unexplained=old, last_listed=last.listed)


def check_ages(sight: Sight, _history: History) -> Refusal | None:
    """Refuse when the times of too many jobs cannot be, or are not what they were.

    They cannot be: before 2015, in the future or out of order; of more than half of the jobs listed. They are not what they
    were: created at another time, an end that went back or vanished; of more than a tenth of the jobs that were known before.
    Three such jobs are too few to tell. A time that is missing says nothing.
    """
    listed, known = len(sight.jobs), sight.known
    odd = sum(_is_impossible(job, sight.as_of) for job in sight.jobs)
    is_odd = odd > FEW_JOBS and odd * 2 > listed
    is_moved = known.moved > FEW_JOBS and known.moved * 10 > known.compared
    if not is_odd and not is_moved:
        return None
    text = (
        f"{odd} of {listed} jobs listed of target {sight.target} have times that cannot be (before 2015, in the future, out of "
        f"order), and {known.moved} of {known.compared} jobs known before have other times than then. The platform may tell "
        "times in another unit or time zone, or the ids are another project's; look at "
        f"`janitor list --target {sight.quoted}`"
    )
    return refuse("ages_implausible", sight, text, listed=listed, impossible=odd, compared=known.compared, moved=known.moved)


def _is_listed_again(before: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Whether what was listed then is listed now; a listing without any workspace is one of all, and empty."""
    return not now or set(before) <= set(now)


def _is_impossible(job: Job, as_of: datetime) -> bool:
    times = [time for time in (job.created_at, job.started_at, job.finished_at) if time is not None]
    is_each_possible = all(is_plausible(time, as_of) for time in times)
    return not (is_each_possible and all(is_in_order(earlier, later) for earlier, later in pairwise(times)))


_GUARDS = (check_crash_loop, check_listing_shrank, check_listing_grew, check_ages, check_policies, check_deletions)
