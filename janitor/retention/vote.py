"""Owns what one selecting policy says of one job: keep it, let it go, or cannot tell."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter

from janitor.core.duration import format_age, format_duration
from janitor.core.job import CLOCK_TOLERANCE, EARLIEST, Job, is_plausible
from janitor.core.verdict import Reason
from janitor.retention.keep import WITHIN, Group, Keep, grouping, keep_of_group
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
class Stay:
    """What a policy's keep rules make of a job: its group, its place there (1 is the newest) of how many, the rules that keep it.

    `group` is None where it is not known in which group the job is, and `place` 0 where it does not count there or was not asked.
    """

    group: Group | None
    place: int
    size: int
    rules: tuple[str, ...]


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
        self._group_of = grouping(policy.keep.per if policy.keep is not None else ())
        self._latest = as_of + CLOCK_TOLERANCE
        self._min_cutoff = as_of - rules.min_age
        self._cutoffs = {phase: as_of - policy.age_of(frozenset({phase})) for phase in policy.match.phase or ()}
        self._members = defaultdict[Group, list[Job]](list)
        self._entered: list[Job] = []
        self._leaving = defaultdict[Group, list[Job]](list)
        """Jobs whose deletion is under way: they take no place in a group, and stay if they would stay in it."""
        self._kept: dict[str, tuple[int, int, tuple[str, ...]]] = {}
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
        if self.policy.keep is not None and excepted is False and is_clear:
            group = self._group_of(job)
            if group is not None:
                if self._time(job) <= self._as_of:  # one dated in the future does not count: it would push out others
                    self._entered = (self._leaving if job.id in self._past.leaving else self._members)[group]
                    self._entered.append(job)
            elif says != TOO_YOUNG:
                return NO_GROUP
        if says is not None:
            return says
        if excepted is None:
            return EXCEPT_UNKNOWN
        return EXPIRED if is_clear else TIME_UNKNOWN

    def forget(self, job: Job) -> None:
        """Take the job that was heard last back: deciding about it failed, so it takes no other's place in its group."""
        if self._entered and self._entered[-1] is job:
            self._entered.pop()

    def rank(self) -> None:
        """Find out which of the jobs heard stay by the keep rules."""
        keep = self.policy.keep
        if keep is None:
            return
        for members in self._members.values():
            self._sort(members)
            self._kept |= self._keep_of(members, keep)
        for group, leaving in self._leaving.items():
            together = [*self._members.get(group, ()), *leaving]
            self._sort(together)
            kept = self._keep_of(together, keep)
            self._kept |= {job.id: kept[job.id] for job in leaving if job.id in kept}

    def _keep_of(self, members: Sequence[Job], keep: Keep) -> dict[str, tuple[int, int, tuple[str, ...]]]:
        """The jobs of one group, newest first, that stay: each with its place, of how many, and the rules that keep it."""
        kept = keep_of_group([self._rank_of(job) for job in members], keep, self._as_of)
        for place in self._also_within(members, keep) - {place for place, rules in kept.items() if WITHIN in rules}:
            kept[place] = (*kept.get(place, ()), WITHIN)
        return {members[place].id: (place + 1, len(members), rules) for place, rules in kept.items()}

    def final(self, job: Job, word: Word) -> Word:
        """What it says of a job in the end, once the groups are ranked: a keep rule may keep what it would let go."""
        return self.words[KEEP_RULE] if word.says == EXPIRED and job.id in self._kept else word

    def vote(self, job: Job, marks: Marks, says: str) -> Vote:
        """Its ballot in full, of a job of which it says this."""
        return Vote(
            policy=self.policy,
            ballot=self.words[says].ballot,
            reason=Reason(code=says, text=self._tell(job, marks, says)),
            eligible_at=self.eligible_at(job, marks, says),
        )

    @property
    def groups(self) -> Mapping[Group, Sequence[Job]]:
        """The jobs that count for its keep rules, by group; newest first once they are ranked."""
        return self._members

    def stay(self, job: Job) -> Stay | None:
        """What its keep rules make of a job; None where it has none."""
        if self.policy.keep is None:
            return None
        group = self._group_of(job)
        members = [] if group is None else self._members.get(group, [])
        place = next((number for number, member in enumerate(members, start=1) if member.id == job.id), 0)
        return Stay(group=group, place=place, size=len(members), rules=self._kept.get(job.id, _NO_STAY)[2])

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

    def _time(self, job: Job) -> datetime:
        time = self._time_of(job)
        if time is None:
            raise ValueError(f"job {job.id} is ranked without a time")
        return time

    def _sort(self, members: list[Job]) -> None:
        """Newest first; equal times by id."""
        members.sort(key=attrgetter("id"))
        members.sort(key=self._rank_of, reverse=True)

    def _also_within(self, members: Sequence[Job], keep: Keep) -> set[int]:
        """The places of jobs that never started and are young by when they were first seen, though not by their creation."""
        if keep.within is None:
            return set()
        return {place for place, job in enumerate(members) if job.never_started and self._as_of - self._time(job) < keep.within}

    def _rank_of(self, job: Job) -> datetime:
        """By what a job has its place in its group: the time of which its age counts, of one that never started its creation.

        When that one ended nobody tells: to a new ledger all of them end today, and would push out what is really new.
        """
        return job.created_at if job.never_started and job.created_at is not None else self._time(job)

    def eligible_at(self, job: Job, marks: Marks, says: str) -> datetime | None:
        """When it lets a job go of which it says this, if nothing changes; None if never or unknown."""
        keep = self.policy.keep
        if says not in _TIMELY or not self._is_clear(job) or self._group_of(job) is None:
            return None
        rules = self._kept.get(job.id, _NO_STAY)[2]
        if (rules and rules != (WITHIN,)) or (self.excepts and ask_any(self.excepts, job) is None):
            return None
        time, finished = self._time(job), self._past.finish_of(job)
        within = keep.within if keep is not None and keep.within is not None else timedelta(0)
        return max(time + self._wait(job, marks)[0], time + within, (finished or time) + self._min_age)

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
        place, size, rules = self._kept[job.id]
        group = self._group_of(job)
        of_group = f" of {' / '.join(group)}" if group else ""
        return f"policy {self.policy.name} keeps it ({', '.join(rules)}): number {place} of {size}{of_group}, newest first"

    def _ago(self, job: Job, since: Since) -> str:
        time = reader_of(since, self._past)(job) or self._as_of
        seen = "never started, and first seen ended" if job.never_started and since is Since.FINISHED else str(since)
        return f"{seen} {format_age(max(self._as_of - time, timedelta(0)))} ago"


_NO_STAY: tuple[int, int, tuple[str, ...]] = (0, 0, ())

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
