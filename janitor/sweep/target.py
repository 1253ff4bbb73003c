"""Owns what a sweep is given: the target with its rules and backend, and the tools that touch the world."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import Any

from janitor.backends.port import Backend
from janitor.core.seams import Clock, Spawner
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Rules
from janitor.retention.tombstones import TombstoneRules


def has_no_connections() -> None:
    """Let go of nothing."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One configured place to sweep."""

    name: str
    rules: Rules
    backend: Backend
    pace: Pace
    limits: Limits
    project_id: str
    project_name: str | None = None
    is_narrow: bool = False
    """Whether a sweep lists only the jobs that are old enough to go, as often as the last full listing vouches for the others."""
    looks_together: bool = False
    """Whether the jobs of a long plan are looked at, and proven gone, by lists of several; else each is asked for by its id."""
    platform: str = "memory"
    """Which platform and generation it is, as tombstones say it."""
    confirm_within: timedelta = timedelta(minutes=2)
    quiet_period: timedelta = timedelta(minutes=2)
    max_duration: timedelta = timedelta(hours=6)
    tombstones: TombstoneRules = field(default_factory=TombstoneRules)
    disconnect: Callable[[], None] = field(default=has_no_connections, compare=False)
    """Let go of every connection to its platform, or thousands of targets would keep as many; the next request opens one anew."""


def say_nothing(_name: str, **_fields: Any) -> None:
    """Report progress to nobody."""


def unheard(say: Callable[..., None]) -> Callable[..., None]:
    """The same, but whatever it raises is dropped: showing progress never changes what a sweep does or records."""

    def say_or_not(name: str, **fields: Any) -> None:
        with suppress(Exception):
            say(name, **fields)

    return say_or_not


def is_halted_by_nothing() -> str | None:
    """Say that nothing halts sweeping."""
    return None


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The seams of a sweep: time, concurrency, ids, the wish to stop, and where progress is shown (never the record).

    `halted` says by what deleting is halted now, None by nothing; it is asked again and again.
    """

    clock: Clock
    spawner: Spawner
    new_id: Callable[[], str]
    stop: Event = field(default_factory=Event)
    say: Callable[..., None] = say_nothing
    halted: Callable[[], str | None] = is_halted_by_nothing
