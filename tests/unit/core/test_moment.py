"""Points in time as a person writes them: each accepted text means one instant, anything else is told what to write."""

from datetime import UTC, datetime, timedelta

import pytest
from builders import NOW

from janitor.core.moment import parse_moment


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-23T03:00Z", datetime(2026, 11, 23, 3, tzinfo=UTC), None),
        ("2026-11-23t03:00:00.25z", datetime(2026, 11, 23, 3, 0, 0, 250_000, tzinfo=UTC), None),
        ("2026-11-23 03:00:10+08:00", datetime(2026, 11, 22, 19, 0, 10, tzinfo=UTC), None),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 23, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("7d", NOW - timedelta(days=7), None),
        ("1d12h", NOW - timedelta(hours=36), None),
    ],
)
def test_a_moment_is_a_time_a_day_or_how_long_ago(text: str, start: datetime, end: datetime | None) -> None:
    assert parse_moment(text, NOW) == start
    assert parse_moment(text, NOW, is_end=True) == (end or start)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-23T03:00", "names no time zone"),
        ("2026-02-30", "is in no calendar"),
        ("2026-11-23T25:00Z", "is in no calendar"),
        ("0001-01-01T00:00+10:00", "is in no calendar"),
        ("2026-W01-1", "is no time"),
        ("20261123", "is no time"),
        ("yesterday", "is no time"),
        ("7", "is no time"),
        ("-7d", "is no time"),
        ("", "is no time"),
        ("２０２６-11-23", "is no time"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_moment(text, NOW)
