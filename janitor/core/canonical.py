"""Owns the one way in which janitor writes JSON that is hashed: sorted keys, no spaces, ASCII only, no floats."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any


def canonical(value: Any) -> str:
    """Write a value as canonical JSON; raises TypeError for a float, whose text differs between languages."""
    _refuse_floats(value)
    return _write(value)


def parse_canonical(text: str) -> Any:
    """Read what `canonical` wrote; None for other JSON. Raises ValueError for no JSON, TypeError for a float in it."""
    value = _read(text)
    return value if _write(value) == text else None


def digest(value: Any) -> str:
    """Lower-case hex SHA-256 over the canonical JSON of a value."""
    return sha256(canonical(value).encode("ascii")).hexdigest()


def timestamp(time: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC with microseconds and `Z`; raises ValueError for a naive one."""
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone")
    utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    return utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse_timestamp(text: str) -> datetime:
    """Read what `timestamp` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


_write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def _refuse_float(text: object) -> Any:
    raise TypeError(f"{text} is a float; audit events hold integers and text only")


_read = json.JSONDecoder(parse_float=_refuse_float).decode


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        _refuse_float(value)
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for item in value:
        if type(item) is not str and item is not None:  # which most are
            _refuse_floats(item)
