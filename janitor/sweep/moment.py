"""Owns the moment a sweep decides by: its clock is read once, and asked later whether somebody set it meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from janitor.core.job import CLOCK_TOLERANCE
from janitor.core.seams import Clock
from janitor.core.verdict import Reason

CLOCK_SET = Reason(
    code="clock",
    text="this machine's clock was set by over 5 minutes in mid-sweep, so no more is deleted; what is left is decided anew",
)
"""Why a sweep ends: what it would write from now on has a time that counts for no pace and no later sweep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One reading of a clock: `as_of` in UTC, `started` in the same clock's monotonic seconds."""

    clock: Clock
    as_of: datetime
    started: float

    def set_by(self) -> timedelta:
        """How far the clock was set forward since, or back, beside the time that passed."""
        passed = timedelta(seconds=self.clock.monotonic() - self.started)
        return self.clock.now() - self.as_of - passed

    def why_not(self) -> Reason | None:
        """Why nothing may be intended by this clock any more; None while nobody has set it by more than is tolerated."""
        return CLOCK_SET if abs(self.set_by()) > CLOCK_TOLERANCE else None


def read_moment(clock: Clock) -> Moment:
    """Read the clock."""
    return Moment(clock=clock, as_of=clock.now(), started=clock.monotonic())
