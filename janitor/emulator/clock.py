"""Owns the emulator's only reading of the real time; everything else is handed a clock."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present as aware UTC; a test hands in its own and advances it."""


def system_clock() -> datetime:
    """Read the machine's clock."""
    return datetime.now(UTC)


def to_ms(moment: datetime) -> int:
    """Turn a moment into the platform's milliseconds since 1970."""
    return int(moment.timestamp() * 1000)
