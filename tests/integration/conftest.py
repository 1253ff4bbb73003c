"""Retries that wait for milliseconds; how long they really wait is tested with the client."""

from functools import partial

import pytest

from janitor.modelarts.limits import TransportLimits


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the transport wait milliseconds between attempts."""
    monkeypatch.setattr("janitor.wiring.TransportLimits", partial(TransportLimits, backoff_base_s=0.01))
