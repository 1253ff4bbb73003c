"""Owns the six verdicts and the decision that carries one, with its reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from janitor.core.job import Job


class Verdict(StrEnum):
    """What the policies say of one job; only `expired` can lead to a deletion."""

    KEPT = "kept"
    HELD = "held"
    UNMANAGED = "unmanaged"
    UNDECIDABLE = "undecidable"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why: a stable code for machines and one sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict for one job.

    `policy` is the one that decided, `policies` all that select the job, `observers` what keeps an expired job from being
    deleted because it only observes (policy names, or `target`), `eligible_at` when the job may go if nothing changes: None
    where that is not known, or never. `grace` is the longest grace period of the policies that let it go.
    """

    job: Job
    verdict: Verdict
    reason: Reason
    policy: str | None = None
    policies: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()
    eligible_at: datetime | None = None
    grace: timedelta = timedelta(0)
