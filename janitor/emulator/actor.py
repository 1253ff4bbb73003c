"""Owns who caused a change, as the truth log names it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A request (source api), or somebody outside the API: another user, the platform itself, the test (source world)."""

    source: Literal["api", "world"]
    access_key: str | None = None
    path: str | None = None
    request_id: str | None = None


OUTSIDE = Actor(source="world")
