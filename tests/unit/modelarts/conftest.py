"""The stage of every test here: scripted servers on loopback, transports pointed at them, virtual time."""

from collections.abc import Iterator

import pytest
from unit.modelarts.modelarts_stage import Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    opened = Stage()
    yield opened
    opened.close()
