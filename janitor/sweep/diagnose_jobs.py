"""Owns the checks of a platform's jobs: the listing, how it is paged, a look, the quota."""

from janitor.backends.port import Listing
from janitor.core.errors import BackendError, JobNotFound, ListingIncomplete, Misconfigured, NotPermitted
from janitor.sweep.diagnose_check import Check, fault, ok, skipped, unknown, warning
from janitor.sweep.diagnose_login import KEY
from janitor.sweep.diagnose_permissions import advise
from janitor.sweep.diagnose_seen import Seen

NEARLY_FULL_PERCENT = 90
_PLACE = "check endpoint, project_id, workspaces, proxy and ca_file of this target"
_MOVING = "run it again while fewer jobs come and go; until the listing is complete, nothing is deleted here"


def judge_listing(seen: Seen) -> Check:
    """Whether every finished job is seen."""
    if isinstance(seen.listing, Listing):
        return ok("list", _describe(seen.listing))
    if seen.cause != "list":
        return skipped("list", seen.cause)
    grant = f"{_advise_on(seen, seen.listing, 'list', 'get')}; if it has that, {KEY}"
    advice = {NotPermitted: grant, Misconfigured: _PLACE, ListingIncomplete: _MOVING}
    return fault("list", str(seen.listing), next(text for kind, text in advice.items() if isinstance(seen.listing, kind)))


def _advise_on(seen: Seen, error: BackendError, *whats: str) -> str:
    """Which permissions to grant: those that the error names, else those for these."""
    return advise(seen, *([need.what for need in seen.needs_named(error)] or whats))


def _describe(listing: Listing) -> str:
    places = "" if not listing.workspaces else f" in {len(listing.workspaces)} workspace(s)"
    return f"complete: {len(listing.jobs)} finished jobs{places}"


def judge_offsets(seen: Seen) -> Check:
    """What offsets count: the platform's documents contradict each other, so each listing finds out by itself."""
    if not isinstance(seen.listing, Listing):
        return skipped("offsets", seen.cause)
    if seen.listing.offsets is None:
        return unknown("offsets", "too few jobs to show what list offsets count; each listing finds out, or is refused")
    return ok("offsets", f"list offsets count {seen.listing.offsets}")


def judge_look(seen: Seen) -> Check:
    """Whether a job can be read by its id."""
    if seen.cause:
        return skipped("get", seen.cause)
    if seen.job is None:
        return unknown("get", "there is no finished job to look at")
    if isinstance(seen.job, JobNotFound):
        return unknown("get", f"the job went in between: {seen.job}", "run it again")
    if isinstance(seen.job, BackendError):
        is_refused = isinstance(seen.job, NotPermitted)
        return fault("get", str(seen.job), _advise_on(seen, seen.job, "get") if is_refused else "run it again")
    return ok("get", f"job {seen.job.id} can be read")


def judge_quota(seen: Seen) -> Check:
    """Never a fault: no sweep needs it."""
    if seen.cause:
        return skipped("quota", seen.cause)
    if seen.quota is None:
        return unknown("quota", "the platform has no route that tells it")
    if isinstance(seen.quota, BackendError):
        advice = f"sweeps do not need it; to see it, {advise(seen, 'quota')}" if isinstance(seen.quota, NotPermitted) else ""
        return unknown("quota", str(seen.quota), advice)
    limit, used = seen.quota.limit, seen.quota.used
    text = f"{used} of {limit} jobs used"
    if used * 100 < limit * NEARLY_FULL_PERCENT:
        return ok("quota", text)
    return warning("quota", text, "delete jobs, or ask for a higher quota")
