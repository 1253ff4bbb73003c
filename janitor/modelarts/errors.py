"""Owns the library's errors; none carries a header, a key, a token or an exception of the HTTP library."""

from typing import Any


class ModelArtsError(Exception):
    """Anything that kept a call from an understood, successful answer.

    `status`, `code` and `request_id` are the platform's, where it answered, except that a refusal under a success status counts
    as 400; so are `said` and `solution`: its own words and its advice, free of secrets, "" where there are none. `attempts`
    counts the requests that left for this call. With `attempts` 0 the platform saw nothing of it. `is_of_iam` says that it was
    answered in the shape that only the identity service has (docs/modelarts-api.md, error bodies).
    """

    def __init__(
        self, message: str, *, status: int | None = None, code: str | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.said = self.solution = ""
        self.attempts = 0
        self.is_of_iam = False


class NotFound(ModelArtsError):
    """The platform recognised the request and says that this job does not exist."""


class AuthFailed(ModelArtsError):
    """The credentials were refused; every later request over this transport fails the same way, unsent."""


class ClockSkewed(AuthFailed):
    """The signature was refused because our clock differs from the server's.

    `skew` is server time minus ours, in seconds; None where it could not be told.
    """

    def __init__(self, message: str, *, skew: float | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.skew = skew


class PermissionDenied(ModelArtsError):
    """The key is good but may not do this."""


class Misconfigured(ModelArtsError):
    """The endpoint, project, workspace, proxy or certificate is wrong; the same request will not work later either."""


class CertificateRefused(Misconfigured):
    """Somebody answers at the address, but not with a certificate for it that is trusted and valid today; nothing was sent."""


class WrongProject(Misconfigured):
    """The project is not that of the credentials, so nothing that is said of its jobs can be believed."""


class AccountBlocked(Misconfigured):
    """The account is frozen, restricted or in arrears."""


class RouteAbsent(Misconfigured):
    """The platform has no such route in this region or edition, so it did nothing; says nothing about any job."""


class Conflict(ModelArtsError):
    """The job's phase forbids this now; read it again before deciding."""


class Rejected(ModelArtsError):
    """A definite refusal of the request as it was written; nothing was changed."""


class Throttled(ModelArtsError):
    """The platform wants fewer requests; nothing was changed.

    `retry_after` is the wait it asked for, in seconds, or None.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after


class Unavailable(ModelArtsError):
    """No usable answer to a read after its retries, or no connection: nothing was changed."""


class OutcomeUnknown(ModelArtsError):
    """A changing request left and may have been applied; only looking can tell."""


class ProtocolError(ModelArtsError):
    """A read was answered with something that is not understood; it is never an empty result."""


class DoesNotAddUp(ProtocolError):
    """A question about one job was answered with success, but the answer contradicts itself: nothing is known of this job."""


class ListingIncomplete(ModelArtsError):
    """The pages of a listing do not add up to a proven whole."""


class Unsent(ModelArtsError):
    """The client itself held the request back."""


class Unsendable(Unsent):
    """The request, as it would have to be written, is none that HTTP can carry, or not the one that was meant."""


class BreakerOpen(Unsent):
    """Too many requests in a row failed; the platform is left alone for a while."""


class TooLate(Unsent):
    """The deadline by which the request had to leave has passed."""


class OutOfTime(Unsent):
    """The time that all requests together were given is over."""


class Stopped(Unsent):
    """The stop event was set."""
