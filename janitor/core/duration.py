"""Owns the tiny language of durations: `30s 15min 36h 7d 2w` and sums such as `1d12h`."""

import re
from datetime import timedelta

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "min": 60, "s": 1}
_PART = r"[0-9]{1,9}(?:min|[wdhs])"
PATTERN = rf"^(?:{_PART})+$"
LONGEST = timedelta(days=36_500)


def parse_duration(text: str) -> timedelta:
    """Read a duration; each accepted text has one meaning.

    Raises ValueError, with what to write instead, for a bare number, a bare `m`, zero, a negative, a repeated or misordered
    unit, and anything over 100 years.
    """
    if not re.fullmatch(PATTERN[1:-1], text, re.ASCII):
        raise ValueError(_advice(text))
    parts = re.findall(r"([0-9]+)(min|[wdhs])", text)
    units = [unit for _, unit in parts]
    if units != sorted(set(units), key=list(_UNITS).index):
        raise ValueError(f"{text!r} repeats or misorders units; write the largest first, each once, as in 1d12h")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
    if seconds == 0:
        raise ValueError(f"{text!r} is zero; a duration is at least 1s")
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{text!r} is more than 100 years")
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """Write a duration so that `parse_duration` reads it back; parts of a second are dropped, zero is `0s`."""
    left = int(duration.total_seconds())
    parts = []
    for unit, size in _UNITS.items():
        if unit == "w" and left % size:
            continue
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def format_age(age: timedelta) -> str:
    """Write an age for people: hours where it is days, minutes where it is hours; never longer than it is."""
    coarse = timedelta(hours=1) if age >= timedelta(days=1) else timedelta(minutes=1) if age >= timedelta(hours=1) else None
    return format_duration(age if coarse is None else age - age % coarse)


def _advice(text: str) -> str:
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text, re.ASCII):
        return f"{text!r} has no unit; write 30s, 15min, 36h, 7d or 2w"
    if re.fullmatch(r"[0-9]+m", text, re.ASCII):
        return f"{text!r} could be minutes or months; write {text}in for minutes, or days (d) or weeks (w)"
    return f"{text!r} is not a duration; write 30s, 15min, 36h, 7d, 2w or a sum such as 1d12h"
