"""Owns the real time and the real threads; nothing else in janitor (bar the ModelArts library) reads a clock or starts one."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Protocol

from janitor.core.seams import Item, Result


class SystemClock:
    """Wall clock in UTC, and a monotonic clock that counts suspension too."""

    def now(self) -> datetime:
        """Aware UTC wall-clock time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since boot, suspension included, so that a look cannot seem fresh after a machine slept."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def wait(self, seconds: float, stop: Event | None) -> bool:
        """Wait, at most until `stop` is set."""
        return (stop or Event()).wait(seconds)


class Running(Protocol):
    """Work that goes on beside the caller."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        ...

    def is_alive(self) -> bool:
        """Whether it goes on."""
        ...


def start_beside(work: Callable[[], None], name: str) -> Running:
    """Start work in a thread that does not keep the process alive."""
    thread = Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


class ThreadSpawner:
    """Works on several items at once, never on more than `limit`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def run_all(self, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Do the work for each item; the results keep the items' order, and the first error is raised after all ended."""
        todo = list(items)
        if len(todo) <= 1 or self._limit == 1:
            return [work(item) for item in todo]
        with ThreadPoolExecutor(max_workers=min(self._limit, len(todo))) as pool:
            return list(pool.map(work, todo))
