"""Canonical JSON: one text for one value, in any language."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest

from janitor.core.canonical import canonical, digest, parse_canonical, parse_timestamp, timestamp


def test_keys_are_sorted_and_everything_is_ascii() -> None:
    assert canonical({"b": [1, None, True], "a": "模\u2028\ud800"}) == '{"a":"\\u6a21\\u2028\\ud800","b":[1,null,true]}'


@pytest.mark.parametrize("value", [1.5, {"a": [{"b": 0.1}]}, (1, 2.0)])
def test_floats_are_refused_at_any_depth(value: object) -> None:
    with pytest.raises(TypeError, match="float"):
        canonical(value)


def test_the_digest_is_sha256_of_the_text() -> None:
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_times_are_written_in_utc_with_microseconds_and_read_back() -> None:
    time = datetime(2026, 1, 2, 5, 0, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(time) == "2026-01-02T03:00:00.000000Z"
    assert parse_timestamp(timestamp(time)) == time.astimezone(UTC)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        timestamp(datetime(2026, 1, 2))  # noqa: DTZ001  the naive time is what is tested


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '{"b":1,"a":2}', '{"a":"\u00e9"}', '{"a":1,"a":1}', "1e400", '{"a":1.0}', "NaN", "{"]
)
def test_d4_what_is_not_written_canonically_is_not_read_as_such(text: str) -> None:
    assert parse_canonical('{"a":["\\u00e9",1,null]}') == {"a": ["\u00e9", 1, None]}
    with suppress(ValueError, TypeError):
        assert parse_canonical(text) is None
