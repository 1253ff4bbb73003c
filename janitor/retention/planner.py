"""Owns the step from decisions to a plan: what is observed, what the pace lets through, and what waits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from janitor.core.fingerprint import fingerprint
from janitor.core.plan import Outcome, Plan, SetAside
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.retention.decisions import of_verdicts

NOT_IN_PLAN = Reason(code="not_in_plan", text="the plan that is applied does not have it; it waits for a sweep or another plan")
CHANGED = Reason(code="changed", text="since the plan was made, its identity or a field that is read of it changed")


Rank = tuple[int, int]
"""The place of a job among those whose latest deletion failed: the smaller goes first."""
_NEVER_FAILED: Rank = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many jobs a target may lose: in one sweep, and in any 24 hours counted on intents. 0 means none."""

    per_sweep: int = 200
    per_day: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a plan is built for; `allowance` is what the pace leaves now, `only` the policies that `--policy` names."""

    target: str
    as_of: datetime
    policy_digest: str
    allowance: int
    only: frozenset[str] = frozenset()
    open_jobs: frozenset[str] = frozenset()
    """Jobs whose earlier deletion is still open: they are not planned again."""
    frozen: Mapping[str, str] | None = None
    """Where a frozen plan is applied: the fingerprint of each of its jobs, by id. No other job is planned."""
    compared: tuple[str, ...] = ()
    """The fields that these fingerprints are of."""
    stuck: Mapping[str, Reason] = field(default_factory=dict)
    """Of these, why one has been open for too long."""
    failed: Mapping[str, Rank] = field(default_factory=dict)
    """Jobs whose latest deletion failed, and their order: each of them comes after all others, whatever its age."""
    unarchived: Mapping[str, Reason] = field(default_factory=dict)
    """Policies, by name, whose required archive cannot take a file now, and why."""


def allowance(pace: Pace, intents_today: int) -> int:
    """How many deletions the pace leaves, given the intents of the last 24 hours; never negative."""
    return max(0, min(pace.per_sweep, pace.per_day - intents_today))


def build_plan(decisions: Iterable[Decision], frame: Frame) -> Plan:
    """Take the expired jobs up to the allowance, and set the others aside with their reason.

    The oldest come first, and after all of them those whose latest deletion failed: before the pace takes its share, or jobs
    that cannot be deleted would use it up in every sweep.
    """
    expired = sorted(of_verdicts(decisions, Verdict.EXPIRED), key=_age_order)
    set_aside = [aside for decision in expired if (aside := _set_aside(decision, frame)) is not None]
    aside_ids = {aside.decision.job.id for aside in set_aside}
    free = [decision for decision in expired if decision.job.id not in aside_ids]
    free.sort(key=lambda decision: frame.failed.get(decision.job.id, _NEVER_FAILED))
    waiting = Reason(code="pace", text="the pace lets no more through now; it waits for a later sweep")
    deferred = [SetAside(decision=d, outcome=Outcome.DEFERRED, reason=waiting) for d in free[frame.allowance :]]
    return Plan(
        target=frame.target,
        as_of=frame.as_of,
        policy_digest=frame.policy_digest,
        entries=tuple(free[: frame.allowance]),
        set_aside=(*set_aside, *deferred),
    )


def _set_aside(decision: Decision, frame: Frame) -> SetAside | None:
    if decision.observers:
        text = f"it would be deleted, but {', '.join(decision.observers)} only observes"
        return SetAside(decision=decision, outcome=Outcome.OBSERVED, reason=Reason(code="observed", text=text))
    if frame.only and frame.only.isdisjoint(decision.policies):
        reason = Reason(code="narrowed", text="--policy leaves it out of this sweep")
        return SetAside(decision=decision, outcome=Outcome.DEFERRED, reason=reason)
    if decision.job.id in frame.open_jobs:
        unsettled = Reason(code="open_intent", text="an earlier deletion of it is not settled yet")
        reason = frame.stuck.get(decision.job.id, unsettled)
        return SetAside(decision=decision, outcome=Outcome.DEFERRED, reason=reason)
    held = None if frame.frozen is None else _hold_to(frame.frozen, decision, frame)
    return held or _wait_for_archive(decision, frame)


def _wait_for_archive(decision: Decision, frame: Frame) -> SetAside | None:
    """What no archive would take before its request waits without using up the pace of others."""
    reason = next((frame.unarchived[name] for name in decision.policies if name in frame.unarchived), None)
    return None if reason is None else SetAside(decision=decision, outcome=Outcome.DEFERRED, reason=reason)


def _hold_to(frozen: Mapping[str, str], decision: Decision, frame: Frame) -> SetAside | None:
    """A frozen plan can only shrink: what it does not have waits, what is not the same job any more is left alone."""
    if decision.job.id not in frozen:
        return SetAside(decision=decision, outcome=Outcome.DEFERRED, reason=NOT_IN_PLAN)
    if fingerprint(decision.job, frame.compared) != frozen[decision.job.id]:
        return SetAside(decision=decision, outcome=Outcome.SKIPPED, reason=CHANGED)
    return None


def _age_order(decision: Decision) -> tuple[datetime, str]:
    created_at = decision.job.created_at
    if created_at is None:
        raise ValueError(f"job {decision.job.id} expired without a creation time")
    return created_at, decision.job.id
