"""Owns the deadline of one answer, checked at every read from the socket: no drip of header, chunk or body outlasts it."""

from functools import partial
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from socket import socket
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from janitor.modelarts.clock import Clock

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class DeadlineExceeded(TimeoutError):
    """The answer has been coming for too long."""


class DeadlineAdapter(HTTPAdapter):
    """Gives every answer `deadline_s` seconds, from the moment its request has been sent to its last byte."""

    def __init__(self, clock: Clock, deadline_s: float, **options: Any) -> None:
        answer = partial(_BoundedAnswer, clock, deadline_s)
        plain = type("HTTPConnection", (HTTPConnection,), {"response_class": answer})
        secure = type("HTTPSConnection", (HTTPSConnection,), {"response_class": answer})
        self._pools = {
            "http": type("HTTPConnectionPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("HTTPSConnectionPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool with bounded connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> PoolManager:
        """Make the proxy's pool with bounded connections."""
        manager: PoolManager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


class _BoundedAnswer(HTTPResponse):
    def __init__(self, clock: Clock, deadline_s: float, sock: socket, **options: Any) -> None:
        super().__init__(sock, **options)
        self.fp.close()
        self.fp = BufferedReader(_BoundedReader(clock, deadline_s, sock))


class _BoundedReader(RawIOBase):
    """The socket as a file; like any file made of it, it keeps the connection open until it is closed itself."""

    def __init__(self, clock: Clock, deadline_s: float, sock: socket) -> None:
        self._clock = clock
        self._deadline_s = deadline_s
        self._until = clock.monotonic() + deadline_s
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        if self._clock.monotonic() > self._until:
            raise DeadlineExceeded(f"the answer took longer than {self._deadline_s:g} s")
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
