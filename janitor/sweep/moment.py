"""Owns the moment a sweep decides by: its clock is read once, and asked later whether somebody set it meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from janitor.core.seams import Clock


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


def read_moment(clock: Clock) -> Moment:
    """Read the clock."""
    return Moment(clock=clock, as_of=clock.now(), started=clock.monotonic())
