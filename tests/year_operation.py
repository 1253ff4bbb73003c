"""A project with a janitor: one sweep each night, with the real ledger and the real sweep, and the mishaps of a year."""

import shutil
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, NoReturn

from builders import FakeClock, make_target, make_tools
from scripted import ScriptedBackend
from year import BEGIN, Project
from year_policies import rules_on

from janitor.backends.port import Listing
from janitor.core.errors import ListingIncomplete
from janitor.ledger.file import create_ledger
from janitor.ledger.head_file import anchor_path
from janitor.ledger.opening import open_ledger
from janitor.ledger.store import Ledger, Pen
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Rules
from janitor.sweep.entry import sweep_target
from janitor.sweep.report import TargetReport

PACE = 10
"""One job in so many may go in one night."""


class Killed(BaseException):
    """The end of the process in the middle of a sweep."""


@dataclass(frozen=True, kw_only=True)
class Night:
    """What one sweep came to."""

    day: int
    report: TargetReport
    deleted: int


@dataclass(kw_only=True)
class Operation:
    """One target, its ledger in a folder, and the sweeps so far."""

    project: Project
    folder: Path
    ledger: Ledger | None = None
    nights: list[Night] = field(default_factory=list)
    named: int = 0

    @staticmethod
    def begin(folder: Path, seed: int, size: int) -> "Operation":
        """A project that nobody tidied up, and an empty ledger."""
        operation = Operation(project=Project(seed=seed, size=size), folder=folder)
        operation.project.begin()
        create_ledger(operation.path)
        return operation

    @property
    def path(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def day(self) -> int:
        return round((self.project.now - BEGIN) / timedelta(days=1))

    @property
    def rules(self) -> Rules:
        return rules_on(self.day, BEGIN.date())

    def live(self, days: int) -> None:
        """Let so many days pass, most with a sweep at their end."""
        for day in range(self.day + 1, self.day + days + 1):
            self.project.live_until(BEGIN + timedelta(days=day))
            if not self._has_a_mishap(day):
                self.sweep()

    def sweep(self, **changes: Any) -> TargetReport:
        """One sweep as of now; the target may differ."""
        size, before, day = self.project.size, len(self.project.backend.deleted), self.day
        fields: dict[str, Any] = {
            "rules": self.rules,
            "pace": Pace(per_sweep=size // PACE, per_day=size // 5),
            "limits": Limits(),
        }
        self.project.backend.counts.update(dict.fromkeys(self.project.backend.counts, 0))  # as with a client of its own
        target = make_target(self.project.backend, **(fields | changes))
        self.named += 1
        tools, prefix = make_tools(self.project.clock), f"sweep-{self.named}"
        if self.ledger is None:
            pen = Pen(now=self.project.clock.now, actor="schedule@here")
            self.ledger = open_ledger(self.path, pen, create=False)
        report = sweep_target(target, self.ledger, replace(tools, new_id=lambda: f"{prefix}-{tools.new_id()}"))
        self.nights.append(Night(day=day, report=report, deleted=len(self.project.backend.deleted) - before))
        return report

    def close(self) -> None:
        """Close the ledger, as at the end of the process; the next sweep opens it again."""
        if self.ledger is not None:
            self.ledger.close()
            self.ledger = None

    def crash(self) -> None:
        """A sweep that is killed while it lists."""
        self.project.backend.listing = _die
        try:
            self.sweep()
        except Killed:
            self.close()
            self.project.backend.listing = None

    def fork(self, folder: Path) -> "Operation":
        """The same in another folder; what happens to one does not happen to the other."""
        self.close()
        for path in (self.path, anchor_path(self.path)):
            shutil.copy(path, folder / path.name)
        project = copy(self.project)
        project.random = Random()
        project.random.setstate(self.project.random.getstate())
        project.backend = ScriptedBackend(jobs=dict(self.project.jobs), most_at_once=100)
        project.clock = FakeClock(self.project.now)
        return Operation(project=project, folder=folder, named=self.named)

    def _has_a_mishap(self, day: int) -> bool:
        """Whether there is no sweep on a day: the machine is off, or the platform; a crash is made up for at once."""
        if day % 50 == 9 or 70 <= day < 79:
            return True
        if day % 45 == 13:
            self.project.backend.listing = _fail
            self.sweep()
            self.project.backend.listing = None
            return True
        if day % 61 == 16:
            self.crash()
            self.project.live_until(self.project.now + timedelta(minutes=4))
        return False


def _die() -> NoReturn:
    raise Killed


def _fail() -> Listing:
    raise ListingIncomplete("page 3 answers with 503")
