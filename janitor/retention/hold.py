"""Owns holds: pins with a reason that beat every policy, and how long they last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice

from janitor.core.job import Job
from janitor.core.verdict import Reason
from janitor.retention.selector import Answer, Condition, Selector, ask_all

AFTERMATH = timedelta(hours=24)
"""For so long after its end a hold still keeps its jobs from being deleted, so that its owner can renew it."""

HOLD = "hold"
HOLD_ENDED = "hold_ended"
HOLD_UNKNOWN = "hold_unknown"
"""From HOLD on: codes of reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One pin: it covers the jobs named by id, or those that `match` fits; `until` is its last day (UTC), None for no end.

    Ids are compared without case: a hold that missed its job by the case of a letter would protect nothing. Raises
    ValueError where it covers nothing that is named, or both kinds, or gives no reason.
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
        if not all(job_id.strip() for job_id in self.job_ids):
            raise ValueError(f"hold {self.name}: an id of a job is blank")
        if not self.reason.strip():
            raise ValueError(f"hold {self.name}: give a reason")
        object.__setattr__(self, "job_ids", frozenset(job_id.casefold() for job_id in self.job_ids))

    def covers(self, job: Job) -> Answer:
        """Say whether it covers a job; None where that cannot be told."""
        return self.question()(job)

    def question(self) -> Condition:
        """What `covers` asks, made ready once for many jobs."""
        if self.match is None:
            return lambda job: job.id.casefold() in self.job_ids
        conditions = self.match.for_keeping()
        return conditions[0] if len(conditions) == 1 else partial(ask_all, conditions)

    @property
    def asks_labels(self) -> bool:
        """Whether it cannot be asked about a job whose labels are not told."""
        return self.match is not None and self.match.labels is not None

    def has_ended(self, as_of: datetime) -> bool:
        """Tell whether its last day is over; days are UTC."""
        return self.until is not None and as_of.astimezone(UTC).date() > self.until

    def is_spent(self, as_of: datetime) -> bool:
        """Tell whether it keeps nothing any more: it ended, and its aftermath is over too."""
        return self.has_ended(as_of - AFTERMATH)


class Holds:
    """The holds of a target, made ready once at one instant for many jobs; those that are spent are left out.

    One of which it cannot be told whether it covers a job holds it. The order of the holds says nothing: one that covers the
    job is named before one that may, then one that lasts before one that has ended, then the first by name. An error in a
    question is not caught here: it says nothing that lets a job go.
    """

    def __init__(self, holds: Iterable[Hold], as_of: datetime) -> None:
        self._as_of = as_of
        lasting = [hold for hold in holds if not hold.is_spent(as_of)]
        self._ranked = sorted(lasting, key=lambda hold: (hold.has_ended(as_of), hold.name))
        self._asked: list[tuple[int, Condition]] = []
        self._by_id: dict[str, tuple[int, int]] = {}
        """Under each id the place of the first hold that names it, and how many questions come before that place."""
        for place, hold in enumerate(self._ranked):
            if hold.match is not None:
                self._asked.append((place, hold.question()))
            for job_id in hold.job_ids:
                self._by_id.setdefault(job_id, (place, len(self._asked)))

    def find(self, job: Job) -> Reason | None:
        """Say why a job is held, or None."""
        if not self._ranked:
            return None
        sure, asked = self._by_id.get(job.id.casefold(), (None, None))
        doubtful: int | None = None
        for place, covers in islice(self._asked, asked):
            answer = covers(job)
            if answer:
                sure = place
                break
            if answer is None and doubtful is None:
                doubtful = place
        if sure is not None:
            return _reason(self._ranked[sure], self._as_of, is_sure=True)
        return None if doubtful is None else _reason(self._ranked[doubtful], self._as_of, is_sure=False)


def find_hold(job: Job, holds: Iterable[Hold], as_of: datetime) -> Reason | None:
    """Say why a single job is held, or None: as `Holds` does for many."""
    return Holds(holds, as_of).find(job)


def _reason(hold: Hold, as_of: datetime, *, is_sure: bool) -> Reason:
    if not is_sure:
        return Reason(code=HOLD_UNKNOWN, text=f"whether hold {hold.name} ({hold.reason}) covers it cannot be told")
    if hold.has_ended(as_of):
        text = f"hold {hold.name} ({hold.reason}) ended with {hold.until}; a job stays for 24 h after its hold"
        return Reason(code=HOLD_ENDED, text=text)
    return Reason(code=HOLD, text=f"held by hold {hold.name}: {hold.reason}")
