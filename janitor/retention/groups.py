"""Owns the groups of one policy's keep rules while all jobs are decided about: who takes a place in them, and who stays."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from janitor.core.job import Job
from janitor.retention.keep import WITHIN, Group, Keep, grouping, keep_of_group
from janitor.retention.past import Past
from janitor.retention.policy import Since
from janitor.retention.times import reader_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """What a policy's keep rules make of a job: its group, its place there (1 is the newest) of how many, the rules that keep it.

    `group` is None where it is not known in which group the job is, and `place` 0 where it does not count there.
    """

    group: Group | None
    place: int
    size: int
    rules: tuple[str, ...]


class Groups:
    """The groups of one policy at one instant: jobs enter one by one, then they are ranked, and then it is known who stays."""

    def __init__(self, keep: Keep, since: Since, as_of: datetime, past: Past) -> None:
        self.keep = keep
        self.group_of = grouping(keep.per)
        self._as_of, self._past = as_of, past
        self._read = reader_of(since, past)
        self._members = defaultdict[Group, list[Job]](list)
        self._leaving = defaultdict[Group, list[Job]](list)
        """Jobs whose deletion is under way: they take no other's place, and stay if they would stay."""
        self._entered: list[Job] = []
        self.kept: dict[str, Stay] = {}
        """Which jobs stay, by id, and why; once they are ranked."""

    def enter(self, job: Job) -> bool:
        """Take a job into its group; False where it is not known in which it is.

        One dated in the future does not count, as it would push out others.
        """
        group = self.group_of(job)
        if group is None:
            return False
        if self._time(job) <= self._as_of:
            self._entered = (self._leaving if job.id in self._past.leaving else self._members)[group]
            self._entered.append(job)
        return True

    def forget(self, job: Job) -> None:
        """Take the job that entered last back: deciding about it failed, so it takes no other's place in its group."""
        if self._entered and self._entered[-1] is job:
            self._entered.pop()

    def rank(self) -> None:
        """Find out who stays; nobody enters any more."""
        for group, members in self._members.items():
            self.kept |= self._stays(group, members, self._sort(members))
        for group, leaving in self._leaving.items():
            together = [*self._members.get(group, ()), *leaving]
            stays = self._stays(group, together, self._sort(together))
            self.kept |= {job.id: stays[job.id] for job in leaving if job.id in stays}

    def all(self) -> Mapping[Group, Sequence[Job]]:
        """The jobs that count, by group; newest first once they are ranked."""
        return self._members

    def stay(self, job: Job) -> Stay:
        """What becomes of a job, whether or not it stays."""
        if job.id in self.kept:
            return self.kept[job.id]
        group = self.group_of(job)
        members = [] if group is None else self._members.get(group, [])
        place = next((number for number, member in enumerate(members, start=1) if member.id == job.id), 0)
        return Stay(group=group, place=place, size=len(members), rules=())

    def _stays(self, group: Group, members: Sequence[Job], times: Sequence[datetime]) -> dict[str, Stay]:
        """The jobs of one group, newest first, that stay; `times` are those by which they have their places."""
        kept = keep_of_group(times, self.keep, self._as_of)
        for place in self._young(members) - {place for place, rules in kept.items() if WITHIN in rules}:
            kept[place] = (*kept.get(place, ()), WITHIN)
        return {
            members[place].id: Stay(group=group, place=place + 1, size=len(members), rules=rules) for place, rules in kept.items()
        }

    def _young(self, members: Sequence[Job]) -> set[int]:
        """The places of jobs that never started and are young by when they were first seen, though not by their creation."""
        within = self.keep.within
        if within is None:
            return set()
        return {place for place, job in enumerate(members) if job.never_started and self._as_of - self._time(job) < within}

    def _sort(self, members: list[Job]) -> list[datetime]:
        """Newest first; equal times by id. The times by which they have their places, in that order."""
        members.sort(key=attrgetter("id"))
        times = [self._rank_of(job) for job in members]
        order = sorted(range(len(members)), key=times.__getitem__, reverse=True)
        members[:] = [members[place] for place in order]
        return [times[place] for place in order]

    def _rank_of(self, job: Job) -> datetime:
        """By what a job has its place: the time of which its age counts, of one that never started its creation.

        When that one ended nobody tells: to a new ledger all of them end today, and would push out what is really new.
        """
        return job.created_at if job.never_started and job.created_at is not None else self._time(job)

    def _time(self, job: Job) -> datetime:
        time = self._read(job)
        if time is None:
            raise ValueError(f"job {job.id} is ranked without a time")
        return time
