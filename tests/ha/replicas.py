"""Owns the replicas of a service in tests: real processes of `janitor serve`, their logs, and what is done to them."""

import json
import os
import signal
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from forks import Forked, Start

LEADS, STANDS_BY = "leadership.taken", ("leadership.awaited", "leadership.lost")


@dataclass(kw_only=True)
class Replica:
    """One replica, through all of its processes; `wakes_at` and `starts_at` are monotonic."""

    config: Path
    logs: list[Path] = field(default_factory=list)
    process: Forked | None = None
    wakes_at: float | None = None
    starts_at: float | None = None

    def start(self) -> None:
        """Begin a process, with a log of its own: one that is killed may leave half a line."""
        self.starts_at = None
        self.logs.append(self.config.with_name(f"replica-{time.monotonic_ns()}.jsonl"))
        words = ["serve", "--config", str(self.config), "--listen", "127.0.0.1:0"]
        with self.logs[-1].open("w") as log:
            self.process = Forked(words, Start(stderr=log.fileno(), env=os.environ | {"JANITOR_LOG": ""}))

    @property
    def running(self) -> Forked:
        """The process that lives."""
        assert self.process is not None
        assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.lines()[-3:]}"
        return self.process

    def lines(self) -> list[dict[str, Any]]:
        """Every whole line that its processes wrote."""
        texts = [log.read_text() for log in self.logs]
        return [_read(line) for text in texts for line in text[: text.rfind("\n") + 1].splitlines()]

    def said(self, *events: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] in events]

    def leads_since(self) -> float | None:
        """Since when it leads, as far as it knows; None where it does not, or can know nothing."""
        last = self._last_word()
        return moment(last) if last and last["event"] == LEADS else None

    def stands_by(self) -> bool:
        """Whether it may take over."""
        last = self._last_word()
        return last is not None and last["event"] in STANDS_BY

    def _last_word(self) -> dict[str, Any] | None:
        if self.process is None or self.wakes_at is not None or self.starts_at is not None:
            return None
        text = self.logs[-1].read_text()
        lines = [line for line in text[: text.rfind("\n") + 1].splitlines() if '"leadership.' in line]
        return _read(lines[-1]) if lines else None

    def kill(self, again_in_s: float) -> None:
        self._end(signal.SIGKILL, -signal.SIGKILL, again_in_s)

    def stop(self, again_in_s: float) -> None:
        """Let it end in good order."""
        self._end(signal.SIGTERM, 0, again_in_s)

    def _end(self, number: int, code: int, again_in_s: float) -> None:
        process, self.process = self.running, None
        process.send_signal(number)
        assert process.wait(30) == code
        self.starts_at = time.monotonic() + again_in_s

    def pause(self, seconds: float) -> None:
        """Let it stand still for so long."""
        self.running.send_signal(signal.SIGSTOP)
        self.wakes_at = time.monotonic() + seconds

    def wake(self) -> None:
        self.wakes_at = None
        self.running.send_signal(signal.SIGCONT)

    def come_round(self) -> None:
        """Start or wake it where it is time for that."""
        now = time.monotonic()
        if self.starts_at is not None and now >= self.starts_at:
            self.start()
        if self.wakes_at is not None and now >= self.wakes_at:
            self.wake()

    def discard(self) -> None:
        """Leave nothing behind."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def _read(line: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        raise AssertionError(f"a service wrote what is no line of its log: {line}") from None
    return found


def moment(line: dict[str, Any]) -> float:
    """When a line of a log or an event was written, in seconds of the wall clock."""
    return datetime.fromisoformat(line["at"]).timestamp()
