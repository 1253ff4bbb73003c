"""How a process is traced by strace, and what a trace says: its system calls, their order, which were failed.

A call of a thread is begun when strace tells so and ended when the kernel's answer stands there; a thread that does something
because of another one's answer is always told of after it.
"""

import ast
import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from crash.nursery import Order
from crash.scene import Scene

WRITES, SYNCS, SENDS = ("write", "pwrite64", "writev", "pwritev"), ("fsync", "fdatasync"), ("sendto", "sendmsg")
FILES = ("openat", "rename", "link", "unlink", "ftruncate", "statfs", "flock")
MISSING = "strace is missing, so no system call can be traced or failed; install it: apt-get install strace"
FORBIDDEN = (
    "strace may not trace here, so no system call can be traced or failed; allow it: run as root, "
    "in a container with --cap-add SYS_PTRACE, or set kernel.yama.ptrace_scope to 0. It said: {}"
)

_LINE = re.compile(r"^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$", re.DOTALL)
_RESULT = re.compile(r"\) += (-?\d+|\?)(?:<.*>)?( E\w+ .*?)?(?P<injected> \(INJECTED\))?$", re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
UNFINISHED = " <unfinished ...>"


@dataclass(kw_only=True)
class Call:
    """One system call: its thread, name and arguments as strace shows them, the lines at which it began and ended.

    `result` is None of one that never ended. `is_injected`: it was not made, strace answered in the kernel's place.
    """

    thread: int
    name: str
    arguments: str
    began: int
    ended: int | None = None
    result: int | None = None
    is_injected: bool = False

    @property
    def path(self) -> str:
        """The file of the call: that of its descriptor, else the last one that it names."""
        descriptor = re.match(r"\d+<([^>]*)>", self.arguments)
        return descriptor[1] if descriptor else self._strings()[-1].decode()

    @property
    def data(self) -> bytes:
        """What it writes or sends."""
        return self._strings()[0]

    @property
    def offset(self) -> int:
        """Where a `pwrite64` writes."""
        return int(self.arguments.rpartition(",")[2])

    def _strings(self) -> list[bytes]:
        return [ast.literal_eval(f'b"{each}"') for each in _STRING.findall(self.arguments)]


@dataclass(kw_only=True)
class Request:
    """One request as it left: its bytes, and the line at which the first of them did."""

    began: int
    data: bytes

    @property
    def is_deletion(self) -> bool:
        """Whether it asks for a deletion."""
        return self.data.startswith(b"DELETE ") or b"/batch-delete HTTP" in self.data.partition(b"\r\n")[0]

    @property
    def job_ids(self) -> list[str]:
        """The jobs whose deletion it asks for."""
        head, _, body = self.data.partition(b"\r\n\r\n")
        if head.startswith(b"DELETE "):
            return [head.split()[1].decode().rpartition("/")[2]]
        return [str(job["metadata"]["id"]) for job in json.loads(body)["jobs"]]


@dataclass(kw_only=True)
class Trace:
    """What a traced process did; `code` is its exit code, negative for the signal that ended it."""

    code: int
    calls: list[Call] = field(default_factory=list)

    def named(self, *names: str) -> list[Call]:
        """The calls of these names, as they began."""
        return [call for call in self.calls if call.name in names]

    def failed(self) -> list[Call]:
        """The calls that strace failed."""
        return [call for call in self.calls if call.is_injected]

    def requests(self) -> list[Request]:
        """Every request, as its first byte left: what a thread sends belongs to one until it begins another."""
        found, open_ones = list[Request](), dict[int, Request]()
        for call in self.named(*SENDS):
            if re.match(rb"[A-Z]+ /\S* HTTP/1\.1\r\n", call.data):
                open_ones[call.thread] = Request(began=call.began, data=b"")
                found.append(open_ones[call.thread])
            open_ones[call.thread].data += call.data
        return found


def read_trace(text: str) -> Iterator[Call]:
    """The calls of what `strace -f` wrote, in the order in which they began."""
    calls, unfinished = list[Call](), dict[int, Call]()
    for number, line in enumerate(text.splitlines()):
        told = _LINE.match(line)
        if told is None:
            continue  # a signal, or an end
        thread, resumed, _, rest = int(told[1]), *told.groups()[1:]
        if resumed:
            call = unfinished.pop(thread)
            assert call.name == resumed
        else:
            call = Call(thread=thread, name=told[3], arguments="", began=number)
            calls.append(call)
        if rest.endswith(UNFINISHED):
            call.arguments = rest.removesuffix(UNFINISHED)
            unfinished[thread] = call
            continue
        ending = _RESULT.search(rest)
        assert ending is not None, f"line {number + 1} of the trace cannot be read: {line[:200]}"
        call.arguments += rest[: ending.start()]
        if ending[1] != "?":
            call.ended, call.result, call.is_injected = number, int(ending[1]), ending["injected"] is not None
    yield from calls


def sweep_traced(scene: Scene, *injections: str, **points: int) -> Trace:
    """Let a child sweep under strace, which fails what it is told to (`fdatasync:error=EIO:when=3`).

    It is traced from its beginning, or from the nth passage of a point.
    """
    if shutil.which("strace") is None:
        pytest.skip(MISSING)
    traps = {name: (nth, int(signal.SIGSTOP)) for name, nth in points.items()}
    child = scene.nursery.start(Order(config=scene.stage.config, singly=scene.singly, traps=traps, is_held=not traps))
    while not child.is_stopped():
        time.sleep(0.001)
    output = scene.stage.folder.with_name(f"{scene.stage.folder.name}.trace")  # the disk of the ledger may be full
    words = ["strace", "-f", "-yy", "-s", "1000000", "-o", str(output), "-p", str(child.pid)]
    words += ["-e", f"trace={','.join((*WRITES, *SYNCS, *SENDS, *FILES))}"]
    words += [word for injection in injections for word in ("-e", f"inject={injection}")]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        if "attached" not in (said := strace.stderr.readline()):
            child.kill()
            pytest.skip(FORBIDDEN.format(said.strip()))
        child.signal(signal.SIGCONT)
        code = child.code(60)
        strace.communicate(timeout=60)
    return Trace(code=code, calls=list(read_trace(output.read_text("ascii"))))


def is_log_named(trace: Trace, scene: Scene) -> bool:
    """Whether the WAL's entry in its folder was synced, by janitor and without error, before any request that deletes."""
    log, folder = f"{scene.stage.ledger_path}-wal", str(scene.stage.folder)
    first = next((request.began for request in trace.requests() if request.is_deletion), None)
    if first is None:
        return False
    made = [call for call in trace.named("openat") if call.path == log and call.began < first][-1]
    return any(
        call.path == folder and call.result == 0 and made.began < call.began and (call.ended or first) < first
        for call in trace.named("fsync")
    )
