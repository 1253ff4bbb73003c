"""An emulator and a policy file for each test, and a guard against plugins that would reach outside."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from stage import Stage

from janitor.emulator.server import Emulator
from janitor.modelarts.limits import TransportLimits


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the transport wait milliseconds between attempts; how long it really waits is tested with the client."""
    monkeypatch.setattr("janitor.wiring.TransportLimits", partial(TransportLimits, backoff_base_s=0.01))


@pytest.fixture
def now_ms() -> int:
    return round(time.time() * 1000)


@pytest.fixture
def make_stage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Stage]]:
    """Build a stage: `make_stage(jobs=[...], switches=..., truth_path=...)`; everything is stopped at the end."""
    with ExitStack() as stack:

        def build(**emulator: Any) -> Stage:
            running = stack.enter_context(Emulator(**emulator))
            return Stage(folder=tmp_path, emulator=running, capture=capsys)

        yield build
