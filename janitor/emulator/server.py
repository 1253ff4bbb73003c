"""Owns the emulator as its users hold it: start, stop, and the handles to world, identity, faults, requests and truth."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from janitor.emulator.account import Account
from janitor.emulator.application import build_application
from janitor.emulator.clock import Clock, system_clock
from janitor.emulator.document import Job
from janitor.emulator.document_v1 import JobV1
from janitor.emulator.faults import FaultScript
from janitor.emulator.identity import Identity
from janitor.emulator.journal import Journal, RequestRecord
from janitor.emulator.loop_server import PATIENCE_S, LoopServer, listen
from janitor.emulator.switches import Switches
from janitor.emulator.truth import TruthLog
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1


@dataclass(slots=True)
class Emulator:
    """One local ModelArts on 127.0.0.1; a context manager that serves while it is entered.

    `port` 0 takes a free one, known after the start. `truth_path` None keeps the truth log in memory.
    What it recorded stays readable after the stop; it is not started twice.
    """

    account: Account = field(default_factory=Account)
    switches: InitVar[Switches | None] = None
    jobs: InitVar[Iterable[Job]] = ()
    jobs_v1: InitVar[Iterable[JobV1]] = ()
    port: int = 0
    truth_path: Path | None = None
    clock: Clock = system_clock
    world: World = field(init=False)
    v1: WorldV1 = field(init=False)
    faults: FaultScript = field(init=False, default_factory=FaultScript)
    _journal: Journal = field(init=False, default_factory=Journal)
    _server: LoopServer = field(init=False)
    _thread: threading.Thread | None = field(init=False, default=None)

    def __post_init__(self, switches: Switches | None, jobs: Iterable[Job], jobs_v1: Iterable[JobV1]) -> None:
        """Build everything but the socket."""
        truth = TruthLog(self.truth_path)
        self.world = World(self.account, switches or Switches(), truth, self.clock)
        self.world.load(jobs)
        self.v1 = WorldV1(self.world)
        self.v1.load(jobs_v1)
        application = build_application(self.world, self.v1, self.faults, self._journal)
        self._server = LoopServer(application, self.world.settle)

    @property
    def url(self) -> str:
        """Return the address to configure as endpoint, of ModelArts, IAM and the metadata service alike."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def identity(self) -> Identity:
        """Return the book of users, keys and tokens."""
        return self.world.identity

    @property
    def requests(self) -> list[RequestRecord]:
        """Return what was asked so far, in the order of the answers."""
        return self._journal.records()

    @property
    def truth(self) -> TruthLog:
        """Return the truth log, with everything in it that is due by now."""
        self.world.settle()
        return self.world.truth

    def start(self) -> None:
        """Bind the port and serve it from a thread."""
        if self._thread is not None:
            raise RuntimeError("the emulator was started before: build another one")
        listener = listen(self.port)
        self.port = listener.getsockname()[1]
        self._thread = self._server.serve_on(listener)

    def stop(self) -> None:
        """Drop every connection, end the thread and close the truth log; harmless when repeated."""
        if self._thread is not None and self._thread.is_alive():
            self._server.ask_to_stop()
            self._thread.join(PATIENCE_S)
        self.world.truth.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.stop()


def run_forever(emulator: Emulator, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, then stop cleanly; `ready` is called once with the address. Main thread only."""
    with _signals_as_bytes() as wake, emulator:
        ready(emulator.url)
        os.read(wake, 1)


@contextmanager
def _signals_as_bytes() -> Iterator[int]:
    """Turn the first signal into a byte in a pipe: a handler that does less cannot deadlock."""
    wake, signalled = os.pipe()

    def note(_: int, __: FrameType | None) -> None:
        os.write(signalled, b"!")

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield wake
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(wake)
        os.close(signalled)
