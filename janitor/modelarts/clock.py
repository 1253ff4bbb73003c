"""Owns the library's only source of time; nothing else here reads a clock or sleeps."""

import time
from datetime import UTC, datetime
from threading import Event
from typing import Protocol


class Clock(Protocol):
    """Where the client gets its time and does its waiting."""

    def now(self) -> datetime:
        """Aware UTC wall-clock time."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back and include suspension, from any origin."""
        ...

    def wait(self, seconds: float, stop: Event | None) -> bool:
        """Wait; return True as soon as `stop` is set, False when the time is over."""
        ...


class SystemClock:
    """The machine's clocks; the monotonic one counts on while the machine is suspended, so a deadline stays a deadline."""

    def now(self) -> datetime:
        """Aware UTC wall-clock time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since boot where the system tells them, else Python's monotonic time."""
        if hasattr(time, "CLOCK_BOOTTIME"):
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        return time.monotonic()

    def wait(self, seconds: float, stop: Event | None) -> bool:
        """Wait; return True as soon as `stop` is set, False when the time is over."""
        if stop is not None:
            return stop.wait(seconds)
        time.sleep(seconds)
        return False
