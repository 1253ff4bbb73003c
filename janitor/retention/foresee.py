"""Owns when each job will expire: what time alone changes, if no job comes, none is held anew and no rule is edited."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from janitor.core.job import CLOCK_TOLERANCE, EARLIEST, Job
from janitor.core.verdict import Verdict
from janitor.retention.decisions import Ruling
from janitor.retention.evaluate import Evaluation
from janitor.retention.grace import FIRM
from janitor.retention.hold import AFTERMATH, HOLD_UNKNOWN, Hold
from janitor.retention.marks import parse_marks
from janitor.retention.past import Key, Past, key_of
from janitor.retention.policy import Mode, Rules

DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """The coming days of UTC, of which the first is the rest of today, and when sweeps are to come in them, in order."""

    as_of: datetime
    days: int
    sweeps: tuple[datetime, ...]

    @property
    def first_day(self) -> date:
        """Today."""
        return self.as_of.astimezone(UTC).date()

    @property
    def end(self) -> datetime:
        """The first instant that is not in it any more."""
        return datetime.combine(self.first_day, time.min, UTC) + self.days * DAY

    def next_sweep(self, instant: datetime) -> datetime | None:
        """The first sweep that is not before an instant."""
        place = bisect_left(self.sweeps, instant)
        return self.sweeps[place] if place < len(self.sweeps) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """One job's verdict becomes `expired`: when, by which policy's letting go last, and by which it would only be observed."""

    at: datetime
    job: Job
    policy: str
    is_observed: bool


def foresee(jobs: Sequence[Job], rules: Rules, past: Past, horizon: Horizon) -> list[Expiry]:
    """Every job that has expired (its `at` is `as_of` then) or will within the horizon, in no order.

    1. Decide about all jobs as they are now: of most, the votes tell when they will be let go. 2. Of the others time alone
    tells nothing, but what ends does: holds, and the doubt about jobs that never started, which the next sweep will have seen.
    Decide anew about those at each such instant. 3. Between letting go and expiry lies the grace period: it runs from the mark
    that there is, or that the next sweep makes.

    Jobs that a sweep deletes meanwhile change nothing for others: keep rules name what stays, and only what they do not name
    goes. Nor do those whose time is known, which makes it enough to rank the others. Jobs whose times lie ahead by more than
    clocks may differ stay undecidable, however much time passes.
    """
    latest = horizon.as_of + CLOCK_TOLERANCE
    told = _tell([job for job in jobs if _latest(job) <= latest], Evaluation(rules, horizon.as_of, past), horizon)
    found, before = told.found, horizon.as_of
    for instant, first_seen in _later(told, rules, past, horizon):
        sweep = horizon.next_sweep(before)
        if sweep is not None and sweep < instant:
            past = replace(past, marks={key: mark for key, mark in past.marks.items() if key not in told.unmarked})
        past, before = replace(past, first_seen={**past.first_seen, **first_seen}), instant
        told = _tell(told.untold, Evaluation(rules, instant, past), horizon)
        found += told.found
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What can be told at one instant; of `untold` nothing can, and those of them that are held are `held`.

    `unmarked` are those that a sweep takes a mark away from.
    """

    found: list[Expiry] = field(default_factory=list)
    untold: list[Job] = field(default_factory=list)
    held: list[Job] = field(default_factory=list)
    unmarked: set[Key] = field(default_factory=set)


def _tell(jobs: Sequence[Job], evaluation: Evaluation, horizon: Horizon) -> _Told:
    decisions, told = evaluation.decide(jobs), _Told()
    is_observing, end = evaluation.rules.mode is Mode.OBSERVE, horizon.end
    for place, job in enumerate(jobs):
        ruling = decisions.ruling(place)
        let_go = _let_go(job, ruling)
        if let_go is None or _latest(job) > evaluation.as_of:
            told.untold.append(job)
            if ruling.verdict is Verdict.HELD:
                told.held.append(job)
            if ruling.verdict in FIRM and ruling.code != HOLD_UNKNOWN:
                told.unmarked.add(key_of(job))
            continue
        instant, policy = let_go
        expires = _deadline(job, ruling, evaluation, horizon, max(instant, evaluation.as_of))
        if expires is not None and expires < end:
            is_observed = is_observing or any(word.voter.policy.mode is Mode.OBSERVE for word in ruling.words)
            told.found.append(Expiry(at=expires, job=job, policy=policy, is_observed=is_observed))
    return told


def _let_go(job: Job, ruling: Ruling) -> tuple[datetime, str] | None:
    """When the last of the policies lets a job go, and which that is, of several the first by name; None where it is not told."""
    if not ruling.words:
        return None
    marks, last, policy = parse_marks(job), EARLIEST, ""
    for word in ruling.words:
        instant, name = word.voter.eligible_at(job, marks, word.says), word.voter.policy.name
        if instant is None:
            return None
        if not policy or instant > last or (instant == last and name < policy):
            last, policy = instant, name
    return last, policy


def _deadline(job: Job, ruling: Ruling, evaluation: Evaluation, horizon: Horizon, let_go: datetime) -> datetime | None:
    """When a job that is let go at an instant expires; a sweep that finds it kept before takes its mark away.

    Where somebody has to be told of its mark and nobody was, the next sweep is taken to do that.
    """
    if not (ruling.grace or evaluation.past.marks):
        return let_go
    mark, sweep = evaluation.past.mark_of(job), horizon.next_sweep(evaluation.as_of)
    if mark is not None and (sweep is None or sweep >= let_go):
        deadline = mark.deadline(ruling.grace)
        if ruling.needs_notice:
            told = mark.noticed_deadline(ruling.grace)
            deadline = told if told is not None else (sweep or horizon.end) + max(ruling.grace, mark.grace)
        return max(let_go, deadline)
    if not ruling.grace:
        return let_go
    marked_at = horizon.next_sweep(let_go)
    return None if marked_at is None else marked_at + ruling.grace


def _later(told: _Told, rules: Rules, past: Past, horizon: Horizon) -> Iterator[tuple[datetime, dict[Key, datetime]]]:
    """The instants at which something ends by time alone, in order, each with which jobs were first seen ended when by then."""
    instants = {_spent_at(hold.until) for hold in rules.holds if hold.until is not None and _is_held_by(hold, told.held)}
    if any(_latest(job) > horizon.as_of for job in told.untold):
        instants.add(horizon.as_of + CLOCK_TOLERANCE)
    unseen = [key_of(job) for job in told.untold if job.never_started and past.finish_of(job) is None]
    seen_at = horizon.next_sweep(horizon.as_of) if unseen else None
    if seen_at is not None:
        instants.add(seen_at + _INSTANT)
    for instant in sorted(each for each in instants if horizon.as_of < each < horizon.end):
        yield instant, dict.fromkeys(unseen, seen_at) if seen_at is not None and instant > seen_at else {}


def _is_held_by(hold: Hold, jobs: Sequence[Job]) -> bool:
    covers = hold.question()
    return any(covers(job) is not False for job in jobs)


def _spent_at(until: date) -> datetime:
    """The first instant at which a hold keeps nothing any more."""
    return datetime.combine(until, time.min, UTC) + DAY + AFTERMATH


def _latest(job: Job) -> datetime:
    return max(job.created_at or EARLIEST, job.started_at or EARLIEST, job.finished_at or EARLIEST)
