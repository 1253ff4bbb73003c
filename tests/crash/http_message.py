"""One HTTP/1.1 message as it stands on a wire, and what a request of it asks for; shares no code with janitor or the emulator."""

import json
import re
from asyncio import IncompleteReadError, StreamReader
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_ROUTES = (
    ("list", "POST", r"/v2/[^/]+/training-job-searches"),
    ("batch_delete", "POST", r"/v2/[^/]+/training-jobs/batch-delete"),
    ("delete", "DELETE", r"/v2/[^/]+/training-jobs/([^/]+)"),
    ("get", "GET", r"/v2/[^/]+/training-jobs/([^/]+)"),
    ("tags", "GET", r"/v2/[^/]+/modelarts-training-job/.*"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request or an answer; its lines are kept as they came, since a signature covers some of them, `Host` among these."""

    lines: tuple[bytes, ...]
    body: bytes

    def wire(self) -> bytes:
        """Every byte of it."""
        return self.head() + self.body

    def head(self) -> bytes:
        """What comes before the body."""
        return b"\r\n".join((*self.lines, b"", b""))

    def with_body(self, body: bytes) -> "Message":
        """The same with another body, whose length it states truly."""
        return replace(self.without_length(), lines=(*self.without_length().lines, b"content-length: %d" % len(body)), body=body)

    def without_length(self) -> "Message":
        """The same without a word on its length: the body ends where the connection does."""
        return replace(self, lines=tuple(line for line in self.lines if not _LENGTH.fullmatch(line)))

    def edited(self, change: Callable[[Any], Any]) -> "Message":
        """The same, its body changed as JSON."""
        return self.with_body(json.dumps(change(json.loads(self.body))).encode())

    @property
    def route(self) -> str:
        """What a request asks for: list, get, delete, batch_delete, tags or other."""
        return next((name for name, method, path in _ROUTES if self._is(method, path)), "other")

    @property
    def job_ids(self) -> list[str]:
        """The jobs that a request asks to delete."""
        if self.route == "batch_delete":
            return [job["metadata"]["id"] for job in json.loads(self.body)["jobs"]]
        return [self._target().rpartition("/")[2]] if self.route == "delete" else []

    def _is(self, method: str, path: str) -> bool:
        return self.lines[0].startswith(method.encode() + b" ") and re.fullmatch(path, self._target()) is not None

    def _target(self) -> str:
        return self.lines[0].split(b" ")[1].partition(b"?")[0].decode()


async def read_message(reader: StreamReader) -> Message | None:
    """The next message; None where the peer has nothing more to say. Both sides state the length of what they send."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except IncompleteReadError:
        return None
    lines = tuple(head.removesuffix(b"\r\n\r\n").split(b"\r\n"))
    assert not any(line.lower().startswith(b"transfer-encoding:") for line in lines), lines
    stated = [found for line in lines if (found := _LENGTH.fullmatch(line))]
    return Message(lines=lines, body=await reader.readexactly(int(stated[0][1])) if stated else b"")
