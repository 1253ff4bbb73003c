"""Owns the Backend port: the only way in which a sweep sees or changes a platform."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from janitor.backends.inspection import Inspection
from janitor.backends.narrow import Narrow
from janitor.core.errors import JobNotFound
from janitor.core.job import Job
from janitor.core.span import Span

REQUEST_KINDS = ("list", "get", "delete", "batch_delete", "other")
LEFT_ALONE = "breaker_open"
"""The code of a reply where nothing was sent because too many requests of any kind failed before."""


class Answer(StrEnum):
    """What a delete request came to, for every job that it named.

    accepted: the platform took it. gone: it said, in the words it has for this, that the job does not exist. refused: it
    definitely did nothing. unknown: it may have done it. late: nothing was sent, the look was too old by then.
    unsent: nothing was sent, or what was sent was turned away unread; the job stays eligible. unsupported: the platform has
    no request for several jobs at once, so it did nothing.
    """

    ACCEPTED = "accepted"
    GONE = "gone"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    LATE = "late"
    UNSENT = "unsent"
    UNSUPPORTED = "unsupported"


def is_found(look: Callable[[], object]) -> bool:
    """Whether a look finds its job."""
    try:
        look()
    except JobNotFound:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to one delete request; `code` is a word for machines, `message` a sentence without secrets."""

    answer: Answer
    code: str = ""
    message: str = ""
    request_id: str | None = None
    error_code: str | None = None
    ends_sweep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Every job of a target in a terminal phase, each once, proven complete; `workspaces` are those that were listed.

    `offsets` is the word for what the platform's list offsets count, where that was found out on the way. `has_labels` says
    whether the platform tells the labels of jobs at all: where it does not, those of every job are (). With a `span`, it is of
    the jobs created in that time alone, and none of these is older than its beginning.
    """

    jobs: tuple[Job, ...]
    workspaces: tuple[str, ...]
    offsets: str | None = None
    has_labels: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many jobs the platform lets there be, and how many it counts now; for people, it decides nothing."""

    limit: int
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What was sent so far, by kind of request, and how far the server's clock is ahead of ours (None: not seen yet)."""

    requests: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REQUEST_KINDS, 0))
    skew: timedelta | None = None

    def total(self) -> int:
        """How many requests were sent, of whatever kind."""
        return sum(self.requests.values())


@runtime_checkable
class ListsByCreation(Protocol):
    """A backend whose platform can list jobs by their creation."""

    def list_created(self, span: Span) -> Listing:
        """List the jobs in terminal phases that were created by the end of the span, proven complete as a listing of all is.

        It begins with the oldest job, or at `first` where that is earlier. Raises ListingIncomplete, and NotNarrowed where the
        platform does not do as it is asked.
        """
        ...


class Backend(Protocol):
    """One target's platform. Every method may raise BackendError, or Interrupted once the process is asked to stop."""

    def list_jobs(self) -> Listing:
        """List the jobs in terminal phases; raises ListingIncomplete where completeness cannot be proven."""
        ...

    def get_job(self, job_id: str) -> Job:
        """Look at one job now, its document with it; raises JobNotFound only for a recognised not-found of this very job."""
        ...

    def has_job(self, job_id: str) -> bool:
        """Whether a job is there now, which may take less than a look; False only for a recognised not-found of this very job."""
        ...

    @property
    def most_at_once(self) -> int:
        """How many jobs one delete request may name; 1 where there is no request for several, or as soon as that is found out."""
        ...

    @property
    def has_labels(self) -> bool:
        """Whether the platform tells the labels of jobs: False for good, or as soon as a listing or a look has found that out."""
        ...

    @property
    def narrow(self) -> Narrow | None:
        """How many jobs are read by few requests; None where each has to be read by one of its own."""
        ...

    def delete_jobs(self, jobs: Sequence[Job], *, not_after: float) -> Reply:
        """Ask in one request for the deletion of jobs: one, or several of one workspace and of known kinds.

        Nothing is sent after `not_after` (monotonic seconds). Raises nothing. The answer is for all; for several it is
        `unknown` whenever some of them may have been deleted: no result for a single one is ever made up.
        """
        ...

    def list_projects(self) -> tuple[tuple[str, str], ...]:
        """The (id, name) of the projects that the credentials see under the configured name, or all without one."""
        ...

    def read_quota(self) -> Quota | None:
        """The quota of jobs; None only where the platform says, in the words it has for this, that it has no such route."""
        ...

    def inspect(self, *, ask: bool = True) -> Inspection:
        """What is known of the platform beyond its jobs, for people; an error is part of it and not raised.

        Asking sends one request a feature, none of which can change anything; without `ask` nothing is sent at all.
        """
        ...

    def traffic(self) -> Traffic:
        """What was sent so far."""
        ...

    def end_by(self, until: float) -> None:
        """From now on send nothing after this, in monotonic seconds; what is asked for later raises OutOfTime, or is unsent."""
        ...

    def close(self) -> None:
        """Release every connection; harmless when repeated."""
        ...
