"""Owns what one selecting policy says of one job: keep it, let it go, or cannot tell."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from janitor.core.duration import format_age, format_duration
from janitor.core.job import Job, is_plausible
from janitor.core.verdict import Reason
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


def cast_vote(policy: Policy, job: Job, rules: Rules, ttl: timedelta | None, as_of: datetime) -> Vote:
    """Ask one policy that selects the job; the first line that applies answers.

    1. `except` hits: keep. 2. Younger than the policy or `min_age` asks: keep. 3. `except` or a time cannot be told: cannot
    tell. 4. Let go.
    """
    excepted = policy.except_.match_any(job) if policy.except_ else False
    if excepted:
        return _vote(policy, Ballot.KEEP, "excepted", f"policy {policy.name} excepts it")
    after = policy.after if ttl is None else max(policy.after, ttl)
    waits = [(policy.since, after, "too_young"), (Since.FINISHED, rules.min_age, "min_age")]
    if (young := _youth(policy, job, waits, as_of)) is not None:
        return young
    if excepted is None:
        return _vote(policy, Ballot.CANNOT_TELL, "except_unknown", f"whether policy {policy.name} excepts it cannot be told")
    if (doubt := doubtful_time(job, policy.since, as_of)) is not None:
        return _vote(policy, Ballot.CANNOT_TELL, "time_unknown", doubt)
    eligible_at = _eligible_at(job, waits)
    age = as_of - (policy.since.time_of(job) or as_of)
    text = f"{policy.since} {format_age(age)} ago, and policy {policy.name} lets it go after {format_duration(after)}"
    return Vote(policy=policy, ballot=Ballot.LET_GO, reason=Reason(code="expired", text=text), eligible_at=eligible_at)


def doubtful_time(job: Job, since: Since, as_of: datetime) -> str | None:
    """Say which time of the job cannot be believed, or None when all that a deletion needs can."""
    for needed in (Since.CREATED, since, Since.FINISHED):
        time = needed.time_of(job)
        if time is None:
            return f"when it was {needed} is not known"
        if not is_plausible(time, as_of):
            return f"it claims to have been {needed} at {time.isoformat()}, which cannot be"
    return None


def _youth(policy: Policy, job: Job, waits: list[tuple[Since, timedelta, str]], as_of: datetime) -> Vote | None:
    for since, wait, code in waits:
        time = since.time_of(job)
        if time is None or not is_plausible(time, as_of) or as_of - time >= wait:
            continue
        asks = f"policy {policy.name} waits" if code == "too_young" else "min_age is"
        text = f"{since} {format_age(max(as_of - time, timedelta(0)))} ago, and {asks} {format_duration(wait)}"
        known = doubtful_time(job, policy.since, as_of) is None
        reason = Reason(code=code, text=text)
        return Vote(policy=policy, ballot=Ballot.KEEP, reason=reason, eligible_at=_eligible_at(job, waits) if known else None)
    return None


def _eligible_at(job: Job, waits: list[tuple[Since, timedelta, str]]) -> datetime:
    return max(time + wait for since, wait, _ in waits if (time := since.time_of(job)) is not None)


def _vote(policy: Policy, ballot: Ballot, code: str, text: str) -> Vote:
    return Vote(policy=policy, ballot=ballot, reason=Reason(code=code, text=text))
