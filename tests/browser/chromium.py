"""Owns Debian's Chromium as the tests start it: one process, on loopback alone; no browser is ever downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

MISSING = (
    "NO CHROMIUM: the console was NOT tried in a browser; install it: apt-get install chromium-headless-shell fonts-dejavu-core"
)
IS_REQUIRED = os.environ.get("JANITOR_REQUIRE_BROWSER") == "1"
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same browser without windows of its own, which takes half the time of a processor."""
EVIL = "evil.example"
"""A name that leads to this machine; every other but 127.0.0.1 and localhost leads nowhere."""
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--font-render-hinting=none"),
    f"--host-resolver-rules=MAP {EVIL} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def find_chromium() -> str | None:
    """Where it is; None where this machine has none."""
    named = os.environ.get("JANITOR_TEST_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def start_chromium(program: str) -> Iterator[Browser]:
    """A browser with an empty profile of its own, while the block runs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
