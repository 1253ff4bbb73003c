"""Owns what one selecting policy says of one job: keep it, let it go, or cannot tell."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from janitor.core.duration import format_age, format_duration
from janitor.core.job import Job, is_in_order, is_plausible
from janitor.core.verdict import Reason
from janitor.retention.marks import Marks
from janitor.retention.policy import Policy, Rules, Since


class Ballot(StrEnum):
    """The three things a policy can say; any keep wins, then any cannot-tell."""

    KEEP = "keep"
    CANNOT_TELL = "cannot_tell"
    LET_GO = "let_go"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One policy's ballot and reason; `eligible_at` is when it lets the job go if nothing changes, None if never or unknown."""

    policy: Policy
    ballot: Ballot
    reason: Reason
    eligible_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wait:
    """How long after which of its times a job stays; `asks` says who wants that."""

    since: Since
    length: timedelta
    code: str
    asks: str


def cast_vote(policy: Policy, job: Job, rules: Rules, marks: Marks, as_of: datetime) -> Vote:
    """Ask one policy that selects the job; the first line that applies answers.

    1. `except` hits: keep. 2. Younger than the policy or `min_age` asks: keep. 3. `except` or a time cannot be told: cannot
    tell. 4. Let go.
    """
    excepted = policy.except_.match_any(job) if policy.except_ else False
    if excepted:
        return _vote(policy, Ballot.KEEP, "excepted", f"policy {policy.name} excepts it")
    own = _own_wait(policy, marks)
    waits = [own, _Wait(since=Since.FINISHED, length=rules.min_age, code="min_age", asks="min_age is")]
    if (young := _youth(policy, job, waits, as_of)) is not None:
        return young
    if excepted is None:
        return _vote(policy, Ballot.CANNOT_TELL, "except_unknown", f"whether policy {policy.name} excepts it cannot be told")
    if (doubt := doubtful_time(job, policy.since, as_of)) is not None:
        return _vote(policy, Ballot.CANNOT_TELL, "time_unknown", doubt)
    eligible_at = _eligible_at(job, waits)
    age = as_of - (policy.since.time_of(job) or as_of)
    text = f"{policy.since} {format_age(age)} ago, and policy {policy.name} lets it go after {format_duration(own.length)}"
    return Vote(policy=policy, ballot=Ballot.LET_GO, reason=Reason(code="expired", text=text), eligible_at=eligible_at)


def doubtful_time(job: Job, since: Since, as_of: datetime) -> str | None:
    """Say which time of the job cannot be believed, or None when all three can, each and together.

    The start counts whatever a policy asks for: the end is derived from it, so a wrong one makes a fresh job ancient.
    """
    known = dict[Since, datetime]()
    for needed in (Since.CREATED, since, Since.FINISHED, Since.STARTED):
        time = needed.time_of(job)
        if time is None:
            return f"when it was {needed} is not known"
        if not is_plausible(time, as_of):
            return f"it claims to have been {needed} at {time.isoformat()}, which cannot be"
        known[needed] = time
    for earlier, later in pairwise((Since.CREATED, Since.STARTED, Since.FINISHED)):
        if not is_in_order(known[earlier], known[later]):
            claims = f"{earlier} at {known[earlier].isoformat()}, but {later} at {known[later].isoformat()}"
            return f"its times contradict each other: {claims}"
    return None


def _own_wait(policy: Policy, marks: Marks) -> _Wait:
    """What the policy asks for, or the owner's ttl where that is longer."""
    length, asks = policy.after, f"policy {policy.name} waits"
    if marks.ttl is not None and marks.ttl > length:
        length, asks = marks.ttl, f"with {marks.ttl_by} policy {policy.name} waits"
    return _Wait(since=policy.since, length=length, code="too_young", asks=asks)


def _youth(policy: Policy, job: Job, waits: list[_Wait], as_of: datetime) -> Vote | None:
    for wait in waits:
        time = wait.since.time_of(job)
        if time is None or not is_plausible(time, as_of) or as_of - time >= wait.length:
            continue
        age = format_age(max(as_of - time, timedelta(0)))
        known = doubtful_time(job, policy.since, as_of) is None
        reason = Reason(code=wait.code, text=f"{wait.since} {age} ago, and {wait.asks} {format_duration(wait.length)}")
        return Vote(policy=policy, ballot=Ballot.KEEP, reason=reason, eligible_at=_eligible_at(job, waits) if known else None)
    return None


def _eligible_at(job: Job, waits: list[_Wait]) -> datetime:
    return max(time + wait.length for wait in waits if (time := wait.since.time_of(job)) is not None)


def _vote(policy: Policy, ballot: Ballot, code: str, text: str) -> Vote:
    return Vote(policy=policy, ballot=ballot, reason=Reason(code=code, text=text))
