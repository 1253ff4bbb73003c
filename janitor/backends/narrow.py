"""Owns narrow readings: a few named jobs, or those of a short time of creation, as they are now, by few requests."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from janitor.core.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One reading of a workspace, of jobs in whatever phase: those with these ids, or those created in this time, ends included.

    Two equal queries are the same words on the wire.
    """

    workspace: str
    job_ids: tuple[str, ...] = ()
    created: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A query, and the jobs that it is to show."""

    query: Query
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a query showed, by id, each with its document and with labels None; `is_complete` where the platform's own number
    of matches, the one that proved the last listing complete, is that of the jobs shown.
    """

    jobs: Mapping[str, Job]
    is_complete: bool


Labels = tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All labels of each job that has one that matters, by id; where `are_all`, of every job that there is."""

    labels: Mapping[str, Labels]
    are_all: bool = False


Matters = Callable[[str, str], bool]
"""Whether a label, key and value, decides anything."""


class Narrow(Protocol):
    """Narrow readings of one target. Each may raise BackendError, or Interrupted once the process is asked to stop."""

    @property
    def at_once(self) -> int:
        """How many jobs a query by ids shows, beside one that is not to go."""
        ...

    def group(self, jobs: Sequence[Job], beside: Mapping[str, Job]) -> tuple[Group, ...]:
        """Queries for jobs, no job in two of them, each by fewer requests than one a job; sends nothing.

        `beside` has for each workspace a listed job that is not to go: a query by ids asks for it as well. Jobs that are in no
        group have to be read one by one.
        """
        ...

    def show(self, query: Query) -> Shown:
        """Ask; a job that is missing was not shown, and no more is known of it unless the answer is complete."""
        ...

    def list_labels(self, workspace: str, matters: Matters, going: Collection[str] = ()) -> Told | None:
        """The labels of a workspace's jobs: a job that is not among them has none that matters, or where all are told is gone.

        None where that cannot be found out by a few requests, or not for certain. Jobs that are `going` may be gone by now, so
        that it proves nothing that they are not found.
        """
        ...

    def calibrate(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Look at these jobs by id, to learn what else a row has to tell; those that are there, without labels."""
        ...

    def tells_enough(self, job: Job) -> bool:
        """Whether a job that was shown is told of as those are that are asked for by id; never before these were looked at."""
        ...

    def with_labels(self, job: Job, labels: Labels) -> Job:
        """A job that was shown, with these labels, in its document too."""
        ...
