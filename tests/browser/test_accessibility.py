"""axe-core finds nothing serious on any page, whatever its colours and its width."""

from collections.abc import Iterator

import pytest
from browser.axe import ask_axe, is_unchanged
from browser.window import Window, open_window
from browser.world import HOSTILE, World
from console_process import Process
from playwright.sync_api import Browser

ADDRESSES = (
    *("/", "/upcoming", "/jobs?verdict=held", "/sweeps", "/policies", "/audit?event=deletion.failed"),
    *("/jobs?q=nothing+has+this+name", "/jobs?sort=nonsense", "/job?id=nobody"),
)


@pytest.fixture(scope="module")
def bare(browser: Browser, console: Process) -> Iterator[Window]:
    """A window in which axe-core may be put past the policy of our pages."""
    with open_window(browser, console.url(), bypass_csp=True, allowed=("status 40", "console error Failed to load")) as opened:
        yield opened


def test_axe_core_is_the_file_that_was_vendored() -> None:
    assert is_unchanged()


@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_nothing_serious_on_a_page(bare: Window, address: str) -> None:
    assert ask_axe(bare.go(address)) == []


@pytest.mark.parametrize("which", ["deleted", "failed"])
def test_axe_finds_nothing_serious_on_the_page_of_a_job_and_its_sweep(bare: Window, world: World, which: str) -> None:
    page = bare.go(f"/job?target=research&id={getattr(world, which)}")
    assert ask_axe(page) == []
    page.get_by_role("link", name="its sweep").first.click()
    page.wait_for_load_state()
    if which == "failed":
        assert ask_axe(page) == []


def test_axe_finds_nothing_serious_at_the_login(browser: Browser, locked: Process) -> None:
    with open_window(browser, locked.url(), bypass_csp=True, allowed=("status 401", "console error Failed to load")) as window:
        page = window.go("/login")
        assert ask_axe(page) == []
        page.get_by_label("Token").fill(HOSTILE[0])
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        assert ask_axe(page) == []
