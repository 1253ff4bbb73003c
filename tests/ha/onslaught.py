"""Owns what happens to three replicas: who is killed, paused or ended when, drawn from a seed, while jobs go on expiring."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

from ha.replicas import Replica

DECK = (
    *[("kill", "leader")] * 3,
    *[("pause", "leader")] * 2,
    ("stop", "leader"),
    ("kill", "other"),
    ("pause", "other"),
)
"""What is done within each minute, in any order."""
LEASE_S = 10.0
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = LEASE_S + 2.5, LEASE_S + 5.0
LOOK_S, JOB_EVERY_S = 0.25, 0.5


@dataclass(frozen=True, kw_only=True)
class Blow:
    """What was done to a leader, when (wall clock), and to whom."""

    what: str
    at: float
    victim: Replica


@dataclass(kw_only=True)
class Onslaught:
    """`add_job` lets a job expire, `calm` acknowledges what guards refuse."""

    replicas: list[Replica]
    rng: random.Random
    add_job: Callable[[], None]
    calm: Callable[[], None]
    blows: list[Blow] = field(default_factory=list)
    others: int = 0
    _calm_s: float = 1.0
    _deck: list[tuple[str, str]] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """Go on for so long, and until everything of a deck was done at least once; nobody stands still much longer than that."""
        began, due = time.monotonic(), time.monotonic() + 2.0
        job_at, self._deck = began, self._shuffled()
        is_first = True
        while time.monotonic() - began < seconds or is_first:
            time.sleep(LOOK_S)
            now = time.monotonic()
            for replica in self.replicas:
                replica.come_round()
            if now >= job_at:
                self.add_job()
                job_at = now + JOB_EVERY_S
            self.calm()
            is_late = now - began > seconds - LONGEST_PAUSE_S and not is_first
            if now >= due and not is_late and self._strike(*self._deck[-1]):
                self._deck.pop()
                due = now + self.rng.uniform(0.5, 2.5)
                if not self._deck:
                    is_first, self._deck = False, self._shuffled()

    def leader(self) -> Replica | None:
        """The one that leads, as far as anybody that is awake knows."""
        leading = [(since, place) for place, each in enumerate(self.replicas) if (since := each.leads_since()) is not None]
        return self.replicas[max(leading)[1]] if leading else None

    def _strike(self, what: str, whom: str) -> bool:
        """Do it, unless nobody would be left to take over, or nobody leads right now, or only for a moment."""
        leader, free = self.leader(), [each for each in self.replicas if each.stands_by()]
        if leader is None or not free or time.time() - (leader.leads_since() or inf) < self._calm_s:
            return False
        self._calm_s = self.rng.uniform(0.3, 4.0)
        victim = leader if whom == "leader" else self.rng.choice(free)
        time.sleep(self.rng.uniform(0, LOOK_S))
        if whom == "leader":
            self.blows.append(Blow(what=what, at=time.time(), victim=victim))
        else:
            self.others += 1
        if what == "pause":
            victim.pause(self.rng.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S))
        elif what == "stop":
            victim.stop(self.rng.uniform(0, 2))
        else:
            victim.kill(self.rng.uniform(0, 2))
        return True

    def _shuffled(self) -> list[tuple[str, str]]:
        return self.rng.sample(DECK, len(DECK))
