"""The wall clock of a child: as far from the true time as somebody set it. Its monotonic clocks go on as they do in truth."""

from datetime import UTC, datetime, timedelta

import janitor.clock
import janitor.modelarts.clock


class WallClock:
    """Takes the place of the machine's wall clock wherever janitor reads it."""

    def __init__(self, ahead_s: float) -> None:
        self._ahead = timedelta(seconds=ahead_s)
        for owner in (janitor.clock.SystemClock, janitor.modelarts.clock.SystemClock):
            owner.now = lambda _clock: datetime.now(UTC) + self._ahead  # type: ignore[method-assign]

    def step(self, seconds: float) -> None:
        """Set it, as somebody does by hand, or NTP."""
        self._ahead += timedelta(seconds=seconds)
