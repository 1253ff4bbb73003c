"""Owns who of several replicas sweeps: the one that holds a lock of its own of the ledger, beside the locks of the targets.

It spares work, and guarantees nothing: two that sweep at once are kept apart by the locks and epochs of the targets.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress

from janitor.core.errors import LedgerError, LockHeld
from janitor.core.seams import Clock
from janitor.ledger.storage import Grip, Storage
from janitor.ledger.store import Ledger
from janitor.wiring import App

LEADER = "_leader"
"""What is locked; no target can have this name."""
PREDECESSOR_S = 15.0
"""So long the locks of targets may outlast the lead of a replica that stands still, or that ends its sweeps in good order."""
LOOK_S = 0.5


class Leadership:
    """The lead over one ledger, as one replica has it or not."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._place = ""
        self._shown = ""
        self._storage: Storage | None = None
        self._grip: Grip | None = None
        self._is_news = False
        self._held = ExitStack()

    @property
    def is_open(self) -> bool:
        """Whether there is a ledger to lead, as far as is known."""
        return self._storage is not None

    @property
    def is_held(self) -> bool:
        """Whether this replica took the lead and has not given it up."""
        return self._grip is not None

    def contend(self, app: App) -> Ledger:
        """Open the ledger of a version of the file, to lead there from now on.

        It is the same one as long as this process lives, and not created anew, whatever the file says: if it is gone, it was
        lost. In another one the holds, pauses, intents and the pace of this one would not count. Raises LedgerError.
        """
        ledger = str(app.settings.ledger.path or app.settings.ledger.url)
        place = os.path.realpath(ledger) if app.settings.ledger.path else ledger
        if self._place not in ("", place):
            raise LedgerError(
                f"the file names another ledger, {app.settings.ledger}: no hold, pause or open deletion of {self._shown} would "
                "count there; put the old one back, or stop this service and start it on purpose with the new one"
            )
        opened = app.reopen_ledger() if self._place else app.open_unrecorded()
        self._shown = str(app.settings.ledger)
        self._hang_up()
        self._place, self._storage = place, opened.storage
        return opened

    def ask(self) -> bool:
        """Take the lead unless another replica has it, and answer whether it is held; raises LedgerError where none can be."""
        if self._grip is None and self._storage is not None:
            with suppress(LockHeld):
                self._grip = self._held.enter_context(self._storage.lock(LEADER))
                self._is_news = True
        return self.is_held

    def is_news(self) -> bool:
        """Whether the lead was taken since this was last asked."""
        news, self._is_news = self._is_news, False
        return news

    def is_over(self) -> bool:
        """Whether the lead is held no longer, though it was not given up: from now on another replica may have taken it."""
        return self._grip is not None and self._grip.holds_until() <= self._clock.monotonic()

    def give_up(self) -> None:
        """Let another replica take the lead at once; harmless where it is not held."""
        held, self._held, self._grip = self._held, ExitStack(), None
        with suppress(LedgerError):  # a session that is over holds nothing
            held.close()

    def leave(self) -> None:
        """Give up the lead, and ask for it no more."""
        self.give_up()
        self._hang_up()

    def _hang_up(self) -> None:
        """Keep no connection by which nobody asks any more; the lead has one of its own."""
        if self._storage is not None:
            self._storage.engine.dispose()


def wait_for_predecessor(ledger: Ledger, target: str, wait: Callable[[float], bool]) -> None:
    """Return as soon as nobody sweeps a target any more, or `wait` says to, or the time is over.

    Else the first sweep of a new leader would be turned away, and the next might be due in hours.
    """
    for _ in range(round(PREDECESSOR_S / LOOK_S)):
        try:
            with ledger.storage.lock(target):
                return
        except LockHeld:
            if wait(LOOK_S):
                return
        except LedgerError:
            return
