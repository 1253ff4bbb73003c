"""A browser, a ledger to look at, and consoles on it, once each; without Chromium everything here is skipped, loudly."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from browser.chromium import IS_REQUIRED, MISSING, find_chromium, start_chromium
from browser.window import Window, open_window
from browser.world import World, make_world
from console_process import Process
from playwright.sync_api import Browser

Open = Callable[..., AbstractContextManager[Window]]

PATIENCE_S = 300
"""Of a test, the making of everything that it is the first to use included: a busy machine shows a page late."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(PATIENCE_S))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the very end that nothing of this was tried."""
    if find_chromium() is None:
        terminalreporter.section("console in a browser", red=True, bold=True)
        terminalreporter.line(MISSING)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if program is None and IS_REQUIRED:
        pytest.fail(MISSING)
    if program is None:
        pytest.skip(MISSING)
    with start_chromium(program) as started:
        yield started


@pytest.fixture(scope="session")
def world(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with make_world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="session")
def console(world: World) -> Iterator[Process]:
    """`janitor console`, on this machine alone, without login."""
    process = Process(world.stage.config, "console")
    yield process
    process.kill()


@pytest.fixture(scope="session")
def locked(world: World) -> Iterator[Process]:
    """The same for Alice, by her token."""
    process = Process(world.locked, "console")
    yield process
    process.kill()


@pytest.fixture
def open_console(browser: Browser, console: Process) -> Open:
    """Open a window on the console: `with open_console(java_script_enabled=False) as window`."""
    return partial(open_window, browser, console.url())


@pytest.fixture(scope="module")
def window(browser: Browser, console: Process) -> Iterator[Window]:
    """One for a whole file."""
    with open_window(browser, console.url()) as opened:
        yield opened
