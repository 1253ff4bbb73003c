"""Fixtures that every test may use: virtual time, a ledger in a temporary folder, a backend in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import FakeClock

from janitor.backends.memory import MemoryBackend
from janitor.ledger.store import Ledger, Pen


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ledger(tmp_path: Path, clock: FakeClock) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.db", Pen(now=clock.now, actor="test@here"), create=True) as opened:
        yield opened


@pytest.fixture
def memory() -> MemoryBackend:
    return MemoryBackend()
