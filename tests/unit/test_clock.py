"""The real clocks: what counts how fresh something is goes on while the machine sleeps (fault B29)."""

import time

import pytest

from janitor.clock import SystemClock
from janitor.modelarts.clock import SystemClock as ClientClock


@pytest.mark.parametrize("clock", [SystemClock(), ClientClock()], ids=["janitor", "client"])
def test_b29_elapsed_time_counts_the_time_asleep(clock: SystemClock | ClientClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux has two such clocks, and the usual one stands still: a look would be as fresh after a night."""
    slept, awake = 30_000.0, 1_000.0
    told = {time.CLOCK_BOOTTIME: slept, time.CLOCK_MONOTONIC: awake, time.CLOCK_REALTIME: 0.0}
    with monkeypatch.context() as patched:
        patched.setattr(time, "clock_gettime", told.__getitem__)
        patched.setattr(time, "monotonic", lambda: awake)
        read = clock.monotonic()
    assert read == slept
