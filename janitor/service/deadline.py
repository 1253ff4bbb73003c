"""Owns the deadline of an answer to what goes out through the outlet: no drip of header or body outlasts it."""

from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from socket import socket
from typing import TYPE_CHECKING, Any
from urllib.request import HTTPHandler, HTTPSHandler, Request

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Monotonic = Callable[[], float]


class BoundedHandler(HTTPHandler):
    """Sends by http, and gives every answer so many seconds, from the moment its request has been sent to its last byte."""

    def __init__(self, monotonic: Monotonic, deadline_s: float) -> None:
        super().__init__()
        self._connection: Any = _bounded(HTTPConnection, monotonic, deadline_s)

    def http_open(self, request: Request) -> HTTPResponse:
        """Send; raises OSError where the answer takes too long."""
        return self.do_open(self._connection, request)


class BoundedSecureHandler(HTTPSHandler):
    """The same by https, to whoever has a certificate that this machine trusts."""

    def __init__(self, monotonic: Monotonic, deadline_s: float) -> None:
        super().__init__()
        self._connection: Any = _bounded(HTTPSConnection, monotonic, deadline_s)

    def https_open(self, request: Request) -> HTTPResponse:
        """Send; raises OSError where the answer takes too long."""
        return self.do_open(self._connection, request)


def _bounded(kind: type[HTTPConnection], monotonic: Monotonic, deadline_s: float) -> type[HTTPConnection]:
    return type(kind.__name__, (kind,), {"response_class": partial(_BoundedAnswer, monotonic, deadline_s)})


class _BoundedAnswer(HTTPResponse):
    def __init__(self, monotonic: Monotonic, deadline_s: float, sock: socket, **options: Any) -> None:
        super().__init__(sock, **options)
        self.fp.close()
        self.fp = BufferedReader(_BoundedReader(monotonic, deadline_s, sock))


class _BoundedReader(RawIOBase):
    """The socket as a file; like any file made of it, it keeps the connection open until it is closed itself."""

    def __init__(self, monotonic: Monotonic, deadline_s: float, sock: socket) -> None:
        self._monotonic = monotonic
        self._deadline_s = deadline_s
        self._until = monotonic() + deadline_s
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        if self._monotonic() > self._until:
            raise TimeoutError(f"the answer took longer than {self._deadline_s:g} s")
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
