"""Owns what a sweep expects of jobs that are held: until when by time alone, and whether it can be told that they are."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from janitor.core.job import Job
from janitor.core.verdict import Decision, Verdict
from janitor.retention.change import end_of
from janitor.retention.decisions import Decisions
from janitor.retention.evaluate import HELD, evaluate_all
from janitor.retention.hold import HOLD, HOLD_ENDED, HOLD_UNKNOWN, Hold
from janitor.retention.marks import parse_marks
from janitor.retention.past import Past
from janitor.retention.policy import Rules


def expect_released(decisions: Decisions, rules: Rules, as_of: datetime, past: Past) -> dict[str, datetime]:
    """When jobs go, by their ids, that are held until a day of which everybody knows: holds that end are no surprise.

    That is 24 hours after the last day of the last hold that covers the job, or later, where the policies let it go later then.
    A job that a hold without an end covers, or its owner's mark, is not among them.
    """
    ends = dict(_ends(decisions, rules))
    if not ends:
        return {}
    has_ranks = any(policy.keep is not None for policy in rules.policies)
    jobs = [job for job in decisions.jobs if has_ranks or job.id in ends]
    without = evaluate_all(jobs, replace(rules, holds=()), as_of, past)
    freed = ((ends[job.id], without[place]) for place, job in enumerate(jobs) if job.id in ends)
    return {each.job.id: max(end + each.grace, each.eligible_at) for end, each in freed if each.eligible_at is not None}


def is_doubtful(decision: Decision) -> bool:
    """Whether nothing was decided about a job but that something could not be told: undecidable, or held for that alone."""
    if decision.verdict is not Verdict.HELD:
        return decision.verdict is Verdict.UNDECIDABLE
    job = decision.job
    if decision.reason.code != HELD:
        return decision.reason.code == HOLD_UNKNOWN
    return parse_marks(replace(job, labels=job.labels or (), description=job.description or "")).hold is None


def _ends(decisions: Decisions, rules: Rules) -> Iterator[tuple[str, datetime]]:
    """The jobs that holds cover which all have an end, each with the last of these."""
    if all(end_of(hold) is None for hold in rules.holds):
        return
    for place, job in enumerate(decisions.jobs):
        ruling = decisions.ruling(place)
        if ruling.verdict is Verdict.HELD and ruling.code in (HOLD, HOLD_ENDED):
            end = _last_end(job, rules.holds)
            if end is not None:
                yield job.id, end


def _last_end(job: Job, holds: tuple[Hold, ...]) -> datetime | None:
    ends = [end_of(hold) for hold in holds if hold.covers(job) is not False]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None
