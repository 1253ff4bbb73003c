"""Owns the daemon's HTTP side: health and metrics, read-only, without a name of any job."""

import asyncio
import re
import socket
from dataclasses import dataclass, field
from functools import partial

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from janitor.clock import Running, start_beside
from janitor.core.errors import UsageError
from janitor.service.health import Health
from janitor.service.metrics import Metrics

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PATIENCE_S = 5.0
FIRST_REQUEST_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @staticmethod
    def parse(text: str) -> "Address":
        """Read `HOST:PORT`, an IPv6 host in brackets; raises UsageError."""
        host, colon, port = text.rpartition(":")
        if not colon or not host or not re.fullmatch("[0-9]{1,5}", port, re.ASCII) or int(port) > 65535:
            raise UsageError(f"{text[:100]!r} is no address to listen on; write HOST:PORT, such as 127.0.0.1:9464")
        return Address(host=host.removeprefix("[").removesuffix("]"), port=int(port))


def make_application(health: Health, metrics: Metrics) -> Starlette:
    """`/healthz`: 200 while the main loop turns. `/readyz`: 200 while the next sweep can be expected to work. `/metrics`."""

    def healthz(_request: Request) -> Response:
        return JSONResponse(health.as_json(), 200 if health.is_alive() else 503, _HEADERS)

    def readyz(_request: Request) -> Response:
        return JSONResponse(health.as_json(), 200 if health.is_alive() and health.is_ready() else 503, _HEADERS)

    def show_metrics(request: Request) -> Response:
        body, content_type = metrics.render(request.headers.get("Accept", ""))
        return Response(body, headers={**_HEADERS, "Content-Type": content_type})

    routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", show_metrics)]
    return Starlette(routes=routes)


class ImpatientProtocol(H11Protocol):
    """HTTP, for those who ask soon: a connection without a whole first request is dropped, so that idle ones cannot pile up."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own signature
        """Begin to wait."""
        super().connection_made(transport)
        self.loop.call_later(FIRST_REQUEST_WITHIN_S, self._drop_idle)

    def _drop_idle(self) -> None:
        if getattr(self, "cycle", None) is None and not self.transport.is_closing():
            self.transport.abort()


@dataclass(kw_only=True)
class WebServer:
    """Serves an application in a thread of its own."""

    application: Starlette
    address: Address
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
            http=ImpatientProtocol,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._running = start_beside(partial(self._server.run, [listener]), "janitor-web")
        host, port = listener.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

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
    except OSError as error:
        listener.close()
        raise UsageError(
            f"cannot listen on {address.host}:{address.port}: {error.strerror}; choose another with --listen"
        ) from error
    return listener
