"""A scriptable HTTP server on raw loopback sockets, and transports pointed at it: faults on the wire are played, not mocked."""

import json
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from threading import Event, Lock, Thread
from typing import Any, BinaryIO

import pytest

from janitor.modelarts import (
    AccessKey,
    Call,
    Endpoint,
    Keyring,
    ModelArtsError,
    RouteKind,
    Surroundings,
    Transport,
    TransportLimits,
)

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
KEY = AccessKey("TESTAK00EXAMPLE00001", "testSecretKey0EXAMPLE0ONLY0FOR0UNIT0TESTS")
JOB_ID = "7d9e2c14-5b30-4f6a-8c1e-90ab12cd34ef"
PROJECT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
JOB_PATH = f"/v2/{PROJECT}/training-jobs/{JOB_ID}"
READ = Call(kind=RouteKind.GET, method="GET", path=JOB_PATH, project_id=PROJECT, about_job=True)
DELETE = Call(
    kind=RouteKind.DELETE,
    method="DELETE",
    path=JOB_PATH,
    project_id=PROJECT,
    about_job=True,
    mutates=True,
    accepts=frozenset({200, 202, 204}),
)
FAST: dict[str, Any] = {"requests_per_second": 1e6}


class StageClock:
    """Time that moves only when somebody waits, or when a test says so; safe to share between threads."""

    def __init__(self) -> None:
        self.elapsed = 1000.0
        self.waits: list[float] = []
        self._lock = Lock()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.elapsed - 1000.0)

    def monotonic(self) -> float:
        return self.elapsed

    def wait(self, seconds: float, stop: Event | None) -> bool:
        if stop is not None and stop.is_set():
            return True
        self.waits.append(seconds)
        self.advance(seconds)
        return False

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.elapsed += seconds


@dataclass(frozen=True)
class Received:
    """One request, as it stood on the wire."""

    line: str
    headers: Mapping[str, str]
    body: bytes


Act = Callable[[socket.socket], bool]
"""Plays one answer; returns whether the connection stays open."""


def raw(data: bytes, *, close: bool = False) -> Act:
    """Send these bytes."""

    def act(connection: socket.socket) -> bool:
        connection.sendall(data)
        return not close

    return act


def answer(status: int, document: Any = None, *, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Act:
    """A complete answer with JSON, or with `body` as it is."""
    payload = body if body is not None else json.dumps(document).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(payload)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return raw(f"HTTP/1.1 {status} Some Reason\r\n{head}\r\n".encode() + payload)


def fault(status: int, code: str, text: str = "a reason", **headers: str) -> Act:
    """An error answer in the v2 shape."""
    dashed = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer(status, {"error_code": code, "error_msg": text}, headers=dashed)


def reset(connection: socket.socket) -> bool:
    """Break the connection off with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def ok() -> Act:
    """An ordinary answer to READ."""
    return answer(200, {"metadata": {"id": JOB_ID}})


def throttled(**headers: str) -> Act:
    """An answer that asks for fewer requests."""
    return fault(429, "APIG.0308", "The throttling threshold has been reached", **headers)


@dataclass
class ScriptedServer:
    """Plays its acts one a request, in order, and then 500s; remembers all it received."""

    acts: list[Act]
    received: list[Received] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def lines(self) -> list[str]:
        return [request.line for request in self.received]

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                _hang_up(connection)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                self._open.append(connection)
                self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            try:
                while request := _read_request(stream):
                    with self._lock:
                        self.received.append(request)
                        act = self.acts.pop(0) if self.acts else answer(500, None)
                    if not act(connection):
                        return
            except OSError:
                return


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _read_request(stream: BinaryIO) -> Received | None:
    line = stream.readline().decode().strip()
    if not line:
        return None
    headers = {}
    while text := stream.readline().decode().strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    return Received(line, headers, stream.read(int(headers.get("content-length", "0"))))


@dataclass
class Stage:
    """Servers and transports of one test, on virtual time unless a clock is given."""

    clock: StageClock = field(default_factory=StageClock)
    stop: Event = field(default_factory=Event)
    _closing: list[Callable[[], None]] = field(default_factory=list)

    def serve(self, *acts: Act) -> ScriptedServer:
        server = ScriptedServer(list(acts))
        self._closing.append(server.close)
        return server

    def transport(
        self, server: ScriptedServer | str, key: AccessKey | Keyring = KEY, clock: Any = None, **limits: Any
    ) -> Transport:
        url = server if isinstance(server, str) else server.url
        return self.transport_to(Endpoint(url=url), key, clock, **limits)

    def transport_to(self, endpoint: Endpoint, key: AccessKey | Keyring = KEY, clock: Any = None, **limits: Any) -> Transport:
        around = Surroundings(clock=clock or self.clock, random=Random(1), stop=self.stop)
        transport = Transport(endpoint, key, limits=TransportLimits(**(FAST | limits)), surroundings=around)
        self._closing.append(transport.close)
        return transport

    def waits(self) -> list[float]:
        """The virtual waits that matter, without the spacing of the rate limit."""
        return [wait for wait in self.clock.waits if wait > 0.01]

    def http_date(self, seconds: float) -> str:
        """An HTTP date so many seconds from the test's now."""
        return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)

    def close(self) -> None:
        for close in reversed(self._closing):
            close()


def refused(stage: Stage, act: Act, kind: type[ModelArtsError], call: Call = READ, **limits: Any) -> ModelArtsError:
    """Play one act four times and return the error, which must be of exactly this kind."""
    transport = stage.transport(stage.serve(*[act] * 4), **limits)
    with pytest.raises(kind) as caught:
        transport.send(call)
    assert type(caught.value) is kind
    return caught.value
