"""Opening a ledger that lies elsewhere than in a file."""

import sys
from collections.abc import Callable

import pytest
from builders import FakeClock
from postgres import nothing_beside

from janitor.core.errors import LedgerError
from janitor.ledger.opening import open_ledger, read_ledger
from janitor.ledger.server import Server
from janitor.ledger.store import Pen


def test_without_the_driver_it_is_said_what_to_install(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    server = Server(url="postgresql+psycopg://janitor@db.invalid/janitor", clock=clock, start=nothing_beside)
    pen = Pen(now=clock.now, actor="test")
    opened: tuple[Callable[[], object], ...] = (lambda: read_ledger(server), lambda: open_ledger(server, pen, create=True))
    for open_it in opened:
        with pytest.raises(
            LedgerError, match=r"db.invalid.*: the driver is missing; run `pip install 'training-janitor.postgres"
        ):
            open_it()
