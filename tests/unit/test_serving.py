"""Serving over HTTP: whoever holds up the server is let go, however that is done (fault D19)."""

import socket
import time
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from janitor.core.listening import Address
from janitor.serving import WebServer

LARGE = b"x" * 8_000_000
"""More than what the kernel keeps for who does not read."""


def test_d19_who_asks_and_does_not_read_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this, so many of them as connections are allowed shut out everybody else for ever."""
    monkeypatch.setattr("janitor.serving.READ_WITHIN_S", 0.3)
    with_large = Starlette(routes=[Route("/", lambda _request: Response(LARGE))])
    server = WebServer(application=with_large, address=Address(host="127.0.0.1", port=0))
    port = int(server.start().rpartition(":")[2])
    try:
        with ask(port):
            until = time.monotonic() + 4  # before what waits for a second request would end it
            while established_at(port) and time.monotonic() < until:
                time.sleep(0.05)
            assert established_at(port) == 0
        with ask(port) as link:
            came = b"".join(iter(lambda: link.recv(1 << 20), b""))
        assert came.endswith(LARGE), "who reads gets all of it"
    finally:
        server.stop()


def ask(port: int) -> socket.socket:
    """A connection on which something large was asked for."""
    link = socket.create_connection(("127.0.0.1", port), timeout=5)
    link.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    return link


def established_at(port: int) -> int:
    """How many connections the server's side of a port holds."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)
