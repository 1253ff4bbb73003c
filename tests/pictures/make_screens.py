"""Draws docs/console/*.png: pages of the console on forty nights of an invented project, the same ones each time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from browser.chromium import MISSING, find_chromium, start_chromium
from browser.window import FRAME, PHONE
from console_client import Console, Desk
from console_demo import begin_sweep, make_demo
from playwright.sync_api import Browser, Page

from janitor.console.strict import Strict
from janitor.core.listening import Address
from janitor.ledger.opening import read_ledger
from janitor.serving import MOST_CONNECTIONS, WebServer

FOLDER = Path(__file__).parents[2] / "docs" / "console"
LARGEST = 150_000
PAGES = {
    "overview": "/",
    "upcoming": "/upcoming",
    "jobs": "/jobs?verdict=expiring&sort=eligible_at",
    "job": "",
    "sweeps": "/sweeps",
}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {**FRAME, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {**FRAME, "height": 800}},
    "phone": {"color_scheme": "light", "viewport": PHONE, "is_mobile": True, "device_scale_factor": 1.5},
}
SHOWN = {"light": (*PAGES,), "dark": ("overview", "jobs", "job"), "phone": ("overview", "jobs", "job")}


def main() -> int:
    """Make the ledger, serve it, and take the pictures."""
    program = find_chromium()
    if program is None:
        print(MISSING, file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, serve_demo(Path(folder)) as url, start_chromium(program) as browser:
        sizes = dict(take_all(browser, url))
    for path, size in sizes.items():
        print(f"{path}: {size} bytes")
    return int(max(sizes.values()) > LARGEST)


@contextmanager
def serve_demo(folder: Path) -> Iterator[str]:
    """The pages on the ledger of the demo, as of its last day, with a sweep under way."""
    path, clock, settings = make_demo(folder)
    begin_sweep(path, clock)
    ledger = read_ledger(path)
    assert ledger is not None, "it was just made"
    with ledger:
        console = Console(desk=Desk(ledger=ledger, clock=clock, settings=settings, next=clock.now() + timedelta(hours=18)))
        application = Strict(console.application, lambda error: print(error, file=sys.stderr))
        server = WebServer(application=application, address=Address(host="127.0.0.1", port=0), most_connections=MOST_CONNECTIONS)
        yield server.start()
        server.stop()


def take_all(browser: Browser, url: str) -> Iterator[tuple[Path, int]]:
    """Each picture, and how large its file is."""
    for look, options in LOOKS.items():
        context = browser.new_context(locale="en-GB", timezone_id="UTC", reduced_motion="reduce", **options)
        page = context.new_page()
        for name in SHOWN[look]:
            page.goto(url + PAGES[name] if PAGES[name] else find_job(page, url))
            path = FOLDER / f"{name}-{look}.png"
            page.screenshot(path=path)
            yield path, path.stat().st_size
        context.close()


def find_job(page: Page, url: str) -> str:
    """The address of a job that went, and of which a tombstone is left."""
    page.goto(f"{url}/audit?event=deletion.confirmed")
    return url + str(page.locator("td a[href^='/job?']").first.get_attribute("href"))


if __name__ == "__main__":
    sys.exit(main())
