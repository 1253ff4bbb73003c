"""Owns a window of the browser as a test holds it: what it is asked, and whatever went wrong in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response, ViewportSize, expect

PAGES = ("/", "/upcoming", "/jobs", "/sweeps", "/policies", "/audit")
HEADINGS = {
    "/": "Overview",
    "/upcoming": "Upcoming",
    "/jobs": "Jobs",
    "/sweeps": "Sweeps",
    "/policies": "Policies",
    "/audit": "Audit",
}
PATIENCE_MS = 30_000
"""A machine may be busy."""
FRAME: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}

expect.set_options(timeout=PATIENCE_MS)


@dataclass(kw_only=True)
class Window:
    """One page of a context of its own, on one console."""

    url: str
    context: BrowserContext
    page: Page
    troubles: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()
    """Beginnings of troubles that a test wants to see."""

    def go(self, address: str) -> Page:
        """Open an address of the console, as by hand."""
        self.page.goto(self.url + address, wait_until="load")
        return self.page

    def path(self) -> str:
        """Where it is now, with the query."""
        parts = urlsplit(self.page.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def noted(self) -> list[str]:
        return [each for each in self.troubles if not each.startswith(self.allowed)] if self.allowed else self.troubles

    def watch(self) -> None:
        """Write down what no page of ours may do: a dialog, an error, another host, an answer that is none."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.troubles.append(f"error {error}"))
        self.page.on("dialog", self._dismiss)
        self.context.on("request", self._see)
        self.context.on("response", self._judge)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self.troubles.append(f"console {message.type} {message.text} at {self.page.url}")

    def _dismiss(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _see(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:")):
            self.troubles.append(f"request {request.url}")

    def _judge(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"status {response.status} {response.url}")


@contextmanager
def open_window(browser: Browser, url: str, *, allowed: tuple[str, ...] = (), **options: Any) -> Iterator[Window]:
    """A window while the block runs; it fails where anything went wrong in it that was not allowed."""
    settings: dict[str, Any] = {"viewport": FRAME, "locale": "en-GB", "timezone_id": "Asia/Tokyo", "reduced_motion": "reduce"}
    context = browser.new_context(**(settings | options))
    try:
        context.set_default_timeout(PATIENCE_MS)
        window = Window(url=url, context=context, page=context.new_page(), allowed=allowed)
        window.watch()
        yield window
        assert not window.noted(), window.noted()
    finally:
        context.close()
