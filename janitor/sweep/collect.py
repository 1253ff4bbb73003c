"""Owns step 1: everything is listed before anything is decided, and disbelieved where it misses a job that is there."""

from collections.abc import Iterable

from janitor.backends.port import Backend, Listing, ListsByCreation
from janitor.core.errors import JobNotFound, ListingIncomplete, NotNarrowed
from janitor.core.job import Job
from janitor.core.phase import TERMINAL
from janitor.core.span import Span


def collect(backend: Backend, survivors: Iterable[str], span: Span | None = None) -> Listing:
    """List everything, or what was created by the end of a span, then disbelieve a listing that misses one of the survivors.

    That is one which a look still finds in a terminal phase, and which belongs to what was listed. Raises NotNarrowed where the
    platform cannot list by creation.
    """
    listing = backend.list_jobs() if span is None else _list_created(backend, span)
    listed = {job.id for job in listing.jobs}
    if len(listed) != len(listing.jobs):
        raise ListingIncomplete("the listing shows a job twice after de-duplication; nothing is decided on it")
    for job_id in survivors:
        if job_id not in listed and _is_still_there(backend, job_id, listing):
            raise ListingIncomplete(
                f"job {job_id} exists, but the listing of {len(listed)} jobs does not show it; nothing is decided on it"
            )
    return listing


def _list_created(backend: Backend, span: Span) -> Listing:
    if not isinstance(backend, ListsByCreation):
        raise NotNarrowed("the platform does not list by creation")
    return backend.list_created(span)


def _is_still_there(backend: Backend, job_id: str, listing: Listing) -> bool:
    try:
        job = backend.get_job(job_id)
    except (JobNotFound, ValueError):  # the latter: no id of this platform, from a target that changed its backend
        return False
    return job.phase in TERMINAL and _is_in_scope(job, listing)


def _is_in_scope(job: Job, listing: Listing) -> bool:
    is_of_time = listing.span is None or job.created_at in listing.span
    return is_of_time and (not listing.workspaces or job.workspace in listing.workspaces)
