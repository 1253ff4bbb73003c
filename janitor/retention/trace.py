"""Owns why one job is decided as it is: the line that decided, and what every policy was asked and answered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from janitor.core.job import Job
from janitor.core.verdict import Decision, Verdict
from janitor.retention.change import Case, Change, next_change
from janitor.retention.decisions import EVALUATION_FAILED, Ruling
from janitor.retention.evaluate import ACTIVE, MATCH_UNKNOWN, OUT_OF_SCOPE, UNKNOWN_PHASE, WORKSPACE_UNKNOWN, Evaluation
from janitor.retention.groups import Stay
from janitor.retention.hold import Hold
from janitor.retention.marks import Marks, parse_marks
from janitor.retention.past import NO_PAST, Mark, Past
from janitor.retention.policy import Policy, Rules
from janitor.retention.selector import Answer, Told
from janitor.retention.vote import EXCEPT_UNKNOWN, EXCEPTED, Vote, Voter

LINES = {
    1: "a hold or janitor-hold covers it, or that cannot be decided",
    2: "its phase is active or unknown, or its workspace is not one that the target covers",
    3: "a policy without `fallback` cannot tell whether it selects it",
    4: "no policy without `fallback` selects it, and no fallback policy, or one of these cannot tell",
    5: "a policy that selects it keeps it, or cannot tell and none keeps it",
    6: "every policy that selects it lets it go",
    7: "every policy that selects it lets it go, but not everything that must enforce does",
}
"""The lines of docs/policies.md, "How one job is decided", in few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """A hold that covers the job, or may; `doubts` are the conditions of which that cannot be told."""

    hold: Hold
    doubts: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One policy of the target, and what it answered; `why_not` says why it was not asked, "" where it was.

    `told` are the conditions of its match that said no, or else could not tell; `excepts` those of its except that hit, or
    could not tell. Without a vote it did not select the job; `stay` is None where it has no keep rules, or ranks are not known.
    """

    policy: Policy
    why_not: str = ""
    selects: Answer = None
    told: tuple[Told, ...] = ()
    excepts: tuple[Told, ...] = ()
    vote: Vote | None = None
    stay: Stay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The decision for one job at one instant, and everything that it rests on.

    `line` is the number of the line that decided, None where deciding failed. `nearest` is, of a job that no policy selects, the
    one with the fewest conditions against it. `change` is what time alone brings next; None where it brings nothing.
    """

    decision: Decision
    line: int | None
    marks: Marks
    mark: Mark | None
    asked: tuple[Asked, ...] = ()
    holds: tuple[Covering, ...] = ()
    nearest: Asked | None = None
    change: Change | None = None


def trace_job(job: Job, rules: Rules, as_of: datetime, past: Past = NO_PAST, others: Sequence[Job] | None = None) -> Trace:
    """Decide about one job and say why; `others` are the other jobs of the target, None where they are not known.

    Then its rank in a group is not known, and whatever would hang on it is undecidable.
    """
    case = Case(job, rules, others)
    decision = case.decide(as_of, past)
    mark = past.mark_of(job)
    if decision.reason.code == EVALUATION_FAILED:
        return Trace(decision=decision, line=None, marks=Marks(), mark=mark)
    evaluation, ruling = case.evaluate(as_of, past)
    line = _line_of(decision, evaluation)
    asked = tuple(_ask(job, evaluation, ruling, line, has_ranks=others is not None))
    holds = tuple(_covering(job, rules, as_of))
    nearest = min((each for each in asked if each.selects is False), key=lambda each: len(each.told), default=None)
    return Trace(
        decision=decision,
        line=line,
        marks=parse_marks(job),
        mark=mark,
        asked=asked,
        holds=holds,
        nearest=nearest if line == 4 and decision.verdict is Verdict.UNMANAGED else None,
        change=next_change(case, decision, as_of, past),
    )


def _line_of(decision: Decision, evaluation: Evaluation) -> int:
    code = decision.reason.code
    if decision.verdict is Verdict.HELD:
        return 1
    if code in (ACTIVE, UNKNOWN_PHASE, OUT_OF_SCOPE, WORKSPACE_UNKNOWN):
        return 2
    if code == MATCH_UNKNOWN:
        doubtful = [voter for voter in evaluation.voters if voter.asks(decision.job) is None]
        return 4 if all(voter.policy.fallback for voter in doubtful) else 3
    if decision.verdict is Verdict.UNMANAGED:
        return 4
    if decision.verdict in (Verdict.KEPT, Verdict.UNDECIDABLE):
        return 5
    return 7 if decision.observers and decision.verdict is Verdict.EXPIRED else 6


def _ask(job: Job, evaluation: Evaluation, ruling: Ruling, line: int, *, has_ranks: bool) -> Iterator[Asked]:
    """Every policy of the target, with what it was asked and answered, or why it was not."""
    votes = {vote.policy.name: vote for vote in evaluation.votes(job, ruling)}
    settled = [each for each in evaluation.voters if not each.policy.fallback and each.asks(job) is not False]
    for voter in evaluation.voters:
        policy = voter.policy
        if line < 3:
            yield Asked(policy=policy, why_not=f"line {line} decided")
        elif policy.fallback and settled:
            first = settled[0]
            says = "selects it" if first.asks(job) else "cannot tell whether it selects it"
            yield Asked(policy=policy, why_not=f"policy {first.policy.name} {says}")
        else:
            yield _answer(job, voter, votes.get(policy.name), has_ranks=has_ranks)


def _answer(job: Job, voter: Voter, vote: Vote | None, *, has_ranks: bool) -> Asked:
    policy, selects = voter.policy, voter.asks(job)
    told = tuple(each for each in policy.match.answers(job) if each.answer is not True and each.answer is selects)
    return Asked(
        policy=policy,
        selects=selects,
        told=told,
        excepts=_excepts(job, policy, vote),
        vote=vote,
        stay=voter.stay(job) if has_ranks and vote is not None else None,
    )


def _excepts(job: Job, policy: Policy, vote: Vote | None) -> tuple[Told, ...]:
    """The conditions of `except` to which the vote is owed, if it is."""
    if vote is None or policy.except_ is None or vote.reason.code not in (EXCEPTED, EXCEPT_UNKNOWN):
        return ()
    wanted = True if vote.reason.code == EXCEPTED else None
    return tuple(each for each in policy.except_.answers(job, is_keeping=True) if each.answer is wanted)


def _covering(job: Job, rules: Rules, as_of: datetime) -> Iterator[Covering]:
    for hold in sorted(rules.holds, key=lambda hold: hold.name):
        answer = hold.covers(job)
        if hold.is_spent(as_of) or answer is False:
            continue
        told = () if hold.match is None else hold.match.answers(job, is_keeping=True)
        yield Covering(hold=hold, doubts=tuple(each for each in told if each.answer is None))
