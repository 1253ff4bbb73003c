"""Owns the frozen plan of one target and the words for what became of each expired job."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from janitor.core.canonical import digest, timestamp
from janitor.core.verdict import Decision, Reason


class Outcome(StrEnum):
    """What became of an expired job; the first six are results of an attempt, the last four of none."""

    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    ALREADY_GONE = "already_gone"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"
    PLANNED = "planned"
    OBSERVED = "observed"
    DEFERRED = "deferred"
    REFUSED = "refused"


ATTEMPTED = tuple(Outcome)[:6]
NOT_ATTEMPTED = tuple(Outcome)[6:]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """An expired job that this plan does not delete, and why."""

    decision: Decision
    outcome: Outcome
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A limit, guard, pause or lock that refuses a target's plan whole: `by` names it, `message` says what to do.

    `facts` are the numbers of the message, for machines.
    """

    by: str
    message: str
    facts: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be deleted of one target, in order, and what of the expired is set aside; executed at most once."""

    target: str
    as_of: datetime
    policy_digest: str
    entries: tuple[Decision, ...]
    set_aside: tuple[SetAside, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over the target, the time, the policies and the identity of every entry, in order."""
        return digest(
            {
                "target": self.target,
                "as_of": timestamp(self.as_of),
                "policy_digest": self.policy_digest,
                "entries": [_identity(entry) for entry in self.entries],
            }
        )


def _identity(entry: Decision) -> dict[str, str | None]:
    job = entry.job
    created = None if job.created_at is None else timestamp(job.created_at)
    return {"id": job.id, "created_at": created, "name": job.name, "owner": job.owner, "policy": entry.policy}
