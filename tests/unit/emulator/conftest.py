"""An emulator on a clock that stands still, and a probe that talks to it."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from emulator_probe import ACCOUNT, HandClock, MakeProbe, Probe, make_jobs
from v1_probe import MakeOld

from janitor.emulator.account import Account
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches


@pytest.fixture
def make_probe() -> Iterator[MakeProbe]:
    """Start an emulator of so many finished jobs with some switches set."""
    with ExitStack() as stack:

        def build(jobs: Any = 3, *, account: Account = ACCOUNT, truth_path: Any = None, **switches: Any) -> Probe:
            documents = make_jobs(jobs) if isinstance(jobs, int) else jobs
            emulator = Emulator(
                account=account, switches=Switches(**switches), jobs=documents, truth_path=truth_path, clock=HandClock()
            )
            return Probe(emulator=stack.enter_context(emulator), account=account)

        yield build


@pytest.fixture
def probe(make_probe: MakeProbe) -> Probe:
    return make_probe()


@pytest.fixture
def make_old() -> Iterator[MakeOld]:
    """Start an emulator of these v1 jobs with some switches set."""
    with ExitStack() as stack:

        def build(*jobs: Any, **switches: Any) -> Probe:
            emulator = Emulator(switches=Switches(**switches), jobs_v1=jobs, clock=HandClock())
            return Probe(emulator=stack.enter_context(emulator))

        yield build
