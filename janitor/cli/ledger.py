"""Owns how a command that changes holds or pauses uses the ledger: the right one, and with its new head anchored."""

from collections.abc import Iterator
from contextlib import contextmanager

from janitor.ledger.anchor import check_tail, write_anchor
from janitor.ledger.opening import open_ledger
from janitor.ledger.store import Ledger
from janitor.wiring import App


@contextmanager
def changing_ledger(app: App) -> Iterator[Ledger]:
    """The ledger, for writing, created where the file allows it. What was written cannot be cut off again unseen."""
    with open_ledger(app.where(), app.pen(), create=app.settings.ledger.create) as ledger:
        check_tail(ledger)
        yield ledger
        write_anchor(ledger)
