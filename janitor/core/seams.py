"""Owns the seams through which time, waiting and concurrency enter, so that the whole program can be simulated."""

from collections.abc import Callable, Iterable
from datetime import datetime
from threading import Event
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Aware UTC wall-clock time."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back and include suspension, from any origin."""
        ...

    def wait(self, seconds: float, stop: Event | None) -> bool:
        """Wait; return True as soon as `stop` is set, False when the time is over."""
        ...


class Spawner(Protocol):
    """The only source of concurrency."""

    def run_all(self, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Do the work for each item, several at once, and return the results in the order of the items."""
        ...
