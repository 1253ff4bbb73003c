"""Owns the spacing of requests to one host: a reservation bucket that slows down when told to; sends nothing."""

from threading import Event, Lock

from janitor.modelarts.clock import Clock

_SLOWEST_SHARE = 1 / 8
_RECOVERY = 1.05


class RateLimit:
    """Hands out turns at most `per_second`, evenly spaced; a hold postpones everybody's turn."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._clock = clock
        self._full = per_second
        self._rate = per_second
        self._lock = Lock()
        self._next = self._held_until = clock.monotonic()

    def take_turn(self, stop: Event) -> bool:
        """Wait for a turn; False if stopped first. A hold that comes while waiting is waited out too."""
        turn = self._reserve()
        while (left := max(turn, self._held_until) - self._clock.monotonic()) > 0:
            if self._clock.wait(left, stop):
                return False
        return True

    def hold(self, seconds: float) -> None:
        """Let nobody go for this long: the platform said when to come back."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    def held_s(self) -> float:
        """Seconds left of the hold, never negative."""
        return max(0.0, self._held_until - self._clock.monotonic())

    def slow_down(self) -> None:
        """Halve the rate after a throttled answer, down to an eighth of what was configured."""
        with self._lock:
            self._rate = max(self._rate / 2, self._full * _SLOWEST_SHARE)

    def recover(self) -> None:
        """Come back towards the configured rate, a little with each good answer."""
        with self._lock:
            self._rate = min(self._rate * _RECOVERY, self._full)

    def _reserve(self) -> float:
        with self._lock:
            turn = max(self._clock.monotonic(), self._next)
            self._next = turn + 1 / self._rate
            return turn
