"""Fixtures of the contract tests."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from backends_stage import BATCHING, SINGLY, made
from emulator_probe import ACCOUNT
from sdk_stage import MakePlatform, make_emulator

from janitor.backends.port import Backend
from janitor.emulator.server import Emulator
from janitor.modelarts import Session


@pytest.fixture
def make_platform() -> Iterator[MakePlatform]:
    """Start an emulator with the jobs of the SDK's stage; sessions made from then on lead there."""
    with ExitStack() as stack:

        def build(**switches: Any) -> Emulator:
            emulator = stack.enter_context(make_emulator(**switches))
            Session.set_endpoint(modelarts_endpoint=emulator.url, region_name=ACCOUNT.project_name)
            return emulator

        yield build
        Session.set_endpoint()


@pytest.fixture(params=[*BATCHING, *SINGLY])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    yield from made(request.param)


@pytest.fixture(params=BATCHING)
def batching(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """A backend that deletes several jobs at once."""
    yield from made(request.param)


@pytest.fixture(params=SINGLY)
def singly(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """A backend that does not."""
    yield from made(request.param)
