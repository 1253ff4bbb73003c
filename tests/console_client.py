"""The console in a test: pages on a ledger, asked without a server, and read as a browser would."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from builders import FakeClock, make_policy
from jinja2 import Environment
from starlette.applications import Starlette

from janitor.console.pages import make_pages
from janitor.core.secret import Scrubber, Secret
from janitor.ledger.store import Ledger
from janitor.retention.policy import Mode
from janitor.settings.model import LedgerSettings, Schedule, Settings, TargetSettings, UnreadCredentials

BLOCKS = frozenset({"br", "li", "p", "div", "dt", "dd", "td", "th", "h1", "h2", "h3", "option", "summary"})
VOID = frozenset({"meta", "link", "input", "img", "br", "hr", "option", "rect", "polyline", "polygon"})


def share_compiled_templates() -> None:
    """Let a template be compiled once, however many consoles there are: each test has one, and that takes longer than it."""
    plain, known = Environment.compile, dict[tuple[str | None, str], Any]()

    def compile_once(self: Environment, source: str, name: str | None = None, *given: Any, **named: Any) -> Any:
        if (name, source) not in known:
            known[name, source] = plain(self, source, name, *given, **named)
        return known[name, source]

    setattr(Environment, "compile", compile_once)  # noqa: B010  the type checker forbids the plain form


share_compiled_templates()


def make_settings(**changes: Any) -> Settings:
    """One enforcing target, research, with one policy, weekly."""
    target = TargetSettings(
        name="research",
        endpoint="http://127.0.0.1:1",
        project_id="p",
        credentials=UnreadCredentials(),
        mode=Mode.ENFORCE,
        schedule=Schedule(every=timedelta(hours=6)),
    )
    fields: dict[str, Any] = {
        "source": Path("janitor.yaml"),
        "ledger": LedgerSettings(path=Path("ledger.db")),
        "targets": (target,),
        "policies": (make_policy(),),
    }
    return Settings(**(fields | changes))


@dataclass(kw_only=True)
class Desk:
    """What pages are made from, in a test."""

    ledger: Ledger | None
    clock: FakeClock
    settings: Settings = field(default_factory=make_settings)
    secrets: tuple[str, ...] = ()
    next: datetime | None = None
    stopped: str | None = None

    @property
    def scrubber(self) -> Scrubber:
        return _scrubber_of(self.secrets)

    @contextmanager
    def reading(self) -> Iterator[Ledger | None]:
        yield self.ledger

    def next_sweep(self, target: str) -> datetime | None:  # noqa: ARG002  of every one the same
        return self.next

    def halted(self) -> str | None:
        return self.stopped


@cache
def _scrubber_of(secrets: tuple[str, ...]) -> Scrubber:
    return Scrubber(tuple(map(Secret, secrets)))


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer, whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def page(self) -> "Read":
        return read(self.text)


@dataclass(kw_only=True)
class Console:
    """Asks the pages; `get` takes an address with its query."""

    desk: Desk
    live: str | None = None

    def __post_init__(self) -> None:
        self.application = Starlette(routes=make_pages(self.desk, live=self.live))

    def get(self, address: str) -> Reply:
        parts = urlsplit(address)
        scope = {
            "type": "http",
            "method": "GET",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(b"host", b"127.0.0.1")],
            "server": ("127.0.0.1", 80),
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
        }
        return asyncio.run(_ask(self.application, scope))


async def _ask(application: Starlette, scope: dict[str, Any]) -> Reply:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await application(scope, receive, send)
    start, *parts = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(status=start["status"], headers=headers, body=b"".join(part.get("body", b"") for part in parts))


@dataclass(kw_only=True)
class Read(HTMLParser):
    """A page as a parser sees it: its elements with attributes, its text, its tables."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)
        if tag in BLOCKS:
            self.words.append(" ")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.rows and self.rows[-1] and any(tag in ("td", "th") for tag in self.open):
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def links(self) -> list[str]:
        return [each["href"] for each in self.all("a") if "href" in each]


def read(text: str) -> Read:
    """Parse a page."""
    found = Read()
    found.feed(text)
    found.close()
    return found
