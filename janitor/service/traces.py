"""Owns the traces of one process: one a sweep, recorded around it and sent beside it; nothing here changes what a sweep does."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from queue import Queue
from threading import Lock
from typing import Any, Protocol

from janitor.clock import Running, SystemClock, start_beside
from janitor.core.errors import JanitorError
from janitor.service.otlp import Collector, Scrub, read_collector
from janitor.service.recording import Recording, telling
from janitor.service.spans import Trace
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Tools
from janitor.wiring import App, Work

PATIENCE_S = 5.0
LATE_S = 60.0
"""Where the collector is at one trace for longer, it is told that others wait."""
MOST_WAITING = 50_000
"""How many spans and events may wait, of all traces together: some 30 MB."""


class Watcher(Protocol):
    """Who is told of requests; shaped like a watcher of the ModelArts library, which this must not import."""

    def sent(self, kind: Any, status: int | None, seconds: float) -> None:
        """One attempt left."""
        ...

    def repeated(self, kind: Any) -> None:
        """A call is tried again."""
        ...

    def waited(self, seconds: float) -> None:
        """A call waited."""
        ...

    def breaker_moved(self, *, is_open: bool) -> None:
        """The breaker opened or closed."""
        ...


class Sender:
    """Sends traces in a thread of its own, one after the other; what cannot be sent is told once for each trace.

    Where one takes very long, that is told once, and again only after it ended.
    """

    def __init__(self, collector: Collector, lost: Callable[[str], None], monotonic: Callable[[], float] | None = None) -> None:
        self._collector = collector
        self._lost = lost
        self._monotonic = monotonic or SystemClock().monotonic
        self._began: float | None = None
        self._is_over = False
        self._lock, self._size = Lock(), 0
        self._waiting: Queue[tuple[Trace, Scrub] | None] = Queue()
        self._running: Running = start_beside(self._work, "janitor-traces")

    def put(self, trace: Trace, scrub: Scrub) -> None:
        """Have a trace sent; where too much waits already it is dropped."""
        with self._lock:
            has_room = not self._size or self._size + trace.size <= MOST_WAITING
            self._size += trace.size if has_room else 0
            is_late = self._began is not None and self._monotonic() - self._began > LATE_S
            self._began = None if is_late else self._began
        if is_late:
            self._tell(f"traces wait: {self._collector.name} has been at one for over {LATE_S:g} s")
        if has_room:
            self._waiting.put((trace, scrub))
        else:
            self._tell(f"trace not sent to {self._collector.name}: too many others wait for it")

    def close(self) -> None:
        """Wait until all is sent, for 5 s at most."""
        self._waiting.put(None)
        self._running.join(PATIENCE_S)
        if self._running.is_alive():
            self._tell(f"trace not sent to {self._collector.name}: not done after {PATIENCE_S:g} s")
        self._is_over = True

    def _work(self) -> None:
        while (next_one := self._waiting.get()) is not None:
            trace, scrub = next_one
            self._note(self._monotonic(), 0)
            try:
                self._collector.post(trace, scrub)
            except Exception as error:  # noqa: BLE001  a thread that dies would tell nobody
                self._tell(
                    str(error) if isinstance(error, JanitorError) else f"trace not sent: unexpected {type(error).__name__}"
                )
            self._note(None, trace.size)

    def _note(self, began: float | None, sent: int) -> None:
        with self._lock:
            self._began = began
            self._size -= sent

    def _tell(self, what: str) -> None:
        if not self._is_over:
            self._lost(what)


class Traces:
    """Records each sweep of an app that it watches, and hands the trace to a sender. Raises nothing."""

    def __init__(self, sender: Sender, lost: Callable[[str], None]) -> None:
        self._sender = sender
        self._lost = lost
        self._under_way: dict[str, Recording] = {}

    def watch(self, app: App) -> App:
        """The same app, its sweeps and their requests recorded."""
        modes = {target.name: target.mode.value for target in app.settings.targets}

        def around(name: str, tools: Tools, work: Work) -> TargetReport:
            told = {"janitor.target": name, "janitor.mode": modes[name]}
            return self._record(Recording(tools.clock, told), tools, work, (name, app.scrubber.scrub_text))

        def watch(name: str) -> RequestTracer:
            return RequestTracer(self._under_way, name, None if app.watch is None else app.watch(name))

        return replace(app, watch=watch, around=around)

    def close(self) -> None:
        """Wait for what is not sent yet, a few seconds at most."""
        self._sender.close()

    def _record(self, recording: Recording, tools: Tools, work: Work, whose: tuple[str, Scrub]) -> TargetReport:
        report, defect, (name, scrub) = None, None, whose
        self._under_way[name] = recording
        try:
            report = work(replace(tools, say=telling(recording, tools.say)))
            return report
        except BaseException as error:
            defect = type(error).__name__
            raise
        finally:
            del self._under_way[name]
            try:
                self._sender.put(recording.end(report, defect), scrub)
            except Exception as error:  # noqa: BLE001  the sweep is over, and its result stands
                self._lost(f"trace not gathered: unexpected {type(error).__name__}")


class RequestTracer:
    """Tells the recording of a target's sweep, where one is under way, and whoever else watches."""

    def __init__(self, under_way: dict[str, Recording], target: str, beside: Watcher | None) -> None:
        self._under_way = under_way
        self._target = target
        self._beside = beside

    def sent(self, kind: str, status: int | None, seconds: float) -> None:
        """One attempt left."""
        self._record(lambda recording: recording.sent(kind, status, seconds))
        if self._beside is not None:
            self._beside.sent(kind, status, seconds)

    def repeated(self, kind: str) -> None:
        """A call is tried again."""
        self._record(lambda recording: recording.repeated(kind))
        if self._beside is not None:
            self._beside.repeated(kind)

    def waited(self, seconds: float) -> None:
        """A call waited."""
        self._record(lambda recording: recording.waited(seconds))
        if self._beside is not None:
            self._beside.waited(seconds)

    def breaker_moved(self, *, is_open: bool) -> None:
        """The breaker opened or closed."""
        self._record(lambda recording: recording.mark("breaker.opened" if is_open else "breaker.closed", {}))
        if self._beside is not None:
            self._beside.breaker_moved(is_open=is_open)

    def _record(self, note: Callable[[Recording], None]) -> None:
        recording = self._under_way.get(self._target)
        if recording is not None:
            with suppress(Exception):
                note(recording)


def open_traces(url: str, lost: Callable[[str], None]) -> Traces:
    """Traces of this process, sent to a collector; `lost` is told what could not be. Raises UsageError."""

    def tell(what: str) -> None:
        with suppress(Exception):
            lost(what)

    return Traces(Sender(read_collector(url), tell), tell)
