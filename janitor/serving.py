"""Owns how an application is served over HTTP: in a thread of its own, to those who ask soon, without a word about the server."""

import asyncio
import socket
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from janitor.clock import Running, start_beside
from janitor.core.errors import UsageError
from janitor.core.listening import Address

_PATIENCE_S = 5.0
_BACKLOG = 2048
REQUEST_WITHIN_S = 5.0
READ_WITHIN_S = 30.0
"""So long an answer may wait for who asked to read on; a slow line does, who reads nothing at all is dropped."""
MOST_CONNECTIONS = 200
LARGEST_HEAD = 16 * 1024
"""Bytes of a request's line and headers; a longer head that does not arrive as a whole is refused."""

_SAID = b"this is no request in HTTP\n"
_MALFORMED = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nCache-Control: no-store\r\n"
    b"X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"Connection: close\r\n\r\n%s"
) % (len(_SAID), _SAID)


class ImpatientProtocol(H11Protocol):
    """HTTP for those who ask soon: a connection is dropped whose request does not come as a whole in time, also a later one.

    So is one that does not read its answer, so that idle ones cannot pile up; and no more than `limit_concurrency` connections
    are open at once.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._most, self.limit_concurrency = self.limit_concurrency, None
        self._timer: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own signature
        """Begin to wait, unless there are too many."""
        super().connection_made(transport)
        if self._most is not None and len(self.connections) > self._most:
            transport.abort()
        self._mind()

    def data_received(self, data: bytes) -> None:
        """Take it, and wait for the rest."""
        super().data_received(data)
        self._mind()

    def pause_writing(self) -> None:
        """Wait for who asked to read, and not for ever."""
        super().pause_writing()
        self._unread = self.loop.call_later(READ_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: something was read."""
        self._read_on()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nobody any more."""
        self._read_on()
        super().connection_lost(exc)

    def _read_on(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request; it gets nothing of the application, whose headers go with its own answers only."""
        del msg
        if self._is_waiting() or not self.cycle.response_started:
            self.transport.write(_MALFORMED)
        self.transport.close()

    def _mind(self) -> None:
        if self._timer is not None and not self._is_waiting():
            self._timer.cancel()
            self._timer = None
        elif self._timer is None and self._is_waiting():
            self._timer = self.loop.call_later(REQUEST_WITHIN_S, self._drop)

    def _is_waiting(self) -> bool:
        """Whether no request is being answered: the next one has still to come, or the rest of one that was answered."""
        return self.cycle is None or self.cycle.response_complete

    def _drop(self) -> None:
        self._timer = None
        if self._is_waiting() and not self.transport.is_closing():
            self.transport.abort()


class _Server(uvicorn.Server):
    """One that leaves no connection behind, whoever is slow to hang up."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is under way, or after a second break it off."""
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


@dataclass(kw_only=True)
class WebServer:
    """Serves an application in a thread of its own; headers that say who asks are left to the application to believe."""

    application: ASGIApp
    address: Address
    most_connections: int | None = None
    _server: uvicorn.Server | None = None
    _running: Running | None = field(default=None)

    def start(self) -> str:
        """Bind, serve, and answer with the address; raises UsageError where the address cannot be had."""
        listener = _bind(self.address)
        config = uvicorn.Config(
            self.application,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # else X-Forwarded-For would say who the peer is
            http=ImpatientProtocol,
            limit_concurrency=self.most_connections,
            h11_max_incomplete_event_size=LARGEST_HEAD,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._running = start_beside(partial(self._server.run, [listener]), "janitor-web")
        host, port = listener.getsockname()[:2]
        return f"http://{Address(host=host, port=port)}"

    def stop(self) -> None:
        """Stop serving."""
        if self._server is not None and self._running is not None:
            self._server.should_exit = True
            self._running.join(_PATIENCE_S)


def _bind(address: Address) -> socket.socket:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, proto, _, place = found[0]
        listener = socket.socket(family, kind, proto)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"cannot listen on {address.host}: {getattr(error, 'strerror', None) or 'this is no host'}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(_BACKLOG)  # so that whoever is told the address can connect at once
    except OSError as error:
        listener.close()
        raise UsageError(
            f"cannot listen on {address.host}:{address.port}: {error.strerror}; choose another with --listen"
        ) from error
    return listener
