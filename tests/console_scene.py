"""The console as a real server on loopback, in this process, and requests to it as bytes that nobody tidied up before."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from small_sweep import empty_ledger
from starlette.routing import BaseRoute

from janitor.console.console import Console
from janitor.console.pages import make_pages
from janitor.core.listening import Address
from janitor.core.seams import Clock
from janitor.settings.model import ConsoleProxy, ConsoleSettings, ConsoleToken, LedgerSettings, Settings
from janitor.wiring import App

TOKEN, OTHER_TOKEN = "janitor_" + "a" * 43, "janitor_" + "b" * 43
ALICE, BOB = (
    ConsoleToken(name=name, sha256=sha256(token.encode()).hexdigest()) for name, token in (("alice", TOKEN), ("bob", OTHER_TOKEN))
)
HERE = Address(host="127.0.0.1", port=0)
FORM: dict[str, Any] = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer; names of headers are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]

    def only(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    @property
    def cookie(self) -> str:
        """What a browser would send back."""
        return self.only("set-cookie").partition(";")[0]


@dataclass(kw_only=True)
class Served:
    """A console that serves, what it said, and how to ask it."""

    console: Console
    app: App
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def port(self) -> int:
        assert self.console.url is not None
        return int(self.console.url.rpartition(":")[2])

    def get(self, target: str = "/", /, method: str = "GET", body: bytes = b"", **headers: Any) -> Reply:
        """One request; an underscore in a header's name is a dash, a list is the header as often, None leaves it out."""
        given: dict[str, str | list[str] | None] = {"Host": f"127.0.0.1:{self.port}", "Connection": "close"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body:
            given["Content-Length"] = str(len(body))
        lines = [f"{method} {target} HTTP/1.1"]
        for name, value in given.items():
            lines += [f"{name}: {each}" for each in ([value] if isinstance(value, str) else value or [])]
        (reply,) = replies(self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body), is_head=method == "HEAD")
        return reply

    def login(self, token: str = TOKEN, *, wanted: str = "/", **headers: Any) -> Reply:
        body = f"token={token}&next={wanted}".encode()
        return self.get("/login", method="POST", body=body, **{**FORM, **headers})

    def send(self, content: bytes, patience_s: float = 10.0) -> bytes:
        """Everything that comes back until the other end closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience_s) as link:
            try:
                link.sendall(content)
                return b"".join(iter(lambda: link.recv(65536), b""))
            except (ConnectionResetError, BrokenPipeError):
                return b""

    @property
    def unforeseen(self) -> list[Any]:
        return [fields for event, fields in self.said if event == "console.failed"]


def replies(content: bytes, *, is_head: bool = False) -> list[Reply]:
    """The answers in what came back."""
    found = list[Reply]()
    while content:
        head, _, rest = content.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        named = re.fullmatch(r"HTTP/1\.1 ([0-9]{3}) .*", first)
        assert named is not None, first
        headers = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
        length = next((int(value) for name, value in headers if name == "content-length"), len(rest))
        body, content = (b"", rest) if is_head else (rest[:length], rest[length:])
        found.append(Reply(status=int(named[1]), headers=headers, body=body))
    return found


def make_settings(folder: Path, console: ConsoleSettings) -> Settings:
    """A policy file whose ledger is in the folder, empty where it is new."""
    path = folder / "ledger.db"
    if not path.exists():
        path.write_bytes(empty_ledger())
    ledger = LedgerSettings(path=path)
    return Settings(source=folder / "janitor.yaml", ledger=ledger, targets=(), policies=(), console=console)


def guarded(**changes: Any) -> ConsoleSettings:
    """For Alice and Bob, by their tokens."""
    return replace(ConsoleSettings(listen=HERE, tokens=(ALICE, BOB)), **changes)


def proxied(*networks: Any, header: str = "X-Forwarded-User") -> ConsoleSettings:
    return ConsoleSettings(listen=HERE, proxy=ConsoleProxy(addresses=networks, header=header))


@contextmanager
def serve_console(app: App, pages: Callable[..., list[BaseRoute]] = make_pages) -> Iterator[Served]:
    """Serve it while the block runs; afterwards no thread of it is left, and no error that nobody foresaw was said."""
    before, numbers, said = _servers(), count(), list[tuple[str, dict[str, Any]]]()
    console = Console(
        new_id=lambda: f"session-{next(numbers)}", say=lambda event, **fields: said.append((event, fields)), make_pages=pages
    )
    console.follow(app, app.settings.console)
    served = Served(console=console, app=app, said=said)
    try:
        yield served
    finally:
        console.stop()
        assert _servers() == before


def _servers() -> int:
    return [thread.name for thread in threading.enumerate()].count("janitor-web")


def app_of(folder: Path, console: ConsoleSettings, clock: Clock) -> App:
    return App(settings=make_settings(folder, console), clock=clock)
