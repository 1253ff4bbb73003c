"""Owns what one selecting policy says of one job: keep it, let it go, or cannot tell."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from janitor.core.duration import format_age, format_duration
from janitor.core.job import CLOCK_TOLERANCE, EARLIEST, Job, is_plausible
from janitor.core.verdict import Reason
from janitor.retention.groups import Groups, Stay
from janitor.retention.keep import WITHIN
from janitor.retention.marks import Marks
from janitor.retention.past import Past
from janitor.retention.policy import Policy, Rules, Since
from janitor.retention.selector import ask_all, ask_any
from janitor.retention.times import doubtful_time, reader_of


class Ballot(StrEnum):
    """The three things a policy can say; any keep wins, then any cannot-tell."""

    KEEP = "keep"
    CANNOT_TELL = "cannot_tell"
    LET_GO = "let_go"


EXCEPTED = "excepted"
TOO_YOUNG = "too_young"
NO_GROUP = "no_group"
KEEP_RULE = "keep_rule"
MIN_AGE = "min_age"
EXCEPT_UNKNOWN = "except_unknown"
TIME_UNKNOWN = "time_unknown"
EXPIRED = "expired"
"""From EXCEPTED on: what a policy says of a job that it selects; the words stand as codes in decisions."""

_NO_KEEP = {EXCEPT_UNKNOWN: Ballot.CANNOT_TELL, TIME_UNKNOWN: Ballot.CANNOT_TELL, EXPIRED: Ballot.LET_GO}


class Word:
    """What one policy says: the same object for every job of which it says that; `alone` is it where no other has a say."""

    __slots__ = ("alone", "ballot", "says", "voter")

    def __init__(self, voter: "Voter", says: str) -> None:
        self.voter, self.says = voter, says
        self.ballot = _NO_KEEP.get(says, Ballot.KEEP)
        self.alone = (self,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One policy's ballot and reason; `eligible_at` is when it lets the job go if nothing changes, None if never or unknown."""

    policy: Policy
    ballot: Ballot
    reason: Reason
    eligible_at: datetime | None = None


