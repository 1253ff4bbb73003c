"""Owns how often somebody may try to log in: by the address they come from, and all together, in bounded memory."""

from ipaddress import IPv6Address, ip_network

from janitor.console.visit import Peer
from janitor.core.seams import Clock

BURST, EVERY_S = 5, 12.0
"""So many failures at once from one address, then one each so many seconds."""
BURST_OF_ALL, EVERY_S_OF_ALL = 60, 1.0
MOST_PEERS = 1000
_EVERYBODY = ""


class Attempts:
    """Each failure is worth some time; who has used up more than a burst of it waits. Successes cost nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        """Until when the failures of an address count, in monotonic seconds."""

    def wait_s(self, peer: Peer | None) -> float:
        """How long somebody has to wait before the next attempt; 0 where they need not."""
        now = self._clock.monotonic()
        used = self._until.get(_key(peer), now) - now - (BURST - 1) * EVERY_S
        used_by_all = self._until.get(_EVERYBODY, now) - now - (BURST_OF_ALL - 1) * EVERY_S_OF_ALL
        return max(0.0, used, used_by_all)

    def failed(self, peer: Peer | None) -> None:
        """Count a failure."""
        now = self._clock.monotonic()
        self._make_room(now)
        for key, price in ((_key(peer), EVERY_S), (_EVERYBODY, EVERY_S_OF_ALL)):
            self._until[key] = max(now, self._until.get(key, now)) + price

    def _make_room(self, now: float) -> None:
        if len(self._until) < MOST_PEERS:
            return
        self._until = {key: until for key, until in self._until.items() if until > now}
        while len(self._until) >= MOST_PEERS:
            del self._until[min(self._until.keys() - {_EVERYBODY}, key=self._until.__getitem__)]


def _key(peer: Peer | None) -> str:
    """One name for all that one machine can be: whoever has an IPv6 address has 2^64 of them."""
    return str(ip_network((peer, 64), strict=False)) if isinstance(peer, IPv6Address) else str(peer)
