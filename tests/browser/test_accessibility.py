"""axe-core finds nothing serious on any page, whatever its colours and its width."""

from collections.abc import Iterator

import pytest
from browser.axe import DARK, LIGHT, ask_axe, is_unchanged
from browser.window import Window, open_window
from browser.world import HOSTILE, World
from console_process import Process
from playwright.sync_api import Browser

ADDRESSES = ("/", "/upcoming", "/jobs?verdict=held", "/sweeps?target=research", "/policies", "/audit?event=deletion.failed")


@pytest.fixture(scope="module")
def bare(browser: Browser, console: Process) -> Iterator[Window]:
    """A window in which axe-core may be put past the policy of our pages."""
    with open_window(browser, console.url(), bypass_csp=True, allowed=("status 40", "console error Failed to load")) as opened:
        yield opened


def test_axe_core_is_the_file_that_was_vendored() -> None:
    assert is_unchanged()


@pytest.mark.some(3)
@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_nothing_serious_on_a_page(bare: Window, address: str) -> None:
    assert ask_axe(bare.go(address), LIGHT, DARK) == []


@pytest.mark.soak
@pytest.mark.parametrize("address", ["/jobs?q=nothing+has+this+name", "/jobs?sort=nonsense", "/job?id=nobody"])
def test_axe_finds_nothing_serious_on_a_page_that_says_why_there_is_nothing(bare: Window, address: str) -> None:
    assert ask_axe(bare.go(address), DARK) == []


def test_axe_finds_nothing_serious_on_the_page_of_a_job_and_its_sweep(bare: Window, world: World) -> None:
    assert ask_axe(bare.go(f"/job?target=research&id={world.deleted}"), DARK) == []
    page = bare.go(f"/job?target=research&id={world.failed}")
    assert ask_axe(page, LIGHT) == []
    page.get_by_role("link", name="its sweep").first.click()
    page.wait_for_load_state()
    assert ask_axe(page, LIGHT) == []


@pytest.mark.soak
def test_axe_finds_nothing_serious_at_the_login(browser: Browser, locked: Process) -> None:
    with open_window(browser, locked.url(), bypass_csp=True, allowed=("status 401", "console error Failed to load")) as window:
        page = window.go("/login")
        page.get_by_label("Token").fill(HOSTILE[0])
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        assert ask_axe(page, LIGHT, DARK) == []


def test_axe_would_find_it(bare: Window) -> None:
    """Grey on grey, a picture without words, a button without a name: so that its silence means something."""
    page = bare.go("/jobs?q=nothing+has+this+name")
    page.locator(".title").evaluate("""(each) => {
      each.innerHTML += '<p style="color: #999; background: #aaa">hardly there</p><img src="/static/icon.svg"><button></button>';
    }""")
    told = " ".join(ask_axe(page, LIGHT))
    assert [rule for rule in ("color-contrast", "image-alt", "button-name") if rule not in told] == []
