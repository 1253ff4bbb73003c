"""One small sweep in this process, on virtual time and a backend in memory, and what must be true of its ledger afterwards."""

import os
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from builders import NOW, FakeClock, make_job, make_target, make_tools
from scripted import ScriptedBackend

from janitor.ledger.chain import Sealed, find_break
from janitor.ledger.file import create_ledger
from janitor.ledger.head_file import read_anchor
from janitor.ledger.opening import open_ledger
from janitor.ledger.store import Ledger, Pen
from janitor.retention.planner import Pace
from janitor.sweep.entry import sweep_target
from janitor.sweep.report import TargetReport

EXPIRED = tuple(make_job() for _ in range(3))
KEPT = make_job(days_ago=1)
ROWS = "SELECT seq, body, hash FROM events ORDER BY seq"
ENDS = ("deletion.confirmed", "deletion.already_gone", "deletion.failed", "deletion.skipped")


@dataclass(kw_only=True)
class SmallSweep:
    """A folder with a ledger, and a backend that holds three expired jobs and one to keep."""

    folder: Path
    backend: ScriptedBackend = field(default_factory=lambda: ScriptedBackend.holding(*EXPIRED, KEPT))
    clock: FakeClock = field(default_factory=FakeClock)
    named: int = 0
    per_sweep: int = 100_000

    @property
    def path(self) -> Path:
        return self.folder / "ledger.db"

    @staticmethod
    def begin(folder: Path) -> "SmallSweep":
        """With an empty ledger."""
        small = SmallSweep(folder=folder)
        folder.mkdir(parents=True, exist_ok=True)
        small.path.write_bytes(empty_ledger())
        return small

    @staticmethod
    def resume(folder: Path, deleted: set[str], now: datetime = NOW) -> "SmallSweep":
        """On files that lie there, with a platform on which these jobs are gone."""
        jobs = [job for job in (*EXPIRED, KEPT) if job.id not in deleted]
        return SmallSweep(folder=folder, backend=ScriptedBackend.holding(*jobs), clock=FakeClock(now), named=10)

    def open(self, **options: Any) -> Ledger:
        return open_ledger(self.path, Pen(now=self.clock.now, actor="test@here"), create=False, **options)

    def sweep(self, ledger: Ledger, **given: Any) -> TargetReport:
        self.named += 1
        tools, prefix = make_tools(self.clock, **given), f"sweep-{self.named}"
        target = make_target(self.backend, pace=Pace(per_sweep=self.per_sweep, per_day=1_000_000))
        return sweep_target(target, ledger, replace(tools, new_id=lambda: f"{prefix}-{tools.new_id()}"))

    def settle(self, *, is_all_recorded: bool = True) -> None:
        """Let the quiet period pass, sweep in good health, and compare platform and ledger job by job.

        A ledger that was put back from an older copy cannot know of the deletions since; what it knows is settled all the same.
        """
        for _ in range(3):
            self.clock.advance(60)
            with self.open() as ledger:
                report = self.sweep(ledger)
            assert report.trouble is None, report.trouble
            if report.verdicts["expired"] == report.recovered["open"] == 0:
                break
        assert set(self.backend.jobs) == {KEPT.id}
        found = read_events(self.path)
        intents = {event["intent_id"]: event["job_id"] for event in found if event["event"] == "deletion.intended"}
        ends = [event for event in found if event["event"] in ENDS and event["intent_id"] is not None]
        assert Counter(event["intent_id"] for event in ends) == Counter(list(intents))
        gone = [event["job_id"] for event in ends if event["event"] in ENDS[:2]]
        assert len(set(gone)) == len(gone)
        assert set(gone) <= {job.id for job in EXPIRED}
        assert len(gone) == len(EXPIRED) or not is_all_recorded


def read_events(path: Path) -> list[dict[str, Any]]:
    """Every event of a ledger whose chain verifies against its anchor."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:  # or closing it would bring the WAL home
        rows = [Sealed(seq=seq, body=body, hash=digest) for seq, body, digest in connection.execute(ROWS)]
    anchor = read_anchor(path)
    assert find_break(rows, [anchor] if anchor else [])[0] is None
    return [row.event() for row in rows]


def intended(events: list[dict[str, Any]]) -> set[str]:
    """The jobs for which there is an intent."""
    return {event["job_id"] for event in events if event["event"] == "deletion.intended"}


@cache
def empty_ledger() -> bytes:
    """The file of a ledger that was created and not written to yet: to make one takes longer than most tests."""
    with TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT") or None) as folder:
        path = Path(folder) / "ledger.db"
        create_ledger(path)
        return path.read_bytes()
