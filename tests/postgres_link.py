"""Owns the way between a janitor and a real PostgreSQL server: a socket that hands everything on, until it is cut.

What is cut is real: the server sees its client go, and the client sees its server go, in the middle of what they were saying.
"""

import select
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Self

SOCKET = ".s.PGSQL.5432"
AT_ONCE = 1 << 16
COMMIT, WRITING = b"COMMIT", b"INSERT INTO events"


@dataclass(kw_only=True)
class Cut:
    """A cut at the nth time that `word` is said: before the server hears it, or after it answered; for ever or for once."""

    word: bytes
    nth: int = 1
    is_answer_lost: bool = False
    for_ever: bool = False
    on_cut: Callable[[], None] = lambda: None


@dataclass(kw_only=True)
class Link:
    """Listens in `folder` while it is entered, as a server would, and hands on to the one in `behind`."""

    behind: Path
    folder: Path
    cuts: list[Cut] = field(default_factory=list)
    is_down: bool = False
    _pairs: dict[socket.socket, socket.socket] = field(default_factory=dict)
    _clients: set[socket.socket] = field(default_factory=set)
    _deaf: set[socket.socket] = field(default_factory=set)
    """The servers whose next answer is lost."""
    _door: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_UNIX))
    _bell: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / SOCKET).unlink(missing_ok=True)
        self._door.bind(str(self.folder / SOCKET))
        self._door.listen()
        self._thread = Thread(target=self._serve, name="link", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bell[0].send(b"!")
        self._thread.join(10)
        assert not self._thread.is_alive()
        (self.folder / SOCKET).unlink()

    def sever(self) -> None:
        """End every connection, as the death of the process would, and let none begin."""
        self.is_down = True
        for each in list(self._pairs):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._door, self._bell[1], *self._pairs], [], [])
            if self._bell[1] in ready:
                break
            for each in ready:
                if each is self._door:
                    self._let_in()
                elif each in self._pairs:
                    self._hand_on(each)
        for each in (*self._pairs, self._door, *self._bell):
            each.close()

    def _let_in(self) -> None:
        client, _ = self._door.accept()
        if self.is_down:
            return client.close()
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self.behind / SOCKET))
        self._pairs |= {client: server, server: client}
        self._clients.add(client)
        return None

    def _hand_on(self, each: socket.socket) -> None:
        with suppress(OSError):
            said = each.recv(AT_ONCE)
            if said and each not in self._deaf and (each not in self._clients or self._may_pass(each, said)):
                return self._pairs[each].sendall(said)
        return self._end(each)

    def _may_pass(self, client: socket.socket, said: bytes) -> bool:
        """Count a word, and cut where it is its turn."""
        for cut in [cut for cut in self.cuts if cut.word in said]:
            cut.nth -= 1
            if cut.nth == 0:
                self.is_down |= cut.for_ever
                cut.on_cut()
                if not cut.is_answer_lost:
                    return False
                self._deaf.add(self._pairs[client])
        return True

    def _end(self, each: socket.socket) -> None:
        other = self._pairs.pop(each)
        del self._pairs[other]
        for one in (each, other):
            self._clients.discard(one)
            self._deaf.discard(one)
            one.close()
