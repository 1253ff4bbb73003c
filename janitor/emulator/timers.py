"""Owns what will happen later: effects that fall due on the emulator's clock, run in the order of their times."""

from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush

Effect = Callable[[datetime], object]
"""Called with the time at which it fell due, which may be earlier than the look that ran it."""


class Timers:
    """A heap of effects; nothing runs by itself, whoever looks at the world runs what is due first."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Effect]] = []
        self._count = 0

    def at(self, due: datetime, effect: Effect) -> None:
        """Remember an effect; effects of one instant run in the order in which they were asked for."""
        self._count += 1
        heappush(self._heap, (due, self._count, effect))

    def run_due(self, now: datetime) -> None:
        """Run and forget everything that is due."""
        while self._heap and self._heap[0][0] <= now:
            due, _, effect = heappop(self._heap)
            effect(due)
