"""Owns who caused a change, as the truth log names it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A request (source api), the platform's own housekeeping (platform), or somebody else: another user, the test (world)."""

    source: Literal["api", "platform", "world"]
    access_key: str | None = None
    path: str | None = None
    request_id: str | None = None


OUTSIDE = Actor(source="world")
PLATFORM = Actor(source="platform")
