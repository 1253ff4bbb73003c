"""Real processes for the crash tests, quickly: one process has imported janitor, and forks a child for each run.

The child is a process like any other: it has its own files and locks, and a SIGKILL ends it in mid-instruction.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from faulty_disk import Lost, faulty_disk, lay_out

TESTS = Path(__file__).parents[1]
PRELOADED = (
    "crash.points",
    "crash.wall_clock",
    "janitor.cli.sweep",
    "janitor.wiring",
    "janitor.logs",
    "janitor.settings.build",
    "ruamel.yaml",
)
"""What a child would import first, for the most part of its life."""
PR_SET_PTRACER = 0x59616D61

ALONE = 1_000_000
"""No plan is so long: each job is looked at by itself."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a child is to run with this policy file: a sweep, or these words; with traps at points (`name: (nth, signal)`).

    `at_once` is how many jobs a batch names at most, `together_from` how many planned ones are looked at by lists; `transport`
    changes its limits. With `loses` the signal is a power cut: what the ledger's files would be then lies in that folder
    afterwards. Its wall clock is `ahead_s` ahead of the true time from the start, and at each trap it is stepped by `steps_s`.
    One that is held stops itself before it begins, and anybody may trace it.
    """

    config: Path
    traps: dict[str, tuple[int, int]] = field(default_factory=dict)
    singly: bool = False
    at_once: int | None = None
    together_from: int = ALONE
    fresh_for_s: float | None = None
    transport: dict[str, float] = field(default_factory=dict)
    words: tuple[str, ...] = ("sweep",)
    loses: Path | None = None
    ahead_s: float = 0.0
    steps_s: float = 0.0
    is_held: bool = False


_FOR_LIFE = ExitStack()
"""What a child enters and never leaves."""


class Child:
    """One run; it may be waited for, told to end, stopped and continued."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self._nursery, self.pid = nursery, pid
        self._handle = os.pidfd_open(pid)

    def ended_within(self, seconds: float) -> bool:
        """Wait so long at most for its end."""
        return bool(select.select([self._handle], [], [], seconds)[0])

    def signal(self, number: int) -> None:
        """Send it a signal."""
        signal.pidfd_send_signal(self._handle, number)

    def code(self, patience_s: float = 30) -> int:
        """Its exit code, negative for the signal that ended it."""
        try:
            assert self.ended_within(patience_s), f"the child still runs after {patience_s} s"
        finally:
            if not self.ended_within(0):
                self.signal(signal.SIGKILL)
            os.close(self._handle)
        return int(self._nursery.ask({"wait": self.pid})["code"])

    def kill(self) -> int:
        """End it as the kernel would."""
        self.signal(signal.SIGKILL)
        return self.code()

    def is_stopped(self) -> bool:
        """Whether it was stopped by a signal and not continued."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


class Nursery:
    """The process that forks; it ends with the tests."""

    def __init__(self) -> None:
        paths = [str(TESTS), str(TESTS.parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        environ = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "JANITOR_LOG": "quiet"}
        command = [sys.executable, "-c", "from crash.nursery import serve; serve()"]
        self._process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, order: Order) -> Child:
        """Fork a child that begins at once."""
        answer = self.ask(vars(order) | {"config": str(order.config), "loses": order.loses and str(order.loses)})
        return Child(self, answer["pid"])

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        self._process.communicate(timeout=10)


def serve() -> None:
    """Fork and wait as asked, a line a question, until nobody asks any more."""
    for module in PRELOADED:
        import_module(module)

    children = set[int]()
    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            _, status = os.waitpid(question["wait"], 0)
            children.discard(question["wait"])
            print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            os._exit(_run(question))
        children.add(pid)
        print(json.dumps({"pid": pid}), flush=True)
    for pid in children:  # a test failed before it waited for them
        os.kill(pid, signal.SIGKILL)


def _run(order: dict[str, Any]) -> int:
    """In the child: close what is the nursery's, set the traps, sweep."""
    from crash import points
    from crash.wall_clock import WallClock

    from janitor.cli.main import run

    with Path(order["config"]).with_name("child.err").open("ab") as errors:
        os.dup2(errors.fileno(), 2)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    clock = WallClock(order["ahead_s"])
    keep = _power_cut(order["loses"]) or partial(clock.step, order["steps_s"])
    for name, (nth, number) in order["traps"].items():
        points.ALL[name](points.Trap(nth, number, keep))
    if order["singly"]:
        points.delete_at_once(1)
    if order["at_once"] is not None:
        points.delete_at_once(order["at_once"])
    points.look_together_from(order["together_from"])
    points.limit_transport(order["transport"])
    if order["fresh_for_s"] is not None:
        points.look_fresh_for(order["fresh_for_s"])
    if order["is_held"]:
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)  # where only a parent may, this lets a sibling
        os.kill(os.getpid(), signal.SIGSTOP)
    return run([*order["words"], "--config", order["config"]])


def _power_cut(folder: str | None) -> Callable[[], None] | None:
    """From here on, put the ledger on a disk that remembers what was synced; the answer leaves only that in a folder."""
    if folder is None:
        return None
    disk = _FOR_LIFE.enter_context(faulty_disk())
    return lambda: lay_out(disk.image_at(len(disk.trace), Lost.DROPPED), Path(folder))
