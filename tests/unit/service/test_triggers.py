"""When a schedule fires: clock changes, leap days, month ends, overdue starts (faults B28, C22)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from janitor.service.triggers import Fires, first_fire, next_fires
from janitor.settings.cron import parse_cron
from janitor.settings.model import Schedule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def cron(text: str, timezone: str = "UTC") -> Schedule:
    return Schedule(cron=parse_cron(text), timezone=timezone)


def fires(schedule: Schedule, after: str, count: int) -> list[str]:
    return [f"{fire:%Y-%m-%d %H:%M}" for fire in next_fires(schedule, at(after), count)]


def test_cron_counts_weekdays_from_sunday() -> None:
    sundays = ["2026-11-29 03:00", "2026-12-06 03:00"]
    assert fires(cron("0 3 * * 0"), "2026-11-24 12:00", 2) == sundays
    assert fires(cron("0 3 * * 7"), "2026-11-24 12:00", 2) == sundays
    assert fires(cron("0 3 * * 1"), "2026-11-24 12:00", 1) == ["2026-11-30 03:00"]
    assert fires(cron("0 3 * * */3"), "2026-11-24 12:00", 3) == ["2026-11-25 03:00", "2026-11-28 03:00", "2026-11-29 03:00"]


@pytest.mark.parametrize(
    ("zone", "text", "after", "expected"),
    [
        ("Europe/Berlin", "30 2 * * *", "2026-10-24 12:00", ["2026-10-25 00:30", "2026-10-26 01:30"]),
        ("Europe/Berlin", "30 2 * * *", "2026-10-25 00:45", ["2026-10-26 01:30"]),
        ("Europe/Berlin", "30 1,2,3 * * *", "2026-10-24 12:00", ["2026-10-24 23:30", "2026-10-25 00:30", "2026-10-25 02:30"]),
        ("America/Havana", "30 0 * * *", "2026-10-31 12:00", ["2026-11-01 04:30", "2026-11-02 05:30"]),
    ],
)
def test_b28_a_time_of_the_day_fires_once_when_the_clocks_go_back(zone: str, text: str, after: str, expected: list[str]) -> None:
    assert fires(cron(text, zone), after, len(expected)) == expected


@pytest.mark.parametrize(
    ("zone", "text", "after", "expected"),
    [
        ("Europe/Berlin", "30 2 * * *", "2026-03-28 12:00", ["2026-03-29 01:30", "2026-03-30 00:30"]),
        ("Europe/Berlin", "30 2 * * *", "2026-03-29 01:10", ["2026-03-29 01:30", "2026-03-30 00:30"]),
        ("Europe/Berlin", "0 4 * * *", "2026-03-28 12:00", ["2026-03-29 02:00", "2026-03-30 02:00"]),
        ("America/Havana", "0 0 * * *", "2026-03-07 12:00", ["2026-03-08 05:00", "2026-03-09 04:00"]),
    ],
)
def test_b28_a_time_that_the_clocks_skip_fires_when_they_have_jumped(
    zone: str, text: str, after: str, expected: list[str]
) -> None:
    assert fires(cron(text, zone), after, len(expected)) == expected


def test_b28_a_rhythm_goes_on_evenly_through_both_changes() -> None:
    half_hours = cron("*/30 * * * *", "Europe/Berlin")
    for start in ("2026-10-24 22:10", "2026-03-28 22:10"):
        found = next_fires(half_hours, at(start), 12)
        assert {after - before for before, after in pairwise(found)} == {timedelta(minutes=30)}


def test_leap_days_and_month_ends() -> None:
    assert fires(cron("0 0 29 2 *"), "2026-03-01 00:00", 2) == ["2028-02-29 00:00", "2032-02-29 00:00"]
    assert fires(cron("0 0 31 * *"), "2026-03-31 00:01", 3) == ["2026-05-31 00:00", "2026-07-31 00:00", "2026-08-31 00:00"]
    assert fires(cron("59 23 28-31 2 *"), "2028-02-28 00:00", 2) == ["2028-02-28 23:59", "2028-02-29 23:59"]
    assert fires(cron("0 0 1 1 *"), "2026-12-31 23:59", 1) == ["2027-01-01 00:00"]


def test_an_interval_counts_from_its_last_fire_and_makes_up_for_what_was_missed_once() -> None:
    trigger = Fires(Schedule(every=timedelta(hours=6)))
    start = at("2026-11-24 00:00")
    assert trigger.get_next_fire_time(start, start) == at("2026-11-24 06:00")
    assert trigger.get_next_fire_time(start, at("2026-11-24 05:00")) == at("2026-11-24 06:00")
    assert trigger.get_next_fire_time(start, at("2027-11-24 05:00")) == at("2027-11-24 11:00")


def test_a_cron_trigger_skips_a_year_in_one_step() -> None:
    trigger = Fires(cron("* * * * *"))
    assert trigger.get_next_fire_time(at("2025-11-24 00:00"), at("2026-11-24 00:00:30")) == at("2026-11-24 00:01")


def test_v6_jitter_delays_no_longer_than_it_may_and_never_hastens() -> None:
    schedule = Schedule(cron=parse_cron("0 3 * * *"), jitter=timedelta(minutes=10))
    found = {Fires(schedule).get_next_fire_time(None, at("2026-11-24 00:00")) for _ in range(50)}
    assert len(found) > 1
    assert all(fire is not None and at("2026-11-24 03:00") <= fire <= at("2026-11-24 03:10") for fire in found)


@pytest.mark.parametrize(
    ("schedule", "last", "expected"),
    [
        (cron("0 3 * * *"), "2026-11-23 03:05", "2026-11-24 12:00"),  # the fire of this night was missed: now
        (cron("0 3 * * *"), "2026-11-24 03:05", "2026-11-25 03:00"),
        (cron("0 3 * * *"), None, "2026-11-25 03:00"),
        (cron("0 3 * * *"), "2027-11-24 03:00", "2026-11-25 03:00"),  # a sweep in the future says nothing
        (Schedule(every=timedelta(hours=6)), "2026-11-24 09:00", "2026-11-24 15:00"),
        (Schedule(every=timedelta(hours=6)), "2026-11-24 05:00", "2026-11-24 12:00"),
        (Schedule(every=timedelta(hours=6)), None, "2026-11-24 12:00"),
        (Schedule(every=timedelta(hours=6)), "2027-11-24 09:00", "2026-11-24 12:00"),
    ],
)
def test_v6_a_target_whose_last_fire_was_missed_is_due_at_once(schedule: Schedule, last: str | None, expected: str) -> None:
    known = None if last is None else at(last)
    assert first_fire(schedule, known, at("2026-11-24 12:00")) == at(expected)
