"""Owns the decision about a job that a person names: it overrides what policies say, and nothing else that protects a job."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from janitor.core.duration import format_age, format_duration
from janitor.core.job import Job
from janitor.core.phase import TERMINAL, Phase
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.retention.evaluate import describe_doubt
from janitor.retention.hold import find_hold
from janitor.retention.marks import parse_marks
from janitor.retention.past import NO_PAST, Past
from janitor.retention.policy import Mode, Policy, Rules, Since
from janitor.retention.times import doubtful_time

MANUAL = "manual"
"""What stands in the audit log where the policy stands otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What protects a job from a person's word: a word for machines, a sentence, the verdict that it makes."""

    by: str
    text: str
    verdict: Verdict
    eligible_at: datetime | None = None


def evaluate_manual(job: Job, rules: Rules, reason: str, as_of: datetime, past: Past = NO_PAST) -> Decision:
    """Decide about a job named by a person; the first obstacle decides, and without any it is expired.

    1. A hold. 2. A mark of its owner. 3. Its phase. 4. Its workspace. 5. Its kind. 6. `min_age`, or times that cannot be
    told; one that never started ended when it was first seen ended. 7. A target or a selecting policy that only observes:
    `observers`, and never deleted. What cannot be told is an obstacle; of a policy that enforces, it need not be told whether
    it selects the job. No grace period is waited for.
    """
    for check in _CHECKS:
        obstacle = check(job, rules, as_of, past)
        if obstacle is not None:
            return _decision(
                job, Reason(code=obstacle.by, text=obstacle.text), obstacle.verdict, eligible_at=obstacle.eligible_at
            )
    sure, doubtful = _observing(job, rules)
    observers = sorted([*sure, *(["target"] if rules.mode is Mode.OBSERVE else [])])
    if observers:
        why = Reason(code="mode", text=f"{', '.join(observers)} only observes")
        return _decision(job, why, Verdict.EXPIRED, observers=tuple(observers))
    if doubtful is not None:
        return _decision(job, Reason(code="mode", text=doubtful), Verdict.UNDECIDABLE)
    return _decision(job, Reason(code=MANUAL, text=f"deleted by hand: {reason}"), Verdict.EXPIRED)


def _observing(job: Job, rules: Rules) -> tuple[list[str], str | None]:
    """The observing policies that surely select a job; and what cannot be told of one that may, or None.

    A fallback selects nothing where another policy surely does, and may do so where that cannot be told of another.
    """
    fitting, fallbacks = (_fitting(job, rules, is_fallback=is_fallback) for is_fallback in (False, True))
    if any(answer for _, answer in fitting):
        fallbacks = []
    others = [describe_doubt(job, policy) for policy, _ in fitting]
    sure, doubts = list[str](), list[str]()
    for policy, answer in (each for each in (*fitting, *fallbacks) if each[0].mode is Mode.OBSERVE):
        if answer is None:
            doubts.append(f"{describe_doubt(job, policy)}; and policy {policy.name} only observes")
        elif policy.fallback and others:
            doubts.append(f"{min(others)}; else fallback {policy.name} selects it, which only observes")
        else:
            sure.append(policy.name)
    return sure, min(doubts, default=None)


def _fitting(job: Job, rules: Rules, *, is_fallback: bool) -> list[tuple[Policy, bool | None]]:
    """The policies that select a job, or of which that cannot be told."""
    asked = [(policy, policy.match.match_all(job)) for policy in rules.policies if policy.fallback is is_fallback]
    return [each for each in asked if each[1] is not False]


def _hold(job: Job, rules: Rules, as_of: datetime, _past: Past) -> Obstacle | None:
    hold = find_hold(job, rules.holds, as_of)
    return None if hold is None else Obstacle(by="hold", text=hold.text, verdict=Verdict.HELD)


def _mark(job: Job, _rules: Rules, _as_of: datetime, _past: Past) -> Obstacle | None:
    hold = parse_marks(job).hold
    return None if hold is None else Obstacle(by="mark", text=hold, verdict=Verdict.HELD)


def _phase(job: Job, _rules: Rules, _as_of: datetime, _past: Past) -> Obstacle | None:
    if Phase.UNKNOWN in job.phases:
        return Obstacle(by="phase", text="its phase is not one that janitor knows", verdict=Verdict.UNDECIDABLE)
    active = sorted(job.phases - TERMINAL)
    return Obstacle(by="phase", text=f"it is {active[0]}", verdict=Verdict.KEPT) if active else None


def _workspace(job: Job, rules: Rules, _as_of: datetime, _past: Past) -> Obstacle | None:
    if rules.workspaces is None or job.workspace in rules.workspaces:
        return None
    if not job.workspace:
        return Obstacle(by="workspace", text="which workspace it is in is not known", verdict=Verdict.UNDECIDABLE)
    return Obstacle(by="workspace", text="it is in a workspace that this target does not cover", verdict=Verdict.UNMANAGED)


def _kind(job: Job, rules: Rules, _as_of: datetime, _past: Past) -> Obstacle | None:
    """A job of a kind that no policy of the target names may be anything: a pipeline's part, a service."""
    named = frozenset({"job"}).union(*(policy.match.kind or () for policy in rules.policies))
    if not job.kind:
        return Obstacle(by="kind", text="its kind is not known", verdict=Verdict.UNDECIDABLE)
    text = f"its kind is {job.kind}, which no policy of this target names"
    return None if job.kind in named else Obstacle(by="kind", text=text, verdict=Verdict.UNMANAGED)


def _age(job: Job, rules: Rules, as_of: datetime, past: Past) -> Obstacle | None:
    doubt, finished = doubtful_time(job, Since.FINISHED, as_of, past), past.finish_of(job)
    if doubt is not None or finished is None:
        return Obstacle(by="min_age", text=f"{doubt}, so its age cannot be told", verdict=Verdict.UNDECIDABLE)
    marks = parse_marks(job)
    ttl = marks.ttl or timedelta(0)
    by, wait, asks = ("mark", ttl, marks.ttl_by) if ttl > rules.min_age else ("min_age", rules.min_age, "min_age")
    if as_of - finished >= wait:
        return None
    age = format_age(max(as_of - finished, timedelta(0)))
    seen = "never started, and first seen ended" if job.never_started else "finished"
    text = f"{seen} {age} ago, and {asks} asks for {format_duration(wait)}"
    return Obstacle(by=by, text=text, verdict=Verdict.KEPT, eligible_at=finished + wait)


_CHECKS: tuple[Callable[[Job, Rules, datetime, Past], Obstacle | None], ...] = (_hold, _mark, _phase, _workspace, _kind, _age)


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
