"""Owns the decision for one job: the seven lines of docs/policies.md, in their order; the first that applies decides."""

from collections.abc import Iterable
from datetime import datetime

from janitor.core.errors import Interrupted
from janitor.core.job import Job
from janitor.core.phase import TERMINAL, Phase
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.retention.hold import find_hold
from janitor.retention.marks import Marks, parse_marks
from janitor.retention.policy import Mode, Policy, Rules
from janitor.retention.vote import Ballot, Vote, cast_vote

EVALUATION_FAILED = "evaluation_failed"


def evaluate(job: Job, rules: Rules, as_of: datetime) -> Decision:
    """Decide about one job.

    1. A hold or its owner's mark covers it, or that cannot be told: held. 2. Its phase is active: kept; unknown:
    undecidable. 3. A policy cannot tell whether it selects the job: undecidable. 4. No policy, then no fallback, selects
    it: unmanaged. 5. Any selecting policy keeps it: kept; any cannot tell: undecidable. 6. All let go: expired.
    7. `observers` name what only observes.
    """
    marks = parse_marks(job)
    settled = _settle_unasked(job, marks, rules, as_of)
    if settled is not None:
        return settled
    selecting = select_policies(job, rules)
    if isinstance(selecting, Reason):
        return Decision(job=job, verdict=Verdict.UNDECIDABLE, reason=selecting)
    if not selecting:
        return _decision(job, Verdict.UNMANAGED, "unmanaged", "no policy selects it")
    votes = [cast_vote(policy, job, rules, marks, as_of) for policy in selecting]
    return _count(job, votes, rules)


def _settle_unasked(job: Job, marks: Marks, rules: Rules, as_of: datetime) -> Decision | None:
    """What needs no policy: a hold, an active or unknown phase, a workspace beyond the target's."""
    hold = find_hold(job, rules.holds, as_of) if rules.holds else None
    if hold is not None:
        return Decision(job=job, verdict=Verdict.HELD, reason=hold)
    if marks.hold is not None:
        return _decision(job, Verdict.HELD, "held", marks.hold)
    if Phase.UNKNOWN in job.phases:
        return _decision(job, Verdict.UNDECIDABLE, "unknown_phase", "its phase is not one that janitor knows")
    if active := sorted(job.phases - TERMINAL):
        return _decision(job, Verdict.KEPT, "active", f"it is {active[0]}")
    if rules.workspaces is not None and job.workspace and job.workspace not in rules.workspaces:
        return _decision(job, Verdict.UNMANAGED, "out_of_scope", "it is in a workspace that this target does not cover")
    return None


def evaluate_all(jobs: Iterable[Job], rules: Rules, as_of: datetime) -> list[Decision]:
    """Decide about each job, in the order given; one about which deciding fails is undecidable, and the others are decided."""
    return [_evaluate_or_keep(job, rules, as_of) for job in jobs]


def _evaluate_or_keep(job: Job, rules: Rules, as_of: datetime) -> Decision:
    """A defect may only ever keep a job; being asked to stop is none."""
    try:
        return evaluate(job, rules, as_of)
    except Interrupted:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever it is, the job is kept and the sweep is flagged
        text = f"deciding about it failed with {type(error).__name__}; please report this as a defect"
        return _decision(job, Verdict.UNDECIDABLE, EVALUATION_FAILED, text)


def select_policies(job: Job, rules: Rules) -> list[Policy] | Reason:
    """The policies that select a job, fallbacks only where no other does; a Reason where that cannot be told."""
    if rules.workspaces is not None and not job.workspace:
        return Reason(code="workspace_unknown", text="which workspace it is in is not known")
    for fallback in (False, True):
        asked = [(policy, policy.match.match_all(job)) for policy in rules.policies if policy.fallback is fallback]
        doubtful = [policy for policy, answer in asked if answer is None]
        if doubtful:
            text = describe_doubt(job, min(doubtful, key=lambda policy: policy.name))
            return Reason(code="match_unknown", text=text)
        selecting = [policy for policy, answer in asked if answer]
        if selecting:
            return selecting
    return []


def describe_doubt(job: Job, policy: Policy) -> str:
    """Say why a policy cannot tell whether it selects a job."""
    why = "a field that it reads is missing"
    if policy.match.match_phase(job) is None:
        why = f"parts of it ended differently ({', '.join(sorted(job.phases))}), and it names only some of these phases"
    return f"whether policy {policy.name} selects it cannot be told: {why}"


def _count(job: Job, votes: list[Vote], rules: Rules) -> Decision:
    """Count the votes: any keep wins, then any cannot-tell; otherwise the policy that let go last is reported."""
    names = tuple(sorted(vote.policy.name for vote in votes))
    keeps = [vote for vote in votes if vote.ballot is Ballot.KEEP]
    doubts = [vote for vote in votes if vote.ballot is Ballot.CANNOT_TELL]
    if keeps or doubts:
        decisive = min(keeps or doubts, key=lambda vote: vote.policy.name)
        verdict = Verdict.KEPT if keeps else Verdict.UNDECIDABLE
        eligible_at = max((vote.eligible_at for vote in votes if vote.eligible_at), default=None)
        certain = all(vote.eligible_at for vote in votes)
        return Decision(
            job=job,
            verdict=verdict,
            reason=decisive.reason,
            policy=decisive.policy.name,
            policies=names,
            eligible_at=eligible_at if certain else None,
        )
    last = _last(votes)
    return Decision(
        job=job,
        verdict=Verdict.EXPIRED,
        reason=last.reason,
        policy=last.policy.name,
        policies=names,
        observers=_observers(votes, rules),
        eligible_at=last.eligible_at,
    )


def _last(votes: list[Vote]) -> Vote:
    latest = max(vote.eligible_at for vote in votes if vote.eligible_at is not None)
    return min((vote for vote in votes if vote.eligible_at == latest), key=lambda vote: vote.policy.name)


def _observers(votes: list[Vote], rules: Rules) -> tuple[str, ...]:
    policies = sorted(vote.policy.name for vote in votes if vote.policy.mode is Mode.OBSERVE)
    return (*policies, "target") if rules.mode is Mode.OBSERVE else tuple(policies)


def _decision(job: Job, verdict: Verdict, code: str, text: str) -> Decision:
    return Decision(job=job, verdict=verdict, reason=Reason(code=code, text=text))
