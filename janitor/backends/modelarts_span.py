"""Owns the listing of the v2 jobs created by a given time: windows of creation, each proven complete like a whole list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from janitor.backends.modelarts_document import parse_job
from janitor.core.errors import NotNarrowed
from janitor.core.job import Job
from janitor.core.span import Span
from janitor.modelarts import errors as vendor
from janitor.modelarts.v2 import TrainingJobsV2
from janitor.modelarts.v2_listing import OffsetMode
from janitor.modelarts.v2_narrow import windows

_CUT = timedelta(seconds=1)
"""A window is widened to whole seconds, so a job may be outside of what was asked by less than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spanned:
    """The jobs of one workspace: all, or those created from `first` on, no later than the oldest, to the end of a span."""

    jobs: tuple[Job, ...]
    offsets: OffsetMode
    first: datetime | None = None


def list_spanned(jobs: TrainingJobsV2, workspace: str, phases: Sequence[str], span: Span) -> Spanned:
    """List window by window, beginning with the oldest job of all; raises ListingIncomplete where one window is not proven.

    1. The first page of the whole list shows the oldest jobs. 2. Each window is read until it is proven complete. 3. What it
    shows has to be of that window, and the jobs of the first page have to be in theirs: else the filter is not heeded, or means
    other times, and NotNarrowed is raised, as where the platform does not take the filter.
    """
    oldest = jobs.peek_jobs(workspace, phases, parse_job)
    first = min([span.first, *(job.created_at for job in oldest if job.created_at is not None)])
    found, offsets = dict[str, Job](), OffsetMode.UNKNOWN
    try:
        for start, end in windows(first, span.last):
            listed = jobs.list_jobs(workspace, phases, parse_job, (start, end))
            strangers = [job for job in listed.items if not _is_within(job, start, end)]
            if strangers:
                raise NotNarrowed(f"job {strangers[0].id} was listed as created from {start} to {end}, and was not")
            found |= {job.id: job for job in listed.items if job.id not in found}
            offsets = listed.offsets
    except vendor.Rejected as error:
        raise NotNarrowed(f"the list is not narrowed by creation: {error}") from error
    for job in oldest:
        if job.id not in found and job.created_at is not None and job.created_at <= span.last:
            raise NotNarrowed(f"job {job.id} is listed, and not among those of the time in which it was created")
    return Spanned(jobs=tuple(found.values()), first=first, offsets=offsets)


def _is_within(job: Job, start: datetime, end: datetime) -> bool:
    """Whether it was created then, as far as that is told: where it is not, nothing can let it go."""
    return job.created_at is None or start - _CUT <= job.created_at <= end + _CUT
