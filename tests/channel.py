"""A channel played by a real server on loopback: it answers as scripted, remembers what came, and may never answer at all."""

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

IMPORTING_APPRISE = "ignore:'imghdr' is deprecated:DeprecationWarning"
"""What a test that sends through Apprise filters: of one of its parts, on Python 3.11 and 3.12."""
HANG = 0
"""In place of a status: take the request and answer nothing until the channel closes."""


@dataclass(kw_only=True)
class PlayedChannel:
    """Answers with each status once and then with the last one for ever."""

    answers: list[int] = field(default_factory=lambda: [200])
    location: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)
    _over: Event = field(default_factory=Event)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        """As the policy file's secret has it."""
        return f"json://127.0.0.1:{self._server.server_port}/hook-T0KEN0123456789"

    @property
    def bodies(self) -> list[str]:
        return [each["message"] for each in self.received]

    def answer(self) -> int:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def hang(self) -> None:
        self._over.wait(30)


def _handler_of(channel: PlayedChannel) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            channel.received.append(json.loads(text) | {"path": self.path})
            status = channel.answer()
            if status == HANG:
                channel.hang()
                return
            self.send_response(status)
            if channel.location:
                self.send_header("Location", channel.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name that http.server gives it
            """Say nothing."""

    return Handler
