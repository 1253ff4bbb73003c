"""Owns how long a sweep of a target may last: when no batch and no request begins any more, and when proving ends."""

from dataclasses import dataclass

from janitor.core.seams import Clock
from janitor.core.verdict import Reason

OVER = Reason(code="max_duration", text="the sweep has lasted its max_duration; the next sweep goes on from here")
"""Why the rest of a plan waits, as it does for the pace: nothing is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endurance:
    """What is left of `max_duration`, in elapsed time: no step of the wall clock lengthens a sweep or cuts it short."""

    clock: Clock
    until: float

    def over(self, wait_s: float = 0.0) -> Reason | None:
        """Why nothing may begin now, or after such a wait; None while there is time."""
        return OVER if self.clock.monotonic() + wait_s >= self.until else None
