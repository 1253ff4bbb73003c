"""Logging in and out as a browser does it, and pages of other origins that try to get at the console (D19, D20)."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from browser.chromium import EVIL
from browser.window import Window, open_window
from browser.world import TOKEN
from console_process import Process
from playwright.sync_api import Browser, expect

REFUSED = ("status 401", "status 403", "console error", "request ", "console warning")
PAGE = """<!DOCTYPE html><title>evil</title><iframe src="{url}/jobs"></iframe><img id="img" src="{url}/static/icon.svg">
<form id="out" method="post" action="{url}/logout" target="away"></form><iframe name="away"></iframe>"""
STEAL = """async (url) => {
  const tries = [{}, {mode: "no-cors", credentials: "include"}, {credentials: "include"}, {method: "POST", mode: "no-cors"}];
  const got = await Promise.all(tries.map((how) => fetch(url, how).then((reply) => reply.text(), () => "refused")));
  return got.filter((each) => each !== "refused" && each !== "");
}"""


@pytest.fixture(scope="module")
def evil() -> Iterator[HTTPServer]:
    """A web server of somebody else on this machine, whose every page embeds what the query names."""

    class Evil(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE.format(url=self.path.partition("?")[2]).encode())

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Evil) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def log_in(window: Window, wanted: str = "/jobs") -> None:
    window.go(wanted)
    window.page.get_by_label("Token").fill(TOKEN)
    window.page.get_by_role("button", name="Log in").click()
    expect(window.page.locator("h1")).to_have_text("Jobs" if wanted == "/jobs" else "Overview")


def test_d19_a_token_opens_the_page_that_was_wanted_and_leaves_a_cookie_that_no_script_reads(
    browser: Browser, locked: Process
) -> None:
    with open_window(browser, locked.url(), allowed=("status 401", "console error Failed to load resource")) as window:
        page = window.go("/jobs?verdict=held")
        assert window.path().startswith("/login?next=")
        expect(page.get_by_label("Token")).to_be_focused()
        page.keyboard.type("not-a-token")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("nobody has this token")
        assert window.context.cookies() == []
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("h1")).to_have_text("Jobs")
        assert window.path() == "/jobs?verdict=held"
        (cookie,) = window.context.cookies()
        assert {name: cookie.get(name) for name in ("name", "domain", "path", "httpOnly", "sameSite", "secure")} == {
            "name": "janitor",
            "domain": "127.0.0.1",
            "path": "/",
            "httpOnly": True,
            "sameSite": "Strict",
            "secure": False,  # nothing leaves the machine
        }
        assert 11 * 3600 < cookie["expires"] - time.time() < 13 * 3600
        assert page.evaluate("() => document.cookie") == ""
        assert TOKEN not in page.content() + str(page.evaluate("() => [{...localStorage}, {...sessionStorage}]"))


def test_d19_who_logs_out_is_out_also_with_the_cookie_of_before(browser: Browser, locked: Process) -> None:
    with open_window(browser, locked.url()) as window:
        log_in(window)
        kept = window.context.cookies()
        window.page.get_by_role("button", name="Log out").click()
        expect(window.page.locator("h1")).to_have_text("Log in to janitor")
        assert window.context.cookies() == []
        window.context.add_cookies([{"name": "janitor", "value": kept[0]["value"], "url": locked.url()}])
        window.go("/jobs")
        assert window.path().startswith("/login")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_d19_a_page_of_another_origin_frames_fetches_and_posts_nothing(
    browser: Browser, locked: Process, evil: HTTPServer, name: str
) -> None:
    """By the same name, where the browser sends the cookie along to every port, and by another."""
    with open_window(browser, locked.url(), allowed=REFUSED) as window:
        log_in(window, "/")
        page = window.page
        page.goto(f"http://{name}:{evil.server_address[1]}/?{locked.url()}")
        assert page.evaluate(STEAL, f"{locked.url()}/jobs") == []
        (frame,) = (each for each in page.frames if each.parent_frame and each.name != "away")
        assert "Jobs" not in frame.content()
        assert frame.locator("table").count() == 0
        assert page.evaluate("() => document.querySelector('#img').naturalWidth") == 0
        page.evaluate("() => document.querySelector('#out').submit()")
        page.wait_for_timeout(200)
        window.go("/")
        expect(page.locator("h1")).to_have_text("Overview")


def test_d19_a_name_that_is_made_to_point_here_gets_nothing(browser: Browser, console: Process) -> None:
    port = console.url().rpartition(":")[2]
    with open_window(browser, f"http://{EVIL}:{port}", allowed=("status 421", "console error")) as window:
        text = window.go("/jobs").locator("body").inner_text()
        assert "nothing is served under this name" in text
        assert "trial" not in text


def test_a_link_from_elsewhere_leads_to_its_page_with_the_session(browser: Browser, locked: Process, evil: HTTPServer) -> None:
    with open_window(browser, locked.url(), allowed=REFUSED) as window:
        log_in(window)
        page = window.page
        page.goto(f"http://localhost:{evil.server_address[1]}/?{locked.url()}")
        page.evaluate("(url) => { location.href = url; }", f"{locked.url()}/policies")
        expect(page.locator("h1")).to_have_text("Policies")
