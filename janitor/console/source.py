"""Owns what the pages are made from: a ledger to read, the settings of now, a clock, the known secrets. No platform is asked."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from janitor.core.seams import Clock
from janitor.core.secret import Scrubber
from janitor.ledger.store import Ledger
from janitor.settings.model import Settings


class Source(Protocol):
    """What the shell gives to the pages; each is asked anew for every page."""

    @property
    def settings(self) -> Settings:
        """The policy file as it is in force; it may have been read anew since."""
        ...

    @property
    def clock(self) -> Clock:
        """The only source of time."""
        ...

    @property
    def scrubber(self) -> Scrubber:
        """Removes known secrets from whatever is shown."""
        ...

    def reading(self) -> AbstractContextManager[Ledger | None]:
        """The ledger, for reading; None where there is none yet. Raises LedgerError where it cannot be opened."""
        ...

    def next_sweep(self, target: str) -> datetime | None:
        """When a target is swept next, where somebody here knows."""
        ...

    def halted(self) -> str | None:
        """By what all deleting is halted that is in no ledger; None by nothing."""
        ...
