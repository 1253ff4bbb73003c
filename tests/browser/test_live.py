"""A running sweep shows without a reload, on the console of a real `janitor serve`; where the stream is refused, pages still work."""

import re
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

SERVE = "schedule: {every: 1s}\nconsole: {listen: '127.0.0.1:0'}\nquiet_period: 1s\n"
OLD = 5


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Stage]:
    """A project without an old job, whose lists of running sweeps take a while."""
    with Emulator(jobs=[make_document(round(time.time() * 1000), 1)]) as emulator:
        stage = Stage(folder=tmp_path, emulator=emulator, capture=Told())
        stage.write(POLICIES, top=SERVE)
        yield stage


def test_a_sweep_of_the_service_shows_while_it_runs_and_when_it_ends(browser: Browser, service: Stage) -> None:
    process = Process(service.config, "serve")
    try:
        process.until(lambda: process.said("sweep.finished"))
        with open_window(browser, process.url()) as window:
            page = window.go("/")
            page.evaluate("() => { window.unchanged = true; }")
            expect(page.get_by_text("Next sweep")).to_be_visible()
            jobs = [make_document(round(time.time() * 1000), 50) for _ in range(OLD)]
            service.emulator.faults.add(Fault("get", "hang_before", job_id=jobs[-1]["metadata"]["id"], seconds=3))
            for job in jobs:
                service.emulator.world.add(job)
            expect(page.locator(".s-running")).to_have_text("sweeping", timeout=20_000)
            expect(page.locator(".running")).to_contain_text("jobs listed")
            expect(page.locator(".s-running")).to_have_count(0, timeout=20_000)
            assert page.evaluate("() => window.unchanged") is True, "it was fetched anew as a whole"
            window.page.get_by_role("link", name="Sweeps").click()
            expect(page.locator("tbody tr", has_text=f"{OLD} confirmed")).to_have_count(1)
        process.terminate()
    finally:
        process.kill()


def test_who_reads_or_has_unfolded_something_is_not_disturbed(open_console: Open) -> None:
    with open_console() as window:
        page = window.go("/")
        page.locator("details summary").first.click()
        page.evaluate("() => { window.htmx.trigger(document.body, 'janitor:changed'); }")
        expect(page.locator("details").first).to_have_attribute("open", "")
        page.locator("details summary").first.click()
        page.evaluate("() => { document.activeElement.blur(); document.querySelector('#targets').dataset.old = 'yes'; }")
        page.evaluate("() => { window.htmx.trigger(document.body, 'janitor:changed'); }")
        expect(page.locator("#targets[data-old]")).to_have_count(0)
        expect(page.locator("time").first).to_have_attribute("title", re.compile("your time"))


def test_pages_work_where_the_stream_is_refused(open_console: Open) -> None:
    allowed = ("status 503", "console error Failed to load resource")
    with open_console(allowed=allowed) as window:
        window.page.route("**/live", lambda route: route.fulfill(status=503, body="enough are listening"))
        page = window.go("/")
        page.wait_for_timeout(300)
        assert "status 503" in " ".join(window.troubles)
        page.get_by_role("link", name="Jobs", exact=True).click()
        page.get_by_label("Phase").select_option("failed")
        expect(page).to_have_url(re.compile("phase=failed"))
        expect(page.locator("td.less", has_text="completed")).to_have_count(0)
