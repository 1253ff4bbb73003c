"""Fixtures that every test may use: virtual time, a ledger in a temporary folder, a backend in memory, an emulator."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from amount import IS_SOAK, LEAVES_SOAK_OUT, MARKERS, for_soak
from builders import FakeClock
from hypothesis import settings
from postgres import IS_ON_POSTGRES, nothing_beside, shared_postgres
from small_sweep import empty_ledger
from stage import Stage
from warm import (
    leave_modules_to_themselves,
    report_what_counts,
    share_compiled_statements,
    share_forms_of_secrets,
    share_readings,
)

from janitor.backends.memory import MemoryBackend
from janitor.emulator.server import Emulator
from janitor.ledger.opening import open_ledger
from janitor.ledger.store import Ledger, Pen

LEFT_OUT = pytest.StashKey[dict[str, int]]()
NOT_MEANT = "on_a_file" if IS_ON_POSTGRES else "on_a_server"

settings.register_profile(
    "test", max_examples=15 if LEAVES_SOAK_OUT else 25, deadline=None
)  # a deadline would fail on a busy machine
settings.register_profile("soak", max_examples=3000, deadline=None)
settings.load_profile("soak" if IS_SOAK else "test")

for share in (share_compiled_statements, share_readings, share_forms_of_secrets):
    share()


def pytest_collection_finish(session: pytest.Session) -> None:
    leave_modules_to_themselves()
    report_what_counts(session.config)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "on_a_file: about a ledger that is a file, and nothing else")
    config.addinivalue_line("markers", "on_a_server: about one that lies on a server; part of the tests with JANITOR_TEST_LEDGER")
    for line in MARKERS:
        config.addinivalue_line("markers", line)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the tests that take a ledger, those about a file alone are left out where it lies on a server, and the reverse."""
    left_out = {item: NOT_MEANT for item in items if item.get_closest_marker(NOT_MEANT)}
    left_out |= dict.fromkeys(for_soak(items), "soak") if LEAVES_SOAK_OUT else {}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]
    config.stash[LEFT_OUT] = dict(Counter(left_out.values()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What a process beside others left out, it tells the one that reports."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """No test is left out without a word."""
    for word, number in config.stash.get(LEFT_OUT, {}).items():
        terminalreporter.line(f"{number} tests are left out: {word}", yellow=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write what is found into tests/golden instead of comparing.")


@pytest.fixture
def is_updating_golden(request: pytest.FixtureRequest) -> bool:
    """Whether the golden files are to be written anew: a change that shows in the diff, and in review."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ledger(tmp_path: Path, clock: FakeClock) -> Iterator[Ledger]:
    """An empty ledger, open for writing: a file, or with JANITOR_TEST_LEDGER=postgres a database of a real server."""
    pen = Pen(now=clock.now, actor="test@here")
    if IS_ON_POSTGRES:
        with (
            shared_postgres().lend(clock=clock, start=nothing_beside) as server,
            open_ledger(server, pen, create=False) as opened,
        ):
            yield opened
        return
    (tmp_path / "ledger.db").write_bytes(empty_ledger())
    with open_ledger(tmp_path / "ledger.db", pen, create=False) as opened:
        yield opened


@pytest.fixture
def memory() -> MemoryBackend:
    return MemoryBackend()


@pytest.fixture
def now_ms() -> int:
    return round(time.time() * 1000)


@pytest.fixture
def make_stage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Stage]]:
    """Build a stage: `make_stage(api="v2", jobs=[...], switches=..., truth_path=...)`; everything is stopped at the end."""
    with ExitStack() as stack:

        def build(api: str = "v2", **emulator: Any) -> Stage:
            running = stack.enter_context(Emulator(**emulator))
            server = stack.enter_context(shared_postgres().lend()) if IS_ON_POSTGRES else None
            return Stage(folder=tmp_path, emulator=running, capture=capsys, api=api, server=server)

        yield build
