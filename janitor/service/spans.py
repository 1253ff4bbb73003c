"""Owns the plain form of a trace: spans with what is told of them, bounded, before anything turns them into bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

Value = str | int | float | bool
"""What an attribute can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened within a span, at a time in nanoseconds since 1970."""

    name: str
    at_ns: int
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when something went on, in nanoseconds since 1970; `error` is the word for why it did not go well."""

    name: str
    began_ns: int
    ended_ns: int
    attributes: Mapping[str, Value]
    error: str | None = None
    marks: tuple[Mark, ...] = ()
    lost_marks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One sweep: its span, and those of its requests, which are its children."""

    sweep_id: str
    root: Span
    requests: tuple[Span, ...]

    @property
    def size(self) -> int:
        """How many spans and events it has."""
        return 1 + len(self.root.marks) + len(self.requests)

    def trace_id(self) -> bytes:
        """16 bytes: those of the sweep's id, so that whoever knows one finds the other."""
        try:
            return UUID(self.sweep_id).bytes
        except ValueError:
            return sha256(self.sweep_id.encode("utf-8", "surrogatepass")).digest()[:16]

    def span_id(self, number: int) -> bytes:
        """8 bytes for the root (0) and each request (from 1): the same sweep has the same ones, others have others."""
        return sha256(self.trace_id() + number.to_bytes(8, "big")).digest()[:8]
