"""A scene whose children reach the emulator only through a fault proxy, and what must hold whatever that did."""

import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from crash.nursery import Child, Order
from crash.proxy import FaultProxy
from crash.scene import Scene
from crash.toxics import Placed, Toxic

PATIENCE_S = 0.5
"""How long a child waits for a connection, and for the next bytes of an answer."""
LIMITS = {
    "connect_timeout_s": PATIENCE_S,
    "read_timeout_s": PATIENCE_S,
    "attempt_deadline_s": 2 * PATIENCE_S,
    "backoff_base_s": 0.02,
    "breaker_cooldown_s": 0.2,
}
MOST_SWEEPS, FRESH = 8, 10
"""So many sweeps at most until every toxic has struck, and so many jobs that expire before each but the first."""
AT_ONCE = 2
"""So many jobs a batch, so that there are many batches."""
MOST_ATTEMPTS = 3
"""How often one job may be asked for under one intent."""


def edited(change: Callable[[Any], Any]) -> Toxic:
    """Let an answer say something else, in sound JSON."""
    return Toxic(kind="edit", change=change)


@dataclass(kw_only=True)
class Stricken:
    """A scene whose children reach the emulator only through the proxy; `sink` is where redirects point to."""

    scene: Scene
    proxy: FaultProxy
    sink: FaultProxy

    def start(self, **traps: int) -> Child:
        """Let a child sweep through the proxy; at the nth passage of a point it is killed."""
        order = Order(
            config=self.scene.stage.config,
            traps={name: (nth, int(signal.SIGKILL)) for name, nth in traps.items()},
            singly=self.scene.singly,
            at_once=None if self.scene.singly else AT_ONCE,
            transport=LIMITS,
        )
        return self.scene.nursery.start(order)

    def place(self, *toxics: Toxic) -> list[Placed]:
        """Place toxics; redirects lead to the sink."""
        return self.proxy.place(*(replace(toxic, location=f"{self.sink.url}/steal") for toxic in toxics))

    def sweep_until_struck(self, *toxics: Toxic) -> None:
        """Sweep until each toxic has struck; one that never does proves nothing, and fails."""
        placed = self.place(*toxics)
        for _ in range(MOST_SWEEPS):
            code = self.start().code()
            assert code in (0, 3, 4)
            if all(each.struck for each in placed):
                break
            self.scene.add_expired(FRESH)
            if code == 4:
                self.scene.acknowledge()
        idle = [f"{each.toxic.kind} at the {each.toxic.nth}. of {each.seen}" for each in placed if not each.struck]
        assert idle == [], f"never struck: {', '.join(idle)}"
        self.proxy.clear()

    def settle(self) -> list[dict[str, Any]]:
        """With no toxic left, let everything come right; then see that nobody ever went too far."""
        self.proxy.clear()
        events = self.scene.settle()
        assert set(self.proxy.asked()) <= self.scene.expired
        assert self.sink.requests == []
        intended = Counter(event["job_id"] for event in events if event["event"] == "deletion.intended")
        assert all(times <= MOST_ATTEMPTS * intended[job_id] for job_id, times in Counter(self.proxy.asked()).items())
        return events
