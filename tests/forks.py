"""Owns processes of `janitor` that begin at once: forks of one that has imported it, where it is not the start that is tried.

Each has its own files, signals, folder and memory, and ends as any process does. What is true of a beginning alone (its imports,
what `python -m` does, what its command line shows) is tried with a process that begins as it does with users.
"""

import atexit
import gc
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import IO, Any

PRELOADED = (
    *(f"janitor.cli.{name}" for name in ("sweep", "serve", "hold", "apply", "delete")),
    *("janitor.wiring", "janitor.logs", "janitor.settings.build", "ruamel.yaml", "requests", "janitor.service.daemon"),
)
"""What a child would import first, for the most part of its life."""

STREAMS = (("stdin", "r", "strict"), ("stdout", "w", "strict"), ("stderr", "w", "backslashreplace"))


@dataclass(frozen=True, kw_only=True)
class Start:
    """How a child begins: its three files, its environment (this process's where none is given), and limits of the kernel's."""

    stdin: int = subprocess.DEVNULL
    stdout: int = subprocess.DEVNULL
    stderr: int = subprocess.DEVNULL
    env: Mapping[str, str] | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    is_leader: bool = False


class Forked:
    """One run of janitor with these words, and what it writes into a pipe where one was asked for."""

    def __init__(self, words: list[str], start: Start) -> None:
        ends = [_files(start.stdin, is_read=True), _files(start.stdout), _files(start.stderr)]
        order: dict[str, Any] = {
            "words": words,
            "env": dict(os.environ if start.env is None else start.env),
            "folder": str(Path.cwd()),
        }
        order |= {"limits": dict(start.limits), "is_leader": start.is_leader}
        self._parent = _parent()
        self.pid = int(self._parent.ask(order, [theirs for theirs, _, _ in ends]))
        self._handle = os.pidfd_open(self.pid)
        for theirs, is_ours, _ in ends:
            if is_ours:
                os.close(theirs)
        _, self.stdout, self.stderr = (None if own is None else open(own, "rb") for _, _, own in ends)  # noqa: PTH123, SIM115
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, negative for the signal that ended it; None while it runs."""
        if self.returncode is None and select.select([self._handle], [], [], 0)[0]:
            self.returncode = int(self._parent.ask({"wait": self.pid}, []))
            os.close(self._handle)
        return self.returncode

    def wait(self, patience_s: float = 60.0) -> int:
        """Wait for its end."""
        if self.returncode is None:
            assert select.select([self._handle], [], [], patience_s)[0], f"it still runs after {patience_s} s"
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def ended(self, patience_s: float = 60.0) -> tuple[int, str, str]:
        """What it wrote into its pipes until its end, and its exit code first; only one pipe may become full."""
        told = ["" if pipe is None or pipe.closed else _all_of(pipe) for pipe in (self.stdout, self.stderr)]
        return self.wait(patience_s), told[0], told[1]


def run_forked(*words: str, **start: Any) -> tuple[int, str, str]:
    """Run janitor to its end in a process of its own: exit code, standard output, standard error."""
    return Forked(list(words), Start(stdout=subprocess.PIPE, stderr=subprocess.PIPE, **start)).ended()


def _files(given: int, *, is_read: bool = False) -> tuple[int, bool, int | None]:
    """The child's end, whether it is for us to close, and our end of a pipe."""
    if given == subprocess.DEVNULL:
        return os.open(os.devnull, os.O_RDWR), True, None
    if given == subprocess.PIPE:
        assert not is_read
        ours, theirs = os.pipe()
        return theirs, True, ours
    return given, False, None


def _all_of(pipe: IO[bytes]) -> str:
    with pipe:
        return pipe.read().decode()


class _Parent:
    """The process that forks; it ends with this one."""

    def __init__(self) -> None:
        tests = Path(__file__).parent
        paths = [str(tests), str(tests.parent), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        self._lock = Lock()
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-c", f"from forks import serve; serve({theirs.fileno()})"]
            environ = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
            self._process = subprocess.Popen(command, env=environ, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        atexit.register(self.close)

    def ask(self, question: dict[str, Any], files: list[int]) -> str:
        with self._lock:
            socket.send_fds(self._ours, [json.dumps(question).encode()], files)
            return self._ours.recv(100).decode()

    def close(self) -> None:
        self._ours.close()
        self._process.wait(60)


@cache
def _parent() -> _Parent:
    return _Parent()


def serve(number: int) -> None:
    """Fork and wait as asked, a packet a question, until nobody asks any more."""
    for module in PRELOADED:
        import_module(module)
    gc.freeze()  # or every child would copy all of it, in search of garbage at its end
    asked = socket.socket(fileno=number)
    children = set[int]()
    while True:
        packet, files, _, _ = socket.recv_fds(asked, 1 << 18, 3)
        if not packet:
            break
        order = json.loads(packet)
        if "wait" in order:
            children.discard(order["wait"])
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        elif (answer := os.fork()) == 0:
            asked.close()
            _run(order, files)
            return
        else:
            children.add(answer)
        for each in files:
            os.close(each)
        asked.send(str(answer).encode())
    for pid in children:  # a test failed before it waited for them
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _run(order: dict[str, Any], files: list[int]) -> None:
    """In the child: become what a new process would be, then run the program; the interpreter ends as it always does."""
    from janitor.cli.main import main

    if order["is_leader"]:
        os.setsid()
    for number, ((name, mode, errors), file) in enumerate(zip(STREAMS, files, strict=True)):
        os.dup2(file, number)
        os.close(file)
        buffering = 1 if name == "stderr" or os.isatty(number) else -1
        setattr(sys, name, open(number, mode, buffering, encoding="utf-8", errors=errors, closefd=False))  # noqa: SIM115
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["folder"])
    for limit, most in order["limits"].items():
        resource.setrlimit(getattr(resource, limit), (most, most))
    sys.argv = ["janitor", *order["words"]]
    main()
