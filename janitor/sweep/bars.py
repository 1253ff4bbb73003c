"""Owns what may come up while a sweep deletes: another sweep of the target, a hold, a pause. It is asked before each request."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from janitor.core.job import Job
from janitor.core.verdict import Reason
from janitor.ledger.standing import Standing, read_standing
from janitor.retention.hold import Holds
from janitor.retention.pause import check_pause
from janitor.sweep.attempt import Attempt
from janitor.sweep.journal import Journal
from janitor.sweep.target import Target, Tools

PAUSED = "paused"
BLIND = Reason(code="held", text="a hold that came after the look asks for labels that the look did not read; it waits")


@dataclass(kw_only=True)
class Bars:
    """Reads what stands against deleting; only what changed since the last reading is read again."""

    target: Target
    tools: Tools
    journal: Journal
    as_of: datetime
    _latest: "_Reading" = field(init=False)

    def __post_init__(self) -> None:
        """Read what stands now, so that the first look knows what the holds ask about a job."""
        self._latest = self._make_ready(read_standing(self.journal.ledger, self.target.name))

    @property
    def unread(self) -> frozenset[str]:
        """What a look may pass over, as neither a policy nor a hold that is known by now reads it."""
        return self._latest.unread

    @property
    def label_keys(self) -> frozenset[str]:
        """The keys of the labels that a policy, or a hold that is known by now, reads."""
        return self._latest.label_keys

    def holds_until(self) -> float:
        """The monotonic time until which no other sweep can have taken the target over."""
        return self.journal.holds_until()

    def check_fence(self) -> None:
        """Raise LedgerError where another sweep took the target over: the process may have stood still for long."""
        self.journal.check_fence()

    def find(self, jobs: Sequence[Job]) -> tuple[dict[str, Reason], int]:
        """Say why each of these jobs may not be asked for now, by id; a pause is for all. The number is that of the reading.

        A job may be among them twice, as it was and as it is: a hold of either is one.
        """
        now = self._read()
        pause = check_pause(now.standing.pause, self.tools.halted())
        if pause is not None:
            return {job.id: Reason(code=PAUSED, text=pause.message) for job in jobs}, now.standing.version
        return {job.id: hold for job in jobs if (hold := now.holds.find(job)) is not None}, now.standing.version

    def find_blind(self, attempts: Iterable[Attempt]) -> dict[str, Reason]:
        """The jobs whose looks did not read every label that a hold asks for by now, so that it cannot tell about them."""
        keys = self._latest.label_keys
        looks = ((attempt.job_id, attempt.look.label_keys) for attempt in attempts)
        return {job_id: BLIND for job_id, read in looks if read is not None and not keys <= read}

    def _read(self) -> "_Reading":
        """What stands now; several may ask at once, so each goes by the reading that it got, whatever the others read."""
        known = self._latest
        standing = read_standing(self.journal.ledger, self.target.name, known.standing)
        if standing.version != known.standing.version:
            known = self._latest = self._make_ready(standing)
        return known

    def _make_ready(self, standing: Standing) -> "_Reading":
        unread = self.target.rules.with_holds(standing.holds).unread_fields()
        label_keys = self.target.rules.with_holds(standing.holds).label_keys()
        return _Reading(standing=standing, holds=Holds(standing.holds, self.as_of), unread=unread, label_keys=label_keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One reading, and what is made ready of it once."""

    standing: Standing
    holds: Holds
    unread: frozenset[str]
    label_keys: frozenset[str]
