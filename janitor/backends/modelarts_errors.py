"""Owns the meaning of the ModelArts library's errors to a sweep: which of janitor's each becomes, and the fate of a deletion."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from janitor.backends.port import LEFT_ALONE, Answer, Reply
from janitor.core.errors import (
    BackendError,
    CertificateRefused,
    ClockSkewed,
    CredentialsRefused,
    IdentityDiffers,
    Interrupted,
    JobNotFound,
    ListingIncomplete,
    Misconfigured,
    NotPermitted,
    OutOfTime,
    Unreachable,
)
from janitor.modelarts import errors as vendor

RAISED: tuple[tuple[type[vendor.ModelArtsError], type[BackendError]], ...] = (
    (vendor.NotFound, JobNotFound),
    (vendor.ClockSkewed, ClockSkewed),
    (vendor.AuthFailed, CredentialsRefused),
    (vendor.PermissionDenied, NotPermitted),
    (vendor.WrongProject, IdentityDiffers),
    (vendor.CertificateRefused, CertificateRefused),
    (vendor.Misconfigured, Misconfigured),
    (vendor.ListingIncomplete, ListingIncomplete),
    (vendor.OutOfTime, OutOfTime),
    (vendor.ModelArtsError, Unreachable),
)
"""The first that fits; whatever is not named leaves the target unreachable, never "gone"."""


ADVICE: dict[type[BackendError], str] = {
    OutOfTime: "; the sweep has lasted its max_duration: raise it in the policy file, or the requests per second",
}
"""What to do, where the library cannot know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What an error of a delete request means: the answer, a word for it, and whether the sweep ends."""

    answer: Answer
    code: str
    ends_sweep: bool = False


Fates = tuple[tuple[type[vendor.ModelArtsError], Fate], ...]

FATES: Fates = (
    (vendor.NotFound, Fate(answer=Answer.GONE, code="said_gone")),
    (vendor.TooLate, Fate(answer=Answer.LATE, code="too_slow")),
    (vendor.Stopped, Fate(answer=Answer.UNSENT, code="interrupted", ends_sweep=True)),
    (vendor.BreakerOpen, Fate(answer=Answer.UNSENT, code=LEFT_ALONE, ends_sweep=True)),
    (vendor.OutOfTime, Fate(answer=Answer.UNSENT, code="max_duration", ends_sweep=True)),
    (vendor.Unsendable, Fate(answer=Answer.UNSENT, code="unsendable")),
    (vendor.Throttled, Fate(answer=Answer.UNSENT, code="throttled", ends_sweep=True)),
    (vendor.Unavailable, Fate(answer=Answer.UNSENT, code="unreachable")),
    (vendor.AuthFailed, Fate(answer=Answer.REFUSED, code="not_permitted", ends_sweep=True)),
    (vendor.WrongProject, Fate(answer=Answer.REFUSED, code="identity", ends_sweep=True)),
    (vendor.Misconfigured, Fate(answer=Answer.REFUSED, code="misconfigured", ends_sweep=True)),
    (vendor.PermissionDenied, Fate(answer=Answer.REFUSED, code="not_permitted")),
    (vendor.Conflict, Fate(answer=Answer.REFUSED, code="conflict")),
    (vendor.Rejected, Fate(answer=Answer.REFUSED, code="rejected")),
    (vendor.ModelArtsError, Fate(answer=Answer.UNKNOWN, code="unknown")),
)
"""The first that fits; whatever is not named may have deleted the job, and is settled by looking."""

BATCH_FATES: Fates = (
    (vendor.RouteAbsent, Fate(answer=Answer.UNSUPPORTED, code="no_batch")),
    *((kind, fate) for kind, fate in FATES if fate.answer in (Answer.LATE, Answer.UNSENT) or fate.ends_sweep),
    (vendor.ModelArtsError, Fate(answer=Answer.UNKNOWN, code="batch_unclear")),
)
"""The same for a request that names several jobs: even a refusal says nothing about any single one of them."""


def reply_to(error: vendor.ModelArtsError, fates: Fates) -> Reply:
    """The answer that a failed delete request came to; what is refused before anything left is merely unsent."""
    fate = next(fate for kind, fate in fates if isinstance(error, kind))
    has_left = error.attempts > 0 or fate.answer is not Answer.REFUSED
    return Reply(
        answer=fate.answer if has_left else Answer.UNSENT,
        code=fate.code,
        message=str(error),
        request_id=error.request_id,
        error_code=error.code,
        ends_sweep=fate.ends_sweep,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raise janitor's errors in place of the library's."""
    try:
        yield
    except vendor.Stopped as error:
        raise Interrupted("asked to stop") from error
    except vendor.ModelArtsError as error:
        kind = next(ours for theirs, ours in RAISED if isinstance(error, theirs))
        raise kind(f"{error}{ADVICE.get(kind, '')}") from error
