"""Owns the time after which a transport sends nothing more, and waits for nothing that would only leave later."""

from janitor.modelarts.clock import Clock
from janitor.modelarts.errors import OutOfTime


class Curfew:
    """There is none until it is set; it can be moved at any time, and counts for every request from then on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: float | None = None

    def set(self, until: float | None) -> None:
        """Send nothing after this, in monotonic seconds; None for no end."""
        self._until = until

    def check(self, wait_s: float = 0.0) -> None:
        """Raise OutOfTime where a request could only leave too late, after such a wait."""
        until = self._until
        if until is not None and self._clock.monotonic() + wait_s >= until:
            raise OutOfTime("not sent: the time for all requests together is over")
