"""Owns the plain values that go into and come out of a transport."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class RouteKind(StrEnum):
    """What a request is for, as it is counted."""

    LIST = "list"
    GET = "get"
    DELETE = "delete"
    BATCH_DELETE = "batch_delete"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as the caller means it; path and query are already percent-encoded, each in its canonical form.

    `about_job` lets "job not found" mean that this job is gone. `absent_by_code` lets only JSON with a code for it mean that
    there is no such route, never a bare status. `mutates` forbids a second attempt unless the first certainly changed nothing.
    `in_parts` says that it asks for several things, so that even a refusal may come after some of them were done.
    `says_success` marks a route whose answers hold `is_success`: without `true` there none is a success, and `false` under a
    success status is the refusal that its code is under 400. `not_after` is the clock's monotonic time after which the request
    must not leave. `headers` are sent besides the usual ones, unsigned. `is_text` says that a success is plain text; `wants`
    names a header to hand over with it.
    """

    kind: RouteKind
    method: str
    path: str
    query: str = ""
    body: bytes = field(default=b"", repr=False)
    project_id: str | None = None
    about_job: bool = False
    absent_by_code: bool = False
    mutates: bool = False
    in_parts: bool = False
    says_success: bool = False
    accepts: frozenset[int] = frozenset({200})
    not_after: float | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    is_text: bool = False
    wants: str | None = None

    @property
    def target(self) -> str:
        """Path and query as they stand on the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An understood answer: `document` is the strictly parsed JSON, None where the body was empty, or the text asked for.

    `header` is the value of the header that the call wants.
    """

    status: int
    document: Any = field(repr=False)
    request_id: str | None
    attempts: int = 1
    header: str | None = field(default=None, repr=False)


class Sender(Protocol):
    """What the services need of a transport."""

    def send(self, call: Call) -> Reply:
        """Carry out one call; raises a ModelArtsError."""
        ...
