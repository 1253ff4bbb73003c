"""Owns the decision about a job that a person names: it overrides what policies say, and nothing else that protects a job."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from janitor.core.duration import format_age, format_duration
from janitor.core.job import Job
from janitor.core.phase import TERMINAL, Phase
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.retention.evaluate import select_policies
from janitor.retention.hold import find_hold
from janitor.retention.marks import parse_marks
from janitor.retention.policy import Mode, Rules, Since
from janitor.retention.vote import doubtful_time

MANUAL = "manual"
"""What stands in the audit log where the policy stands otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What protects a job from a person's word: a word for machines, a sentence, the verdict that it makes."""

    by: str
    text: str
    verdict: Verdict
    eligible_at: datetime | None = None


def evaluate_manual(job: Job, rules: Rules, reason: str, as_of: datetime) -> Decision:
    """Decide about a job named by a person; the first obstacle decides, and without any it is expired.

    1. A hold. 2. A mark of its owner. 3. Its phase. 4. Its workspace. 5. Its kind. 6. `min_age`, or times that cannot be
    told. 7. A target or a selecting policy that only observes: `observers`, and never deleted. What cannot be told is an
    obstacle.
    """
    for check in _CHECKS:
        obstacle = check(job, rules, as_of)
        if obstacle is not None:
            return _decision(
                job, Reason(code=obstacle.by, text=obstacle.text), obstacle.verdict, eligible_at=obstacle.eligible_at
            )
    selecting = select_policies(job, rules)
    if isinstance(selecting, Reason):
        text = f"{selecting.text}, so it cannot be told whether one that only observes does"
        return _decision(job, Reason(code="mode", text=text), Verdict.UNDECIDABLE)
    observers = [policy.name for policy in selecting if policy.mode is Mode.OBSERVE]
    observers += ["target"] if rules.mode is Mode.OBSERVE else []
    if observers:
        why = Reason(code="mode", text=f"{', '.join(sorted(observers))} only observes")
        return _decision(job, why, Verdict.EXPIRED, observers=tuple(sorted(observers)))
    return _decision(job, Reason(code=MANUAL, text=f"deleted by hand: {reason}"), Verdict.EXPIRED)


def _hold(job: Job, rules: Rules, as_of: datetime) -> Obstacle | None:
    hold = find_hold(job, rules.holds, as_of)
    return None if hold is None else Obstacle(by="hold", text=hold.text, verdict=Verdict.HELD)


def _mark(job: Job, _rules: Rules, _as_of: datetime) -> Obstacle | None:
    hold = parse_marks(job).hold
    return None if hold is None else Obstacle(by="mark", text=hold, verdict=Verdict.HELD)


def _phase(job: Job, _rules: Rules, _as_of: datetime) -> Obstacle | None:
    if Phase.UNKNOWN in job.phases:
        return Obstacle(by="phase", text="its phase is not one that janitor knows", verdict=Verdict.UNDECIDABLE)
    active = sorted(job.phases - TERMINAL)
    return Obstacle(by="phase", text=f"it is {active[0]}", verdict=Verdict.KEPT) if active else None


def _workspace(job: Job, rules: Rules, _as_of: datetime) -> Obstacle | None:
    if rules.workspaces is None or job.workspace in rules.workspaces:
        return None
    if not job.workspace:
        return Obstacle(by="workspace", text="which workspace it is in is not known", verdict=Verdict.UNDECIDABLE)
    return Obstacle(by="workspace", text="it is in a workspace that this target does not cover", verdict=Verdict.UNMANAGED)


def _kind(job: Job, rules: Rules, _as_of: datetime) -> Obstacle | None:
    """A job of a kind that no policy of the target names may be anything: a pipeline's part, a service."""
    named = frozenset({"job"}).union(*(policy.match.kind or () for policy in rules.policies))
    if not job.kind:
        return Obstacle(by="kind", text="its kind is not known", verdict=Verdict.UNDECIDABLE)
    text = f"its kind is {job.kind}, which no policy of this target names"
    return None if job.kind in named else Obstacle(by="kind", text=text, verdict=Verdict.UNMANAGED)


def _age(job: Job, rules: Rules, as_of: datetime) -> Obstacle | None:
    doubt = doubtful_time(job, Since.FINISHED, as_of)
    if doubt is not None or job.finished_at is None:
        return Obstacle(by="min_age", text=f"{doubt}, so its age cannot be told", verdict=Verdict.UNDECIDABLE)
    marks = parse_marks(job)
    ttl = marks.ttl or timedelta(0)
    by, wait, asks = ("mark", ttl, marks.ttl_by) if ttl > rules.min_age else ("min_age", rules.min_age, "min_age")
    if as_of - job.finished_at >= wait:
        return None
    age = format_age(max(as_of - job.finished_at, timedelta(0)))
    text = f"finished {age} ago, and {asks} asks for {format_duration(wait)}"
    return Obstacle(by=by, text=text, verdict=Verdict.KEPT, eligible_at=job.finished_at + wait)


_CHECKS: tuple[Callable[[Job, Rules, datetime], Obstacle | None], ...] = (_hold, _mark, _phase, _workspace, _kind, _age)


def _decision(
    job: Job, reason: Reason, verdict: Verdict, *, observers: tuple[str, ...] = (), eligible_at: datetime | None = None
) -> Decision:
    return Decision(
        job=job,
        verdict=verdict,
        reason=reason,
        policy=MANUAL,
        policies=(MANUAL,),
        observers=observers,
        eligible_at=eligible_at,
    )
