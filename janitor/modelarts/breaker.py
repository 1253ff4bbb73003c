"""Owns the decision to leave a failing platform alone; its lock is never held while a request is under way."""

from threading import Lock

from janitor.modelarts.clock import Clock
from janitor.modelarts.errors import BreakerOpen
from janitor.modelarts.watch import Unwatched, Watcher


class Breaker:
    """Opens after `threshold` failed requests in a row, and after the cool-down lets a single probe through.

    The watcher, which must raise nothing, is told of every move under the lock, so that it hears them in their order.
    """

    def __init__(self, threshold: int, cooldown_s: float, clock: Clock, watch: Watcher | None = None) -> None:
        self._threshold = threshold
        self._cooldown_s = cooldown_s
        self._clock = clock
        self._watch = watch or Unwatched()
        self._lock = Lock()
        self._failures = 0
        self._open_until: float | None = None
        self._probing = False

    def admit(self) -> bool:
        """Let a request through, True if it is the probe; raises BreakerOpen for all others until the probe has succeeded."""
        with self._lock:
            if self._open_until is None:
                return False
            left = self._open_until - self._clock.monotonic()
            if left > 0 or self._probing:
                wait = f"for {left:.0f} s more" if left > 0 else "until one probe has come back"
                raise BreakerOpen(f"not sent: {self._failures} requests in a row failed, so the platform is left alone {wait}")
            self._probing = True
            return True

    def succeeded(self) -> None:
        """The platform answered."""
        with self._lock:
            was_open = self._open_until is not None
            self._failures = 0
            self._open_until = None
            self._probing = False
            if was_open:
                self._watch.breaker_moved(is_open=False)

    def failed(self) -> None:
        """A request failed for good, its retries included."""
        with self._lock:
            self._failures += 1
            self._probing = False
            if self._failures >= self._threshold:
                self._open_until = self._clock.monotonic() + self._cooldown_s
                self._watch.breaker_moved(is_open=True)

    def abandon_probe(self) -> None:
        """The probe was never sent or told nothing; the next request may be it."""
        with self._lock:
            self._probing = False
