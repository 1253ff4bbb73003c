"""Owns when time alone changes what is decided about a job.

Nothing is worked out twice: each instant at which something is over is put to the engine itself, until one decides otherwise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter

from janitor.core.job import CLOCK_TOLERANCE, Job, is_plausible
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.retention.decisions import Ruling
from janitor.retention.evaluate import NOTICE_MISSING, Evaluation
from janitor.retention.hold import AFTERMATH, Hold
from janitor.retention.keep import BUCKETS
from janitor.retention.marks import parse_marks
from janitor.retention.past import Key, Mark, Past, key_of
from janitor.retention.policy import Rules

RANK_UNKNOWN = "rank_unknown"
HORIZON = datetime(2200, 1, 1, tzinfo=UTC)
"""Times beyond are mistakes, from which nothing is counted."""

Milestone = tuple[datetime, str]
"""An instant, and what is over then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An instant at which something else is decided if nothing else changes, what is over then, and the decision."""

    at: datetime
    what: str
    then: Decision


class Case:
    """One job among those of its target, ready to be decided as of any time; without the others, ranks are not known."""

    def __init__(self, job: Job, rules: Rules, others: Sequence[Job] | None) -> None:
        self.job, self.rules = job, rules if others is not None else _without_ranks(rules)
        self._full = rules
        self._jobs: tuple[Job, ...] = (job,)
        if any(policy.keep is not None for policy in rules.policies):
            self._jobs = (job, *(other for other in others or () if other.id != job.id))

    def evaluate(self, as_of: datetime, past: Past) -> tuple[Evaluation, Ruling]:
        """The engine after deciding about all these jobs, and its ruling about this one."""
        evaluation = Evaluation(self.rules, as_of, past)
        return evaluation, evaluation.decide(self._jobs).ruling(0)

    def decide(self, as_of: datetime, past: Past) -> Decision:
        """The decision; undecidable where it hangs on a rank that is not known."""
        decision = Evaluation(self.rules, as_of, past).decide(self._jobs)[0]
        if self.rules is self._full:
            return decision
        alone = Evaluation(self._full, as_of, past).decide((self.job,))[0]  # the first of its group: what may stay at most
        if alone.verdict is decision.verdict:
            return decision
        why = Reason(
            code=RANK_UNKNOWN, text="whether a keep rule keeps it hangs on the other jobs of the target, which are not known"
        )
        return replace(decision, verdict=Verdict.UNDECIDABLE, reason=why, policy=None, observers=(), eligible_at=None)


def next_change(case: Case, now: Decision, as_of: datetime, past: Past) -> Change | None:
    """The first instant at which time alone changes the verdict, else the reason; None where it never does."""
    job = case.job
    past = replace(past, marks=_marks_from_now(now, as_of, past))
    milestones = [*_of_policies(case, as_of, past), *_of_holds(job, case.rules), *_of_times(job, past), *_of_grace(now, past)]
    later = None
    for at, group in groupby(sorted(each for each in milestones if each[0] > as_of), key=itemgetter(0)):
        change = Change(at=at, what=" and ".join(dict.fromkeys(what for _, what in group)), then=case.decide(at, past))
        if change.then.verdict is not now.verdict:
            return change
        if later is None and now.verdict is not Verdict.HELD and change.then.reason.code != now.reason.code:
            later = change
    return later


def _marks_from_now(now: Decision, as_of: datetime, past: Past) -> dict[Key, Mark]:
    """The job's mark, as the next sweep leaves it: made where its grace period begins, taken where it is surely not to go.

    Somebody who has to be told of it is taken to be told now.
    """
    mark = past.mark_of(now.job)
    if now.verdict is Verdict.EXPIRING and mark is None:
        mark = Mark(since=as_of, grace=now.grace, noticed_at=as_of)
    if now.reason.code == NOTICE_MISSING and mark is not None:
        mark = replace(mark, noticed_at=as_of)
    return {} if mark is None or now.verdict in _UNMARKING else {key_of(now.job): mark}


def _of_policies(case: Case, as_of: datetime, past: Past) -> Iterator[Milestone]:
    marks = parse_marks(case.job)
    for voter in Evaluation(case.rules, as_of, past).voters:
        if voter.asks(case.job):
            yield from voter.milestones(case.job, marks)


def _of_holds(job: Job, rules: Rules) -> Iterator[Milestone]:
    for hold in rules.holds:
        end = end_of(hold)
        if end is not None and hold.covers(job) is not False:
            yield end, f"hold {hold.name} is over, and the 24 h after it"


def end_of(hold: Hold) -> datetime | None:
    """From when on a hold keeps nothing any more; None where it has no end, or none that anybody lives to see."""
    if hold.until is None or hold.until >= HORIZON.date():
        return None
    return datetime.combine(hold.until + timedelta(days=1), time.min, UTC) + AFTERMATH


def _of_times(job: Job, past: Past) -> Iterator[Milestone]:
    for each in (job.created_at, job.started_at, past.finish_of(job)):
        if each is not None and is_plausible(each, HORIZON):
            yield each - CLOCK_TOLERANCE, "its times are no longer in the future"


def _of_grace(now: Decision, past: Past) -> Iterator[Milestone]:
    mark = past.mark_of(now.job)
    if mark is not None:
        yield mark.deadline(now.grace), "its grace period is over"
        told = mark.noticed_deadline(now.grace)
        yield from [] if told is None else [(told, "its grace period is over")]


def _without_ranks(rules: Rules) -> Rules:
    """The same rules where a keep rule keeps only what it keeps whatever other jobs there are."""
    none = dict.fromkeys(("last", *BUCKETS), 0)
    policies = (
        each if each.keep is None else replace(each, keep=replace(each.keep, **none))  # type: ignore[arg-type]
        for each in rules.policies
    )
    return replace(rules, policies=tuple(policies))


_UNMARKING = frozenset({Verdict.KEPT, Verdict.HELD, Verdict.UNMANAGED})
