"""Durations: each accepted text has one meaning, everything else is refused with advice."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janitor.core.duration import format_age, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("15min", 900),
        ("36h", 129_600),
        ("7d", 604_800),
        ("2w", 1_209_600),
        ("1d12h", 129_600),
        ("1w2d3h4min5s", 788_645),
    ],
)
def test_units_and_sums_are_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("30", "no unit"),
        ("-3", "no unit"),
        ("1.5", "no unit"),
        ("30m", "minutes or months; write 30min"),
        ("0s", "is zero"),
        ("0d0h", "is zero"),
        ("1h1d", "misorders"),
        ("1d1d", "repeats"),
        ("40000d", "100 years"),
        ("-7d", "not a duration"),
        ("7 d", "not a duration"),
        ("7D", "not a duration"),
        ("٣0d", "not a duration"),
        ("", "not a duration"),
        ("nan", "not a duration"),
        ("1e3d", "not a duration"),
        ("7d\n", "not a duration"),
    ],
)
def test_c6_what_could_mean_two_things_is_refused_with_advice(text: str, advice: str) -> None:
    with pytest.raises(ValueError, match=advice):
        parse_duration(text)


@given(st.integers(min_value=1, max_value=3_000_000_000))
def test_formatting_is_read_back(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


def test_no_time_at_all_is_written_as_0s() -> None:
    assert format_duration(timedelta(milliseconds=300)) == "0s"


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (timedelta(days=3, hours=4, minutes=59), "3d4h"),
        (timedelta(days=14, minutes=5), "2w"),
        (timedelta(hours=5, minutes=7, seconds=9), "5h7min"),
        (timedelta(minutes=7, seconds=9), "7min9s"),
    ],
)
def test_an_age_for_people_is_rounded_down(age: timedelta, shown: str) -> None:
    assert format_age(age) == shown
