"""Owns what may come up while a sweep deletes: another sweep of the target, a hold, a pause. It is asked before each request."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from janitor.core.job import Job
from janitor.core.verdict import Reason
from janitor.ledger.standing import Standing, read_standing
from janitor.retention.hold import find_hold
from janitor.retention.pause import check_pause
from janitor.sweep.journal import Journal
from janitor.sweep.target import Target, Tools

PAUSED = "paused"


@dataclass(kw_only=True)
class Bars:
    """Reads what stands against deleting; only what changed since the last reading is read again."""

    target: Target
    tools: Tools
    journal: Journal
    as_of: datetime
    standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        """Read what stands now, so that the first look knows what the holds ask about a job."""
        self.standing = read_standing(self.journal.ledger, self.target.name)

    @property
    def unread(self) -> frozenset[str]:
        """What a look may pass over, as neither a policy nor a hold that is known by now reads it."""
        return self.target.rules.with_holds(self.standing.holds).unread_fields()

    def check_fence(self) -> None:
        """Raise LedgerError where another sweep took the target over: the process may have stood still for long."""
        self.journal.check_fence()

    def find(self, jobs: Sequence[Job]) -> tuple[dict[str, Reason], int]:
        """Say why each of these jobs may not be asked for now, by id; a pause is for all. The number is that of the reading.

        A job may be among them twice, as it was and as it is: a hold of either is one.
        """
        now = self.standing = read_standing(self.journal.ledger, self.target.name, self.standing)
        pause = check_pause(now.pause, self.tools.halted())
        if pause is not None:
            return {job.id: Reason(code=PAUSED, text=pause.message) for job in jobs}, now.version
        return {job.id: hold for job in jobs if (hold := find_hold(job, now.holds, self.as_of)) is not None}, now.version
