"""Owns the tree of janitor's errors; the message says what is wrong, where, and what to do next."""

from typing import ClassVar


class JanitorError(Exception):
    """Anything janitor reports to its user instead of a traceback."""

    exit_code: ClassVar[int] = 1


class Defect(JanitorError):
    """Something that nobody foresaw went wrong in janitor itself."""


class UsageError(JanitorError):
    """The command line asks for something that is not there."""

    exit_code = 2


class NoSuchJob(UsageError):
    """A job that was named does not exist."""


class ConfigError(JanitorError):
    """The policy file cannot be used; one line a problem, each with file:line:column."""

    exit_code = 2


class LedgerError(JanitorError):
    """The ledger cannot be trusted or written, so nothing may be deleted."""

    exit_code = 5


class LedgerDoubted(LedgerError):
    """What lies there is not what was written: the ledger was cut, put back, replaced or lost."""


class LedgerBusy(LedgerError):
    """Too much is asked of the ledger at once; it is as good as before, so ask again soon."""


class LedgerUnreachable(LedgerError):
    """No server answers where the ledger should be, or it is not ready yet: whoever can wait may ask again."""


class LockHeld(JanitorError):
    """Another sweep of this target is at work."""

    exit_code = 4


class Refused(JanitorError):
    """A guard lets nothing be decided about a target."""

    exit_code = 4


class StandingChanged(JanitorError):
    """Holds or pauses changed since they were read, so nothing was written: read them again, and decide again."""

    exit_code = 4


class BackendError(JanitorError):
    """A platform could not be asked or did not answer; `code` is the word shown in `error.code`."""

    exit_code = 6
    code: ClassVar[str] = "unreachable"


class Unreachable(BackendError):
    """The platform did not answer usably within the retries."""


class NotPermitted(BackendError):
    """The platform refuses these credentials."""

    code = "not_permitted"


class CredentialsRefused(NotPermitted):
    """The platform refuses the key itself or the signature made with it, so it answers nothing else either."""


class Misconfigured(BackendError):
    """The platform does not know the address, the project or the workspace as configured."""

    code = "misconfigured"


class CertificateRefused(Misconfigured):
    """What answers at the address has no certificate for it that is trusted and valid today, so nothing was sent to it."""


class IdentityDiffers(Misconfigured):
    """The project that the credentials see is not the one that is configured."""

    exit_code = 4
    code = "identity"


class ListingIncomplete(BackendError):
    """The listing could not be proven complete."""

    code = "listing_incomplete"


class NotNarrowed(BackendError):
    """The platform does not list what it was asked for by times of creation; a listing of all jobs does not depend on that."""

    code = "not_narrowed"


class OutOfTime(BackendError):
    """The sweep has lasted as long as it may."""

    code = "max_duration"


class JobNotFound(BackendError):
    """The platform says, in the words it has for this, that the job does not exist."""

    code = "job_not_found"


class ClockSkewed(BackendError):
    """The platform's clock and ours differ so much that it refuses the request."""

    code = "clock_skewed"


class Interrupted(JanitorError):
    """The process was asked to stop, and sends no further request."""

    exit_code = 130


TURNED_AWAY = (CredentialsRefused, IdentityDiffers)
"""What holds for one job holds for all: nothing more of the target can be seen or changed."""
