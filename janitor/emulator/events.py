"""Owns the events of jobs: what follows from a job's document, and what happens while the emulator runs (§1.2 row 8)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from janitor.emulator.document import ACTIVE, Job, text_of, value_of

_LEVELS = {"Failed": "Error", "Abnormal": "Error", "Terminating": "Warning", "Terminated": "Warning"}
LEVELS = ("Info", "Error", "Warning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a job's history; `at` is aware UTC."""

    at: datetime
    message: str
    level: str = "Info"
    source: str = "platform"


class Events:
    """What was noted for each job, by its id; who holds the world's lock may use it."""

    def __init__(self) -> None:
        self._noted: dict[str, list[Event]] = {}

    def note(self, job_id: str, event: Event) -> None:
        """Add an event."""
        self._noted.setdefault(job_id, []).append(event)

    def of(self, job: Job) -> list[Event]:
        """Return the events of a job, oldest first: those of its document, then those that were noted."""
        noted = self._noted.get(job["metadata"]["id"], [])
        return sorted([*_documented(job, has_ended=bool(noted)), *noted], key=lambda event: event.at)

    def forget(self, job_id: str) -> None:
        """Drop the events of a job that is gone."""
        self._noted.pop(job_id, None)


def phase_event(phase: str, at: datetime) -> Event:
    """Build the event of a job that has reached a phase."""
    return Event(at=at, message=f"Training job is {phase.lower()}.", level=_LEVELS.get(phase, "Info"))


def _documented(job: Job, *, has_ended: bool) -> list[Event]:
    """Read creation, start and end off a document; an end that was noted is not told twice."""
    created, start = value_of(job, "metadata", "create_time"), value_of(job, "status", "start_time")
    phase, duration = text_of(job, "status", "phase") or "", value_of(job, "status", "duration")
    found = []
    if isinstance(created, int):
        found.append(Event(at=_moment(created), message="Training job is created."))
    if isinstance(start, int) and start > 0:
        found.append(phase_event("Running", _moment(start)))
        if phase not in ACTIVE and not has_ended and isinstance(duration, int):
            found.append(phase_event(phase, _moment(start + duration)))
    return found


def _moment(ms: int) -> datetime:
    """Turn milliseconds into a moment; an absurd number becomes the beginning of time, as no answer may fail for it."""
    try:
        return datetime.fromtimestamp(ms / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(0, UTC)
