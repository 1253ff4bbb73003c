"""A server on loopback that answers a byte at a time and never comes to an end."""

import socket
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Self


class Drip:
    """Begins each answer as it is told, then goes on with one letter after the other."""

    def __init__(self, begins: bytes) -> None:
        self._begins = begins
        self._over = Event()

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                Thread(target=self._answer, args=self._listener.accept()[:1], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(self._begins)
            while not self._over.wait(0.02):
                connection.sendall(b"a")
