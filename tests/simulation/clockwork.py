"""The time of a simulation: true time, which the platform has, and the clock of janitor's machine, which may be wrong."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

from builders import NOW


class SimulatedClock:
    """Moves only when somebody waits or a request takes its time; `offset` is by how much the machine's wall clock is ahead."""

    def __init__(self, true: datetime = NOW) -> None:
        self.true = true
        self.offset = timedelta(0)
        self.elapsed = 1000.0
        self.check_alive: Callable[[], None] = lambda: None

    def platform(self) -> datetime:
        """The time as it is."""
        return self.true

    def now(self) -> datetime:
        """The time as the machine has it."""
        return self.true + self.offset

    def monotonic(self) -> float:
        """Seconds since the machine started; no step of the wall clock changes them."""
        return self.elapsed

    def wait(self, seconds: float, stop: Event | None) -> bool:
        """Let so much time pass at once."""
        self.check_alive()
        if stop is not None and stop.is_set():
            return True
        self.advance(seconds)
        return False

    def advance(self, seconds: float) -> None:
        """Let time pass, for everybody."""
        self.true += timedelta(seconds=seconds)
        self.elapsed += seconds
