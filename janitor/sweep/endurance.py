"""Owns how long a sweep of a target may last: when no batch and no request begins any more, and when proving ends."""

from dataclasses import dataclass

from janitor.core.verdict import Reason
from janitor.sweep.moment import Moment

OVER = Reason(code="max_duration", text="the sweep has lasted its max_duration; the next sweep goes on from here")
"""Why the rest of a plan waits, as it does for the pace: nothing is wrong."""
_NOT_RESUMED = {
    "apply": "it has lasted its max_duration; the plan is used up: make a new one with `janitor plan -o FILE`",
    "delete": "it has lasted its max_duration; name the jobs that are left again",
}


def over_of(kind: str) -> Reason:
    """The same for each kind of sweep: what a plan file or a person named is not gone on with by itself."""
    return Reason(code=OVER.code, text=_NOT_RESUMED.get(kind, OVER.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Endurance:
    """What is left of `max_duration`, in elapsed time: no step of the wall clock lengthens a sweep; one too large ends it."""

    moment: Moment
    until: float
    reason: Reason = OVER

    def over(self, wait_s: float = 0.0) -> Reason | None:
        """Why nothing may begin now, or after such a wait; None while there is time."""
        is_over = self.moment.clock.monotonic() + wait_s >= self.until
        return self.moment.why_not() or (self.reason if is_over else None)
