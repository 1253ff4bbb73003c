"""Owns the one way in which janitor writes JSON that is hashed: sorted keys, no spaces, ASCII only, no floats."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any


def canonical(value: Any) -> str:
    """Write a value as canonical JSON; raises TypeError for a float, whose text differs between languages."""
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(value: Any) -> str:
    """Lower-case hex SHA-256 over the canonical JSON of a value."""
    return sha256(canonical(value).encode("ascii")).hexdigest()


def timestamp(time: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC with microseconds and `Z`; raises ValueError for a naive one."""
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone")
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_timestamp(text: str) -> datetime:
    """Read what `timestamp` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float; audit events hold integers and text only")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
