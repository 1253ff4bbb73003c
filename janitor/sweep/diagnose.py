"""Owns the diagnosis of one target: what works, what does not, and what to do next; it deletes and writes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from janitor.backends.port import Listing, Quota, Traffic
from janitor.core.errors import (
    BackendError,
    ClockSkewed,
    CredentialsRefused,
    JobNotFound,
    ListingIncomplete,
    Misconfigured,
    NotPermitted,
)
from janitor.core.job import Job
from janitor.retention.guards import check_clock, check_identity
from janitor.sweep.target import Target

T = TypeVar("T")
NEARLY_FULL_PERCENT = 90

_KEY = "check the access key, its secret and, for temporary keys, the token: all of the same user, none expired or locked"
_PERMISSION = (
    "grant the key's user modelarts:trainJob:list, get and delete in this project (for api: v1 also trainJobVersion:list)"
)
_PLACE = "check endpoint, project_id, workspaces, proxy and ca_file of this target"
_REACH = "check endpoint, proxy and ca_file of this target, and whether this machine may connect there"
_MOVING = "run it again while fewer jobs come and go; until the listing is complete, nothing is deleted here"
_CLOCK = "set this machine's clock, best by NTP"
_QUOTA = "sweeps do not need it; to see it, grant modelarts:trainJob:getQuotas"


class Result(StrEnum):
    """What a check came to; only a fault asks for action."""

    OK = "ok"
    FAULT = "fault"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: what was seen, and what to do next where there is something to do."""

    check: str
    result: Result
    message: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the platform answered; an error is an answer too, and None was not asked for."""

    listing: Listing | BackendError
    traffic: Traffic
    job: Job | BackendError | None = None
    quota: Quota | BackendError | None = None
    projects: tuple[tuple[str, str], ...] | BackendError | None = None

    @property
    def cause(self) -> str:
        """The check that tells why the listing could not be read; empty where it could."""
        if isinstance(self.listing, Listing):
            return ""
        if isinstance(self.listing, ClockSkewed):
            return "clock"
        if isinstance(self.listing, CredentialsRefused):
            return "signed"
        if isinstance(self.listing, Misconfigured) and not any(self.traffic.requests.values()):
            return "reachable"
        return "list" if isinstance(self.listing, NotPermitted | Misconfigured | ListingIncomplete) else "reachable"


def diagnose_target(target: Target, as_of: datetime) -> tuple[Check, ...]:
    """Ask, then judge: reachable, signed, identity, clock, list, get, quota.

    Identity is asked for last: it may be another service's to tell, and a key that it refuses is not used any more.
    """
    seen = _ask_all(target)
    return (
        _judge_reach(seen),
        _judge_signature(seen),
        _judge_identity(target, seen),
        _judge_clock(seen, as_of),
        _judge_listing(seen),
        _judge_look(seen),
        _judge_quota(seen),
    )


def _ask_all(target: Target) -> _Seen:
    """Ask no more where that can teach nothing: no answer came, or refused credentials, which more requests could lock."""
    backend = target.backend
    listing = _ask(backend.list_jobs)
    first = _Seen(listing=listing, traffic=backend.traffic())
    if first.cause in ("reachable", "signed", "clock"):
        return first
    last = listing.jobs[-1] if isinstance(listing, Listing) and listing.jobs else None
    return _Seen(
        listing=listing,
        job=None if last is None else _ask(lambda: backend.get_job(last.id)),
        quota=None if first.cause else _ask(backend.read_quota),
        projects=None if target.project_name is None else _ask(backend.list_projects),
        traffic=backend.traffic(),
    )


def _ask(question: Callable[[], T]) -> T | BackendError:
    try:
        return question()
    except BackendError as error:
        return error


def _judge_reach(seen: _Seen) -> Check:
    if seen.cause == "reachable":
        return _fault("reachable", str(seen.listing), _REACH)
    return _ok("reachable", "an answer came")


def _judge_signature(seen: _Seen) -> Check:
    if seen.cause == "signed":
        return _fault("signed", str(seen.listing), _KEY)
    if seen.cause in ("reachable", "clock"):
        return _skipped("signed", seen.cause)
    if isinstance(seen.listing, NotPermitted | Misconfigured):
        return _unknown("signed", "not proven: the listing was refused, but not in the words for a bad key")
    return _ok("signed", "the credentials are accepted")


def _judge_identity(target: Target, seen: _Seen) -> Check:
    if target.project_name is None:
        text = "not asked: no project_name is set"
        return _unknown("identity", text, "set project_name, and iam_endpoint where it cannot be derived from endpoint")
    if seen.projects is None:
        return _skipped("identity", seen.cause)
    if isinstance(seen.projects, BackendError):
        return _fault("identity", str(seen.projects), "check iam_endpoint and project_name of this target, and the key")
    refusal = check_identity(target.project_id, target.project_name, seen.projects)
    if refusal is not None:
        return _fault("identity", refusal.message, "until both agree, every sweep of this target is refused")
    return _ok("identity", f"the credentials see project {target.project_name} with id {target.project_id}")


def _judge_clock(seen: _Seen, as_of: datetime) -> Check:
    """The same 5 minutes as in a sweep; the difference is that of the last answer."""
    skew = seen.traffic.skew
    refusal = check_clock(skew, as_of, None)
    if refusal is not None:
        return _fault("clock", refusal.message, _CLOCK)
    if seen.cause == "clock":
        return _fault("clock", str(seen.listing), _CLOCK)
    if seen.cause == "reachable":
        return _skipped("clock", "reachable")
    if skew is None:
        return _unknown("clock", "no answer told the server's time")
    return _ok("clock", f"the server's clock differs from ours by {skew.total_seconds():+.0f} s")


def _judge_listing(seen: _Seen) -> Check:
    if isinstance(seen.listing, Listing):
        return _ok("list", _describe(seen.listing))
    if seen.cause != "list":
        return _skipped("list", seen.cause)
    advice = {NotPermitted: f"{_PERMISSION}; if it has them, {_KEY}", Misconfigured: _PLACE, ListingIncomplete: _MOVING}
    return _fault("list", str(seen.listing), next(text for kind, text in advice.items() if isinstance(seen.listing, kind)))


def _describe(listing: Listing) -> str:
    places = "" if not listing.workspaces else f" in {len(listing.workspaces)} workspace(s)"
    offsets = "" if listing.offsets is None else f"; its offsets count {listing.offsets}"
    return f"complete: {len(listing.jobs)} finished jobs{places}{offsets}"


def _judge_look(seen: _Seen) -> Check:
    if seen.cause:
        return _skipped("get", seen.cause)
    if seen.job is None:
        return _unknown("get", "there is no finished job to look at")
    if isinstance(seen.job, JobNotFound):
        return _unknown("get", f"the job went in between: {seen.job}", "run it again")
    if isinstance(seen.job, BackendError):
        return _fault("get", str(seen.job), _PERMISSION if isinstance(seen.job, NotPermitted) else "run it again")
    return _ok("get", f"job {seen.job.id} can be read")


def _judge_quota(seen: _Seen) -> Check:
    """Never a fault: no sweep needs it."""
    if seen.cause:
        return _skipped("quota", seen.cause)
    if seen.quota is None:
        return _unknown("quota", "the platform has no route that tells it")
    if isinstance(seen.quota, BackendError):
        return _unknown("quota", str(seen.quota), _QUOTA if isinstance(seen.quota, NotPermitted) else "")
    limit, used = seen.quota.limit, seen.quota.used
    text = f"{used} of {limit} jobs used"
    if used * 100 < limit * NEARLY_FULL_PERCENT:
        return _ok("quota", text)
    return Check(check="quota", result=Result.OK, message=f"WARNING: {text}", advice="delete jobs, or ask for a higher quota")


def _ok(check: str, message: str) -> Check:
    return Check(check=check, result=Result.OK, message=message)


def _fault(check: str, message: str, advice: str) -> Check:
    return Check(check=check, result=Result.FAULT, message=message, advice=advice)


def _unknown(check: str, message: str, advice: str = "") -> Check:
    return Check(check=check, result=Result.UNKNOWN, message=message, advice=advice)


def _skipped(check: str, cause: str) -> Check:
    return Check(check=check, result=Result.SKIPPED, message=f"not asked, because of {cause}")
