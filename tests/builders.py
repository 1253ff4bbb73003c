"""Builders that every test may use: one moment, one clock, jobs, policies, rules, targets, tools."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event
from typing import Any

from janitor.backends.port import Backend
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Mode, Policy, Rules
from janitor.retention.selector import Selector
from janitor.sweep.target import Target, Tools

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class FakeClock:
    """Time that moves only when somebody waits, or when a test says so."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now
        self.elapsed = 1000.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.elapsed

    def wait(self, seconds: float, stop: Event | None) -> bool:
        if stop is not None and stop.is_set():
            return True
        self.waits.append(seconds)
        self.advance(seconds)
        return False

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.elapsed += seconds


class FrozenClock(FakeClock):
    """The wall clock is freezegun's; elapsed time is told by the test, as no step of the wall clock changes it."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SerialSpawner:
    """One item after the other."""

    def run_all(self, work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        return [work(item) for item in items]


_numbers = count(1)


def make_job(**changes: Any) -> Job:
    """A job that failed 100 days ago; any field may be changed, `days_ago` moves all its times."""
    ended = NOW - timedelta(days=changes.pop("days_ago", 100))
    number = next(_numbers)
    fields: dict[str, Any] = {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "name": f"trial-{number}",
        "owner": "ci-bot",
        "kind": "job",
        "workspace": "0",
        "phase": Phase.FAILED,
        "created_at": ended - timedelta(hours=2),
        "started_at": ended - timedelta(hours=1),
        "finished_at": ended,
        "description": "",
    }
    return Job(**(fields | changes))


def make_policy(**changes: Any) -> Policy:
    """A policy that lets failed and completed jobs go after 7 days, enforced."""
    fields: dict[str, Any] = {
        "name": "weekly",
        "match": Selector(phase=frozenset({Phase.FAILED, Phase.COMPLETED})),
        "after": timedelta(days=7),
        "mode": Mode.ENFORCE,
    }
    return Policy(**(fields | changes))


def make_rules(*policies: Policy, **changes: Any) -> Rules:
    """The rules of an enforcing target."""
    fields: dict[str, Any] = {
        "target": "research",
        "mode": Mode.ENFORCE,
        "policies": policies or (make_policy(),),
        "min_age": timedelta(hours=24),
    }
    return Rules(**(fields | changes))


def make_target(backend: Backend, **changes: Any) -> Target:
    """A target whose limits let everything through, so that a test restricts what it is about."""
    fields: dict[str, Any] = {
        "name": "research",
        "rules": make_rules(),
        "backend": backend,
        "pace": Pace(per_sweep=100_000, per_day=1_000_000),
        "limits": Limits(max_share_percent=100),
        "project_id": "memory",
        "project_name": "memory",
        "confirm_within": timedelta(seconds=60),
        "quiet_period": timedelta(seconds=30),
        "looks_together": True,
    }
    return Target(**(fields | changes))


def make_tools(clock: FakeClock, **changes: Any) -> Tools:
    """Tools on virtual time."""
    ids = count(1)
    fields: dict[str, Any] = {"clock": clock, "spawner": SerialSpawner(), "new_id": lambda: f"id-{next(ids)}"}
    return Tools(**(fields | changes))
