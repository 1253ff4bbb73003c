"""Owns what an edit of the policies changes: the same jobs decided about twice, and those for which something else comes out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from janitor.core.job import Job
from janitor.core.verdict import Decision, Verdict
from janitor.retention.cases import is_deletable
from janitor.retention.decisions import Decisions, Ruling

Fate = tuple[Verdict, bool]
"""A verdict, and whether the job may be deleted: the same for all jobs that share a ruling."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Side:
    """What comes out for a job by one of the two files; an expired one is `deletable` unless somebody only observes."""

    verdict: Verdict
    is_deletable: bool
    policy: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One job for which something else comes out."""

    job: Job
    old: Decision
    new: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroup:
    """The jobs that go the same way, oldest first."""

    old: Side
    new: Side
    changes: Sequence[Change]

    @property
    def is_newly_deletable(self) -> bool:
        """Whether a sweep by the new policies may delete these jobs, and one by the old may not."""
        return self.new.is_deletable and not self.old.is_deletable

    @property
    def is_spared(self) -> bool:
        """Whether it is the other way round."""
        return self.old.is_deletable and not self.new.is_deletable


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Every change, in groups: what would newly be deleted comes first."""

    jobs: int
    groups: Sequence[ChangeGroup]

    @property
    def changed(self) -> int:
        """For how many jobs something else comes out."""
        return sum(len(group.changes) for group in self.groups)

    @property
    def newly_deletable(self) -> int:
        """How many jobs a sweep may delete by the new policies alone."""
        return sum(len(group.changes) for group in self.groups if group.is_newly_deletable)

    @property
    def spared(self) -> int:
        """How many jobs a sweep may delete by the old policies alone."""
        return sum(len(group.changes) for group in self.groups if group.is_spared)


def compare_decisions(old: Decisions, new: Decisions) -> Difference:
    """Compare two decisions about each job; both are about the same jobs in the same order.

    Something else comes out where the verdict differs, or whether the job may be deleted; who decides, and why, alone does not
    count.
    """
    groups: dict[tuple[Side, Side], list[Change]] = {}
    for change in _changes(old, new):
        groups.setdefault((_side(change.old), _side(change.new)), []).append(change)
    made = [ChangeGroup(old=before, new=after, changes=sorted(found, key=_age)) for (before, after), found in groups.items()]
    return Difference(jobs=len(old), groups=sorted(made, key=_weight))


def _changes(old: Decisions, new: Decisions) -> Iterator[Change]:
    """Decisions are read in full only where something else comes out, and once for each ruling that many jobs share."""
    by_old, by_new = dict[Ruling, Fate](), dict[Ruling, Fate]()
    for place in range(len(old)):
        if _fate(old, place, by_old) != _fate(new, place, by_new):
            before, after = old[place], new[place]
            yield Change(job=before.job, old=before, new=after)


def _fate(decisions: Decisions, place: int, known: dict[Ruling, Fate]) -> Fate:
    ruling = decisions.ruling(place)
    if ruling not in known:
        known[ruling] = ruling.verdict, ruling.verdict is Verdict.EXPIRED and is_deletable(decisions[place])
    return known[ruling]


def _side(decision: Decision) -> Side:
    return Side(verdict=decision.verdict, is_deletable=is_deletable(decision), policy=decision.policy)


def _age(change: Change) -> tuple[bool, datetime | None, str]:
    """Oldest first, those of unknown age last; of equal age by id."""
    created_at = change.job.created_at
    return created_at is None, created_at, change.job.id


_ORDER = (Verdict.EXPIRED, Verdict.EXPIRING, Verdict.UNDECIDABLE, Verdict.UNMANAGED, Verdict.KEPT, Verdict.HELD)
"""By how near to its deletion a job is."""


def _weight(group: ChangeGroup) -> tuple[bool, bool, int, int, str, str]:
    """What would newly be deleted first, then what is spared, then the others by how near they come to it."""
    nearness = _ORDER.index(group.new.verdict), _ORDER.index(group.old.verdict)
    return not group.is_newly_deletable, not group.is_spared, *nearness, group.new.policy or "", group.old.policy or ""
