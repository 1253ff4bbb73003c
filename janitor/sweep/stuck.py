"""Owns deletions that stay open: when one is stuck, how that is told, and when the platform may be asked once more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from janitor.core.duration import format_duration
from janitor.core.verdict import Reason

if TYPE_CHECKING:
    from janitor.ledger.facts import OpenIntent

STUCK = "stuck"
STUCK_AFTER = timedelta(hours=24)
COOL_DOWN = timedelta(days=7)
"""So long after its last request an accepted deletion that was never done is given up, and the job is decided about anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A deletion that is still open a day after it was intended; `since` is its last request, or its intent without any."""

    job_id: str
    job_name: str | None
    since: datetime
    attempts: int
    is_accepted: bool
    is_given_up: bool = False

    @property
    def reason(self) -> Reason:
        """How it stands, in a sentence."""
        asked = f"asked for {self.attempts} time{'' if self.attempts == 1 else 's'}"
        if not self.is_accepted:
            text = f"stuck: {asked}, last at {_minute(self.since)}, and since then it could not be told what came of it"
        elif self.is_given_up:
            text = f"{self._accepted()}, and it was still there {format_duration(COOL_DOWN)} later ({asked}): given up"
        else:
            again = f"it is asked for again after {_minute(self.since + COOL_DOWN)} at the earliest"
            text = f"stuck: {self._accepted()}, and it is still open ({asked}); {again}"
        return Reason(code=STUCK, text=text)

    def _accepted(self) -> str:
        return f"the platform accepted its deletion at {_minute(self.since)}"


def find_stuck(intents: Iterable["OpenIntent"], now: datetime, given_up: Iterable[str] = ()) -> tuple[Stuck, ...]:
    """Which of these open deletions are stuck; `given_up` are intents that end with this sweep."""
    over = frozenset(given_up)
    return tuple(
        Stuck(
            job_id=intent.job_id,
            job_name=intent.event.get("job_name"),
            since=intent.last_at,
            attempts=intent.attempts,
            is_accepted=intent.is_accepted,
            is_given_up=intent.intent_id in over,
        )
        for intent in intents
        if is_stuck(intent.at, now)
    )


def is_stuck(at: datetime, now: datetime) -> bool:
    """Whether a deletion that was intended then and is still open has been so for too long."""
    return now - at > STUCK_AFTER


def is_cool(intent: "OpenIntent", now: datetime) -> bool:
    """Whether an accepted deletion of a job that is still there has been waited for long enough."""
    return intent.is_accepted and now - intent.last_at > COOL_DOWN


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%MZ}"
