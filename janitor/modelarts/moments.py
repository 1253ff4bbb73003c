"""Owns the times in the answers of the identity and the metadata service: ISO 8601 in UTC, with or without fractions."""

import re
from datetime import UTC, datetime

_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?Z", re.ASCII)


def parse_instant(value: object) -> datetime | None:
    """Read `2026-01-15T08:30:00.000000Z`, to the second, as aware UTC; None for anything else."""
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
