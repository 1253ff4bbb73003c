"""Owns a stretch of creation times: what a narrow listing asks for."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The times from `first` to `last`, both included."""

    first: datetime
    last: datetime

    def __contains__(self, time: datetime | None) -> bool:
        """Whether a time is known and in it."""
        return time is not None and self.first <= time <= self.last
