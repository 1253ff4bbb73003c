"""A running sweep of a real `janitor serve` shows without a reload; where the stream is refused, pages still work."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.conftest import Open
from browser.window import open_window
from browser.world import POLICIES, Told
from console_process import Process
from documents import make_document
from playwright.sync_api import Browser, expect
from stage import Stage

from janitor.emulator.faults import Fault
from janitor.emulator.server import Emulator

SERVE = "schedule: {every: 2s}\nconsole: {listen: '127.0.0.1:0'}\nquiet_period: 1s\n"
OLD = 5
ASIDE = "Object.defineProperty(document, 'hidden', {get: () => window.aside === true})"
PUT_ASIDE = "(aside) => { window.aside = aside; document.dispatchEvent(new Event('visibilitychange')); }"
CHANGED = "() => { window.htmx.trigger(document.body, 'janitor:changed'); }"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Stage]:
    """A project of a few old jobs, whose sweeps are paused."""
    now_ms = round(time.time() * 1000)
    with Emulator(jobs=[make_document(now_ms, 50) for _ in range(OLD)]) as emulator:
        stage = Stage(folder=tmp_path, emulator=emulator, capture=Told())
        stage.write(POLICIES, top=SERVE)
        assert stage.janitor("init", "--ledger")[0] == 0
        assert stage.janitor("pause", "--reason", "not yet")[0] == 0
        yield stage


def test_a_sweep_of_the_service_shows_while_it_runs_and_when_it_ends(browser: Browser, service: Stage) -> None:
    """The platform answers no more once it was asked about a job, until somebody has seen that."""
    process, seen = Process(service.config, "serve"), threading.Event()
    service.emulator.faults.add(Fault("get", "before", change=lambda _: seen.wait(60)))
    try:
        with open_window(browser, process.url()) as window:
            page = window.go("/")
            expect(page.locator(".s-paused")).to_have_text("paused")
            page.evaluate("() => { window.unchanged = true; }")
            assert service.janitor("resume")[0] == 0
            expect(page.locator(".card > header .s-running")).to_have_text("sweeping")
            expect(page.locator("#news")).to_have_text("A sweep of research is running.")
            expect(page.locator(".running")).to_contain_text(f"{OLD} jobs listed, {OLD} planned")
            expect(page.locator(".s-paused")).to_have_count(0)
            seen.set()
            expect(page.locator(".card > header .s-running")).to_have_count(0)
            expect(page.locator(".facts")).to_contain_text(f"used {OLD}")
            expect(page.locator("#news")).to_have_text("The sweep of research has ended.")
            assert page.evaluate("() => window.unchanged") is True, "it was fetched anew as a whole"
        process.terminate()
    finally:
        seen.set()
        process.kill()


def test_who_reads_or_has_unfolded_something_is_not_disturbed(open_console: Open) -> None:
    with open_console() as window:
        page = window.go("/")
        page.evaluate("() => { for (const id of ['#targets', '#as-of']) { document.querySelector(id).dataset.old = 'yes'; } }")
        page.locator("details summary").first.click()  # it is open, and has the focus
        page.evaluate(CHANGED)
        page.evaluate("() => document.activeElement.blur()")
        page.evaluate(CHANGED)
        page.locator("details summary").first.click()  # it is closed, and has the focus
        page.evaluate(CHANGED)
        page.wait_for_timeout(500)
        expect(page.locator("[data-old]")).to_have_count(2)
        page.evaluate("() => document.activeElement.blur()")
        page.evaluate(CHANGED)
        expect(page.locator("[data-old]")).to_have_count(0)  # and it says as of when
        expect(page.locator("time").first).to_have_attribute("title", re.compile("your time"))


@pytest.mark.soak
def test_pages_work_where_the_stream_is_refused(open_console: Open) -> None:
    allowed = ("status 503", "console error Failed to load resource")
    with open_console(allowed=allowed) as window:
        window.page.route("**/live", lambda route: route.fulfill(status=503, body="enough are listening"))
        page = window.page
        with page.expect_response("**/live") as refused:
            window.go("/")
        assert refused.value.status == 503
        page.get_by_role("link", name="Jobs", exact=True).click()
        page.get_by_label("Phase").select_option("failed")
        expect(page).to_have_url(re.compile("phase=failed"))
        expect(page.locator("td.less", has_text="completed")).to_have_count(0)


def test_a_page_looks_by_itself_where_the_stream_is_refused(open_console: Open) -> None:
    with open_console(allowed=("status 503", "console error Failed to load resource")) as window:
        page = window.page
        page.clock.install()
        page.route("**/live", lambda route: route.fulfill(status=503, body="enough are listening"))
        with page.expect_response("**/live"):
            window.go("/")
        for _ in range(2):
            with page.expect_response(f"{window.url}/"):
                page.clock.fast_forward(31_000)
                page.clock.fast_forward(1_000)


def test_more_pages_may_be_open_than_a_browser_has_connections(open_console: Open) -> None:
    """Six to one host: a page that is not in sight holds none, and looks anew when it is again."""
    with open_console() as window:
        window.context.add_init_script(ASIDE)
        pages = [window.page, *(window.context.new_page() for _ in range(6))]
        for page in pages:
            page.goto(f"{window.url}/")
            page.evaluate(PUT_ASIDE, True)
        with pages[0].expect_request("**/live"), pages[0].expect_response(f"{window.url}/"):
            pages[0].evaluate(PUT_ASIDE, False)
