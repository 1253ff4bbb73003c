"""Owns one request exactly as it came over the wire: the raw target and body, which are what a signature covers."""

from dataclasses import dataclass
from datetime import datetime

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request; `path` and `query` are still percent-encoded, header names are lower case."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    at: datetime
    connection: int = 0
    request_id: str = ""

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value that was sent under a header name."""
        return tuple(value for key, value in self.headers if key == name)

    def header(self, name: str) -> str | None:
        """Return a header's value, or None where it was not sent."""
        return next(iter(self.values(name)), None)
