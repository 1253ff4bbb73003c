"""Owns the snapshot of one training job, and what makes two snapshots the same job."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from janitor.core.phase import Phase

EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
"""No managed training service is older: an earlier time is a unit mix-up (seconds read as milliseconds give 1970)."""

OF_THE_PLATFORM = "_sys_"
"""How the keys of the platform's own labels begin (docs/modelarts-api.md, tags); they mean nothing to a policy."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far two honest clocks may differ before nothing is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a job ran on; None means not known. `accelerators` counts those of all its nodes, 0 where it is known to have none.

    `runs` is of how many runs the job is made; with more than one nobody tells one duration. Many jobs share one value of all
    this, so that a million of them fit into memory.
    """

    flavor: str | None = None
    pool: str | None = None
    node_count: int | None = None
    accelerators: int | None = None
    runs: int = 1


UNTOLD_RESOURCES = Resources()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as the platform showed it once; None means that the fact is not known, never that it is absent.

    Times are aware UTC. `started_at` is None for a job that never started, `finished_at` for one whose end is not known.
    `never_started` is True only where the platform says for certain that it never ran: then nobody tells when it ended, and it
    counts as ended when a sweep first saw it in a terminal phase.
    `other_phases` are those beside `phase` that parts of the job are in; empty for a job that is one whole.
    `description` is "" where there is none, and None where it could not be read. `outputs` are the addresses of what deleting
    the job leaves behind in object storage, as far as they could be read: they are shown, and decide and identify nothing.
    `document` is everything that the platform told of it when it was looked at; None in a listing.
    `labels` are pairs of key and value, sorted by key, no key twice; () where it is known that there are none.
    """

    id: str
    name: str | None
    owner: str | None
    kind: str | None
    workspace: str | None
    phase: Phase
    other_phases: frozenset[Phase] = frozenset()
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    description: str | None = ""
    labels: tuple[tuple[str, str], ...] | None = ()
    experiment: str | None = None
    resources: Resources = UNTOLD_RESOURCES
    never_started: bool = False
    outputs: tuple[str, ...] = field(default=(), compare=False)
    document: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def flavor(self) -> str | None:
        """The kind of machine."""
        return self.resources.flavor

    @property
    def pool(self) -> str | None:
        """The pool of machines."""
        return self.resources.pool

    @property
    def node_count(self) -> int | None:
        """How many machines."""
        return self.resources.node_count

    @property
    def accelerators(self) -> int | None:
        """How many accelerators, on all machines together."""
        return self.resources.accelerators

    @property
    def runs(self) -> int:
        """Of how many runs it is made."""
        return self.resources.runs

    @property
    def duration(self) -> timedelta | None:
        """From its start to its end; zero for a job that never started, None where it is not known.

        Nor is it of a job of several runs: the last start and the last end may be of a short one, after one that ran for days.
        """
        if self.never_started:
            return timedelta(0)
        if self.resources.runs != 1:
            return None
        if self.started_at is None or self.finished_at is None or self.finished_at < self.started_at:
            return None
        return self.finished_at - self.started_at

    @property
    def phases(self) -> frozenset[Phase]:
        """Every phase that some part of the job is in."""
        return self.other_phases | _ALONE[self.phase] if self.other_phases else _ALONE[self.phase]


_ALONE = {phase: frozenset({phase}) for phase in Phase}


COMPARED = (
    *(each.name for each in fields(Job) if each.compare and each.name != "resources"),
    *(each.name for each in fields(Resources)),
)
"""The fields that two snapshots of one job are compared by: resources one by one, as a change of the pool is none to who reads
the flavor alone.
"""


def differing_fields(planned: Job, fresh: Job, unread: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Name the fields in which a fresh snapshot differs from the planned one; empty when it is the same job, unchanged.

    Fields in `unread` decide nothing, and a platform may tell more of them to a look than in a listing: they are left out.
    """
    return tuple(name for name in COMPARED if name not in unread and getattr(planned, name) != getattr(fresh, name))


def is_plausible(time: datetime | None, as_of: datetime) -> bool:
    """Tell whether a time can be believed: known, not before 2015, not in the future by more than the clock tolerance."""
    return time is not None and EARLIEST <= time <= as_of + CLOCK_TOLERANCE


def is_in_order(earlier: datetime, later: datetime) -> bool:
    """Tell whether two times of one job can both be true: in this order, or apart by no more than the clock tolerance."""
    return earlier <= later + CLOCK_TOLERANCE
