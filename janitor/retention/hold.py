"""Owns holds: pins with a reason that beat every policy, and how long they last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from janitor.core.job import Job
from janitor.core.verdict import Reason
from janitor.retention.selector import Answer, Selector

AFTERMATH = timedelta(hours=24)
"""For so long after its end a hold still keeps its jobs from being deleted, so that its owner can renew it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One pin: it covers the jobs named by id, or those that `match` fits; `until` is its last day (UTC), None for no end.

    Raises ValueError where it covers nothing that is named, or both kinds, or gives no reason.
    """

    name: str
    reason: str
    job_ids: frozenset[str] = frozenset()
    match: Selector | None = None
    owner: str | None = None
    until: date | None = None
    targets: frozenset[str] | None = None
    """The targets it is for; None for all."""

    def __post_init__(self) -> None:
        """Refuse a hold of which nobody could say what it covers, or why."""
        if bool(self.job_ids) == (self.match is not None) or (self.match is not None and not self.match.has_conditions()):
            raise ValueError(f"hold {self.name}: give the ids of jobs, or conditions that fit them, and not both")
        if not self.reason.strip():
            raise ValueError(f"hold {self.name}: give a reason")

    @property
    def ends_at(self) -> datetime | None:
        """The instant after its last day; None for no end."""
        return None if self.until is None else datetime.combine(self.until, time.min, UTC) + timedelta(days=1)

    def covers(self, job: Job) -> Answer:
        """Say whether it covers a job; None where that cannot be told."""
        return job.id in self.job_ids if self.match is None else self.match.match_all(job)


def find_hold(job: Job, holds: Iterable[Hold], as_of: datetime) -> Reason | None:
    """Say why a job is held, or None; a hold of which it cannot be told whether it covers the job holds it."""
    for hold in holds:
        if hold.ends_at is not None and as_of >= hold.ends_at + AFTERMATH:
            continue
        answer = hold.covers(job)
        if answer is None:
            return Reason(code="hold_unknown", text=f"whether hold {hold.name} covers it cannot be told")
        if answer:
            return _reason(hold, as_of)
    return None


def _reason(hold: Hold, as_of: datetime) -> Reason:
    if hold.ends_at is not None and as_of >= hold.ends_at:
        text = f"hold {hold.name} ({hold.reason}) ended with {hold.until}; a job stays for 24 h after its hold"
        return Reason(code="hold_ended", text=text)
    return Reason(code="hold", text=f"hold {hold.name}: {hold.reason}")