class Voter:
    """One policy of one target, made ready for many jobs at one instant.

    Jobs that it selects are heard one by one; then the groups of its keep rules are ranked, and what it says is final.
    """

    def __init__(self, policy: Policy, rules: Rules, as_of: datetime, past: Past) -> None:
        self.policy = policy
        self.match = policy.match.for_all()
        self.excepts = policy.except_.for_keeping() if policy.except_ is not None else ()
        self._min_age = rules.min_age
        self._as_of, self._past = as_of, past
        self._time_of = reader_of(policy.since, past)
        self.groups = None if policy.keep is None else Groups(policy.keep, policy.since, as_of, past)
        self._latest = as_of + CLOCK_TOLERANCE
        self._min_cutoff = as_of - rules.min_age
        self._cutoffs = {phase: as_of - policy.age_of(frozenset({phase})) for phase in policy.match.phase or ()}
        self.words = {says: Word(self, says) for says in _TELLERS}

    def asks(self, job: Job) -> bool | None:
        """Whether it selects a job; None where it cannot tell."""
        return ask_all(self.match, job)

    def hear(self, job: Job, marks: Marks) -> Word:
        """What it says of a job that it selects, but for its keep rules; a job that counts for these is noted."""
        return self.words[self._hear(job, marks)]

    def _hear(self, job: Job, marks: Marks) -> str:
        """The first that applies.

        1. `except` hits. 2. Younger than the policy asks. 3. It has no group. 4. Under `min_age`. 5. `except`, or a time, cannot
        be told. 6. It lets go.
        """
        excepted = ask_any(self.excepts, job) if self.excepts else False
        if excepted:
            return EXCEPTED
        is_clear = self._is_clear(job)
        says = self._youth(job, marks, is_clear=is_clear)
        groups = self.groups if excepted is False and is_clear else None
        if groups is not None and not groups.enter(job) and says != TOO_YOUNG:
            return NO_GROUP
        if says is not None:
            return says
        if excepted is None:
            return EXCEPT_UNKNOWN
        return EXPIRED if is_clear else TIME_UNKNOWN

    def forget(self, job: Job) -> None:
        """Take the job that was heard last back: deciding about it failed."""
        if self.groups is not None:
            self.groups.forget(job)

    def rank(self) -> None:
        """Find out which of the jobs heard stay by the keep rules."""
        if self.groups is not None:
            self.groups.rank()

    def final(self, job: Job, word: Word) -> Word:
        """What it says of a job in the end, once the groups are ranked: a keep rule may keep what it would let go."""
        is_kept = self.groups is not None and word.says == EXPIRED and job.id in self.groups.kept
        return self.words[KEEP_RULE] if is_kept else word

    def vote(self, job: Job, marks: Marks, says: str) -> Vote:
        """Its ballot in full, of a job of which it says this."""
        return Vote(
            policy=self.policy,
            ballot=self.words[says].ballot,
            reason=Reason(code=says, text=self._tell(job, marks, says)),
            eligible_at=self.eligible_at(job, marks, says),
        )

    def stay(self, job: Job) -> Stay | None:
        """What its keep rules make of a job; None where it has none."""
        return None if self.groups is None else self.groups.stay(job)

    def milestones(self, job: Job, marks: Marks) -> list[tuple[datetime, str]]:
        """The instants at which time alone may change what it says of a job, and what is over then."""
        time, finished, keep = self._time_of(job), self._past.finish_of(job), self.policy.keep
        name, wait = self.policy.name, self._wait(job, marks)[0]
        waits: list[tuple[datetime | None, timedelta, str]] = [(time, wait, f"policy {name} has waited {format_duration(wait)}")]
        waits.append((finished, self._min_age, f"min_age of {format_duration(self._min_age)} is over"))
        if keep is not None and keep.within is not None:
            waits.append((time, keep.within, f"policy {name} keeps nothing older than {format_duration(keep.within)}"))
        return [(begin + length, what) for begin, length, what in waits if begin and is_plausible(begin, self._latest)]

    def _is_clear(self, job: Job) -> bool:
        created, started, finished = job.created_at, job.started_at, job.finished_at
        is_whole = created is not None and started is not None and finished is not None and not job.never_started
        if is_whole and EARLIEST <= created <= started <= finished <= self._latest:  # type: ignore[operator]
            return True
        return doubtful_time(job, self.policy.since, self._as_of, self._past) is None

    def _youth(self, job: Job, marks: Marks, *, is_clear: bool) -> str | None:
        time, finished = self._time_of(job), self._past.finish_of(job)
        if time is not None and (is_clear or is_plausible(time, self._as_of)):
            if marks.ttl is None and not job.other_phases:
                if time > self._cutoffs[job.phase]:
                    return TOO_YOUNG
            elif self._as_of - time < self._wait(job, marks)[0]:
                return TOO_YOUNG
        if finished is not None and finished > self._min_cutoff and (is_clear or is_plausible(finished, self._as_of)):
            return MIN_AGE
        return None

    def _wait(self, job: Job, marks: Marks) -> tuple[timedelta, str]:
        """How long it waits, and who asks for that: itself, or the owner's ttl where that is longer or may shorten."""
        own, least = self.policy.age_of(job.phases), self.policy.shorten_to
        asks = f"policy {self.policy.name} waits"
        if marks.ttl is None or (marks.ttl < own and least is None):
            return own, asks
        length = marks.ttl if marks.ttl >= own else min(own, max(marks.ttl, least or own))
        return length, f"with {marks.ttl_by} {asks}" if length != own else asks

    def eligible_at(self, job: Job, marks: Marks, says: str) -> datetime | None:
        """When it lets a job go of which it says this, if nothing changes; None if never or unknown."""
        time, finished = self._time_of(job), self._past.finish_of(job)
        if says not in _TIMELY or time is None or not self._is_clear(job):
            return None
        if self.excepts and ask_any(self.excepts, job) is None:
            return None
        within = self._stays_for(job)
        if within is None:
            return None
        return max(time + self._wait(job, marks)[0], time + within, (finished or time) + self._min_age)

    def _stays_for(self, job: Job) -> timedelta | None:
        """How long its keep rules keep a job by time alone; None where they do for good, or its group is not known."""
        if self.groups is None:
            return timedelta(0)
        stay = self.groups.kept.get(job.id)
        if self.groups.group_of(job) is None or (stay is not None and stay.rules != (WITHIN,)):
            return None
        return self.groups.keep.within or timedelta(0)

    def _tell(self, job: Job, marks: Marks, says: str) -> str:
        return _TELLERS[says](self, job, marks)

    def tell_youth(self, job: Job, marks: Marks) -> str:
        """The sentence of a job that is too young for the policy."""
        length, asks = self._wait(job, marks)
        return f"{self._ago(job, self.policy.since)}, and {asks} {format_duration(length)}"

    def tell_min_age(self, job: Job, _marks: Marks) -> str:
        """The sentence of a job that is too young for the target."""
        return f"{self._ago(job, Since.FINISHED)}, and min_age is {format_duration(self._min_age)}"

    def tell_doubt(self, job: Job, _marks: Marks) -> str:
        """The sentence of a job whose times cannot be believed."""
        return doubtful_time(job, self.policy.since, self._as_of, self._past) or "its times cannot be believed"

    def tell_end(self, job: Job, marks: Marks) -> str:
        """The sentence of a job that the policy lets go."""
        length, _ = self._wait(job, marks)
        return f"{self._ago(job, self.policy.since)}, and policy {self.policy.name} lets it go after {format_duration(length)}"

    def tell_rules(self, job: Job, _marks: Marks) -> str:
        """The sentence of a job that a keep rule keeps."""
        stay = self.stay(job) or _NO_STAY
        of_group = f" of {' / '.join(stay.group)}" if stay.group else ""
        where = f"number {stay.place} of {stay.size}{of_group}, newest first"
        return f"policy {self.policy.name} keeps it ({', '.join(stay.rules)}): {where}"

    def _ago(self, job: Job, since: Since) -> str:
        time = reader_of(since, self._past)(job) or self._as_of
        seen = "never started, and first seen ended" if job.never_started and since is Since.FINISHED else str(since)
        return f"{seen} {format_age(max(self._as_of - time, timedelta(0)))} ago"


_NO_STAY = Stay(group=None, place=0, size=0, rules=())
_TIMELY = frozenset({TOO_YOUNG, MIN_AGE, EXPIRED, KEEP_RULE})
"""What changes with time alone."""

_TELLERS: dict[str, Callable[[Voter, Job, Marks], str]] = {
    EXCEPTED: lambda voter, _job, _marks: f"policy {voter.policy.name} excepts it",
    TOO_YOUNG: Voter.tell_youth,
    NO_GROUP: lambda voter, _job, _marks: f"policy {voter.policy.name} keeps some of each group, and its group is not known",
    KEEP_RULE: Voter.tell_rules,
    MIN_AGE: Voter.tell_min_age,
    EXCEPT_UNKNOWN: lambda voter, _job, _marks: f"whether policy {voter.policy.name} excepts it cannot be told",
    TIME_UNKNOWN: Voter.tell_doubt,
    EXPIRED: Voter.tell_end,
}
"""How each word becomes a sentence."""
