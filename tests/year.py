"""An ordinary project, day by day: teams that grow, nightly series, bursts of trials, releases on hold, people who tidy up.

All of it follows from one seed. Sizes are given for a project of 10 000 jobs and scaled; time is virtual, all else is real.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from builders import FakeClock
from scripted import ScriptedBackend
from year_policies import HELD_PREFIX

from janitor.core.job import Job
from janitor.core.phase import Phase

FULL = 10_000
BEGIN = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
"""A Monday; every sweep but those of a second try begins at three at night."""
OLDEST = 400
"""So many days old is the oldest job of a project that nobody tidied up before."""
OLD = 0.4
"""Such a share of its jobs is older than any policy waits; a third of these is on hold, and a third marked by owners."""
HOLIDAYS = frozenset(
    (date(2026, 1, 6) + timedelta(days=number)).timetuple().tm_yday for number in (88, 115, 139, 352, 353, 354, 355)
)
ENDS = ((Phase.COMPLETED, 72), (Phase.FAILED, 20), (Phase.TERMINATED, 6), (Phase.ABNORMAL, 2))
TEAMS = {"vision": 1.0, "nlp": 2.0, "speech": 1.2, "ranking": 0.9, "ci-bot": 1.1}
"""By how much each grows in a year."""


@dataclass(kw_only=True)
class Project:
    """The jobs of a project, and what happens to them; `begin` fills it with what a few hundred days left behind."""

    seed: int
    size: int
    clock: FakeClock = field(default_factory=lambda: FakeClock(BEGIN))
    backend: ScriptedBackend = field(default_factory=lambda: ScriptedBackend(most_at_once=100))
    random: Random = field(init=False)
    audited: set[str] = field(default_factory=set)
    made: int = 0
    by_hand: int = 0
    bursts: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def jobs(self) -> dict[str, Job]:
        return self.backend.jobs

    def scaled(self, number: float, least: int = 0) -> int:
        """A number of a project of 10 000 jobs, for this one; chance rounds it."""
        exact = number * self.size / FULL
        return max(least, int(exact) + (self.random.random() < exact % 1))

    def begin(self) -> None:
        """Many jobs are older than any policy waits; an audit holds some of them, and their owners hold others."""
        for number in range(self.size):
            share = number / self.size
            age = self.random.uniform(180, OLDEST) if share < OLD else self.random.uniform(0, 180)
            changes: dict[str, Any] = {}
            if share < OLD / 3:
                changes["name"] = f"{HELD_PREFIX}{number}"
            elif share < OLD * 2 / 3:
                changes["labels"] = (("janitor-hold", "paper"),)
            job = self.add(self.now - timedelta(days=age), **changes)
            if share < OLD / 3:
                self.audited.add(job.id)
        for days in (15, 22):
            self._burst(self.now - timedelta(days=days))

    def live_until(self, now: datetime) -> None:
        """Let one day, or less, pass: what ended in between is listed from now on."""
        before = self.now
        self.clock.advance((now - before).total_seconds())
        share = (now - before) / timedelta(days=1)
        for owner, growth in TEAMS.items():
            for _ in range(self.scaled(12 * share * self._mood(now) * growth ** ((now - BEGIN).days / 365))):
                self.add(self._between(before, now), owner=owner)
        if share == 1:
            self._live_a_night(now)

    def add(self, ended: datetime, **changes: Any) -> Job:
        """A job that ended at this time; it ran for minutes or for days, or it never did."""
        self.made += 1
        phase = self.random.choices([phase for phase, _ in ENDS], [weight for _, weight in ENDS])[0]
        started = ended - timedelta(hours=self.random.expovariate(1 / 6))
        fields: dict[str, Any] = {
            "id": f"{self.seed:08x}-0000-4000-8000-{self.made:012d}",
            "name": f"exp-{self.made}",
            "owner": self.random.choice(list(TEAMS)),
            "kind": "job",
            "workspace": "0",
            "phase": phase,
            "created_at": started - timedelta(minutes=self.random.expovariate(1 / 20)),
            "started_at": started,
            "finished_at": ended,
        }
        if phase is Phase.TERMINATED and self.random.random() < 0.4 and ended > BEGIN:
            fields |= {"created_at": ended, "started_at": None, "finished_at": None, "never_started": True}
        if self.random.random() < 0.01:
            fields["labels"] = (("janitor-ttl", "250d"),)
        job = Job(**(fields | changes))
        self.jobs[job.id] = job
        return job

    def _live_a_night(self, now: datetime) -> None:
        """What happens once a day, or once in a while."""
        day = (now - BEGIN).days
        for series in range(self.scaled(20, least=3)):
            if series % 3 or now.isoweekday() == 7:  # every third runs on Sundays only
                self.add(now - timedelta(hours=1), name=f"nightly-{series}-{day}", owner="ci-bot", phase=Phase.COMPLETED)
        if self.random.random() < 0.06:
            self._burst(now)
        if day % 28 == 5:
            for part in range(self.scaled(12, least=3)):
                self.add(now - timedelta(hours=2), name=f"rc-{day // 28}-{part}", owner="vision", phase=Phase.COMPLETED)
        if day % 13 == 4:
            self._tidy_up(self.scaled(self.random.choice((5, 30, 400)), least=2))
        for job in self._some(self.scaled(2)):
            held = dict(job.labels or ()).get("janitor-hold")
            self.backend.change(job.id, labels=() if held else (("janitor-hold", "looking into it"),))

    def _burst(self, now: datetime) -> None:
        """One night of trials, which will all age out on one night."""
        self.bursts += 1
        for trial in range(self.scaled(300, least=20)):
            ended = now - timedelta(hours=self.random.uniform(1, 9))
            self.add(ended, name=f"hp-{self.made}-{trial}", owner="nlp", phase=Phase.COMPLETED)

    def _tidy_up(self, number: int) -> None:
        """Somebody deletes jobs by hand, in the console."""
        for job in self._some(number):
            del self.jobs[job.id]
            self.by_hand += 1

    def _some(self, number: int) -> Iterator[Job]:
        ids = list(self.jobs)
        return (self.jobs[job_id] for job_id in self.random.sample(ids, min(number, len(ids))))

    def _mood(self, now: datetime) -> float:
        """How much of a working day it is: little on weekends and holidays, nothing at all in the last days of the year."""
        if (now.month, now.day) >= (12, 24):
            return 0.0
        return 0.25 if now.isoweekday() > 5 or now.timetuple().tm_yday in HOLIDAYS else self.random.uniform(0.7, 1.3)

    def _between(self, before: datetime, now: datetime) -> datetime:
        return before + (now - before) * self.random.random()
