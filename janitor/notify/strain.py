"""Owns what failing channels may cost a process: whole servers rest, and the threads and the time lost to them are bounded."""

import math
from dataclasses import dataclass, field
from threading import Event, Lock

from janitor.core.channel import Channel

REST_S = 300.0
"""So long a channel is left alone that took a message at no attempt, and a server that was slow about it."""
SLOW_S = 5.0
"""Attempts that failed and took so long in all are laid to the server, and all channels there rest: what it refuses, it does at
once, and that may be the fault of one address."""
MOST_LEFT, MOST_LEFT_AT_ONE = 48, 8
"""So many attempts that never ended may hold a thread, in all and at one server; while it is more, no other begins."""
LOST_S = 600.0
"""So much time a command over many targets may lose to failures, that of all threads added up; then only channels are tried that
took their last message."""


class Abandoned:
    """The attempts of a process that were left to themselves and have not ended, each of which holds a thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._at: dict[str, list[Event]] = {}

    def add(self, server: str, is_over: Event) -> None:
        """Count an attempt until it is over."""
        with self._lock:
            self._at.setdefault(server, []).append(is_over)

    def leaves_room_for(self, server: str) -> bool:
        """Whether another attempt may begin."""
        with self._lock:
            going_on = {at: [each for each in some if not each.is_set()] for at, some in self._at.items()}
            self._at = {at: some for at, some in going_on.items() if some}
            here, all_ = len(self._at.get(server, ())), sum(map(len, self._at.values()))
            return here < MOST_LEFT_AT_ONE and all_ < MOST_LEFT


@dataclass(kw_only=True)
class Strain:
    """Which channels rest because of what they cost; `most_lost_s` is how much time may be lost at all. Times are monotonic."""

    abandoned: Abandoned = field(default_factory=Abandoned)
    most_lost_s: float = math.inf
    _rests: dict[str, float] = field(default_factory=dict)
    _good: set[str] = field(default_factory=set)
    _lost_s: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def is_resting(self, channel: Channel, now: float) -> bool:
        """Whether nothing is sent there now."""
        with self._lock:
            until = max(self._rests.get(channel.name, 0.0), self._rests.get(channel.server, 0.0))
            is_spent = self._lost_s >= self.most_lost_s and channel.name not in self._good
        return now < until or is_spent or not self.abandoned.leaves_room_for(channel.server)

    def succeeded(self, channel: Channel) -> None:
        """It took a message."""
        with self._lock:
            self._good.add(channel.name)
            self._rests.pop(channel.server, None)

    def failed(self, channel: Channel, lost_s: float, now: float) -> None:
        """It took a message at no attempt, and these took so long."""
        with self._lock:
            self._good.discard(channel.name)
            self._lost_s += lost_s
            self._rests[channel.name] = now + REST_S
            if lost_s >= SLOW_S:
                self._rests[channel.server] = now + REST_S
