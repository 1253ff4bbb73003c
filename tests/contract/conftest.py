"""Fixtures of the contract tests."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from emulator_probe import ACCOUNT
from sdk_stage import MakePlatform, make_emulator

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
