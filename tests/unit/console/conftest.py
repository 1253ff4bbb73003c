"""The console on the ledger of a test."""

import pytest
from builders import FakeClock
from console_stage import ConsoleStage

from janitor.ledger.store import Ledger


@pytest.fixture
def stage(ledger: Ledger, clock: FakeClock) -> ConsoleStage:
    return ConsoleStage(ledger=ledger, clock=clock)
