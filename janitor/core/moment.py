"""Owns how a person writes a point in time on the command line: an RFC 3339 time, a day, or how long ago."""

import re
from datetime import UTC, date, datetime, time

from janitor.core.duration import parse_duration

YEARS = range(2015, 2100)
"""Of which anybody may ask what was or would be decided."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?P<zone>[Zz]|[+-]\d\d:\d\d)?", re.ASCII)


def parse_moment(text: str, now: datetime, *, is_end: bool = False) -> datetime:
    """Read `2026-11-23T03:00Z`, `2026-11-23` or `7d` (before now), in UTC; a day is its first instant, as an end its last.

    Raises ValueError, with what to write instead, for anything else and for a time without a zone.
    """
    found = _TIME.fullmatch(text)
    if found is not None and found["zone"] is None:
        raise ValueError(f"{text!r} names no time zone; end it with Z for UTC")
    try:
        if found is not None:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        if _DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time.max if is_end else time.min, UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is in no calendar") from None
    try:
        return now - parse_duration(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time; write 2026-11-23, 2026-11-23T03:00Z, or how long ago, as in 7d or 36h") from None
