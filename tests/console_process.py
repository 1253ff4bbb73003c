"""Owns a running `janitor console` or `janitor serve` as a test holds it: how it begins, what it says, how it ends."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from forks import Forked, Start


class Process:
    """A running janitor with this policy file, and its log."""

    def __init__(self, config: Path, *words: str) -> None:
        self._log = (config.parent / f"log-{time.monotonic_ns()}.jsonl").open("w+")
        start = Start(stderr=self._log.fileno(), env=os.environ | {"JANITOR_LOG": ""})
        self.process = Forked([*words, "--config", str(config), "--listen", "127.0.0.1:0"], start)

    def said(self, event: str) -> list[dict[str, Any]]:
        text = Path(self._log.name).read_text()
        lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [line for line in lines if line["event"] == event]

    def until(self, condition: Callable[[], Any], patience_s: float = 30.0) -> Any:
        deadline = time.monotonic() + patience_s
        while not (found := condition()):
            assert time.monotonic() < deadline, "not so in time"
            assert self.process.poll() is None, Path(self._log.name).read_text()
            time.sleep(0.05)
        return found

    def url(self, event: str = "console.listening") -> str:
        return str(self.until(lambda: self.said(event))[-1]["url"])

    def port(self, event: str) -> int:
        return int(self.url(event).rpartition(":")[2])

    def terminate(self) -> float:
        """Ask to stop; the seconds it took. The exit code is 0."""
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0
        return time.monotonic() - asked

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()
