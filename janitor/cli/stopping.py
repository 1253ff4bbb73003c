"""Owns what signals mean: SIGTERM and Ctrl-C ask to stop, so that no new request starts and every intent gets its outcome.

A thread of its own acts on them as soon as they come, also while the main thread waits for a disk or a pipe.
"""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event
from types import FrameType

from janitor.clock import start_beside

_PATIENCE_S = 5.0


@contextmanager
def stop_on_signals() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set while the block runs; a second SIGINT interrupts at once."""
    stop = Event()
    with act_on_signals({signal.SIGTERM: stop.set, signal.SIGINT: stop.set}):
        yield stop


@contextmanager
def act_on_signals(actions: Mapping[int, Callable[[], None]]) -> Iterator[None]:
    """Call the action of each signal that comes while the block runs; a second SIGINT interrupts at once. Main thread only."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {number: signal.signal(number, _Handler()) for number in actions}
    fd_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watcher = start_beside(lambda: _watch(reading, actions), "janitor-signals")
    try:
        yield
    finally:
        signal.set_wakeup_fd(fd_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(writing)
        watcher.join(_PATIENCE_S)
        os.close(reading)


def _watch(reading: int, actions: Mapping[int, Callable[[], None]]) -> None:
    """Act on each byte, which is the number of a signal, until the pipe is closed."""
    while numbers := os.read(reading, 64):
        for number in numbers:
            if number in actions:
                actions[number]()


class _Handler:
    """Does nothing in the main thread, but for a second Ctrl-C."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._count += 1
        if number == signal.SIGINT and self._count > 1:
            raise KeyboardInterrupt
