"""Schedules: what is accepted, what is refused with what to write instead, and how targets inherit (fault C22)."""

from datetime import timedelta
from pathlib import Path

import pytest
from settings_sample import GOOD, changed, load, problems

from janitor.settings.cron import parse_cron
from janitor.settings.model import Schedule

ALL_DAYS, ALL_MONTHS, ALL_WEEK = tuple(range(1, 32)), tuple(range(1, 13)), tuple(range(7))


def with_schedule(text: str, *, target: str = "") -> str:
    """The sample with lines for the file and for its target."""
    return changed("    region: eu-de\n", f"    region: eu-de\n{target}", GOOD) + text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 3 * * *", ((0,), (3,), ALL_DAYS, ALL_MONTHS, ALL_WEEK)),
        ("*/20 0-23/6 * * *", ((0, 20, 40), (0, 6, 12, 18), ALL_DAYS, ALL_MONTHS, ALL_WEEK)),
        ("5,10-12 3 * * *", ((5, 10, 11, 12), (3,), ALL_DAYS, ALL_MONTHS, ALL_WEEK)),
        ("50/5 3 * * *", ((50, 55), (3,), ALL_DAYS, ALL_MONTHS, ALL_WEEK)),
        ("0 3 1,31 JAN-mar *", ((0,), (3,), (1, 31), (1, 2, 3), ALL_WEEK)),
        ("0 3 * * 0", ((0,), (3,), ALL_DAYS, ALL_MONTHS, (0,))),
        ("0 3 * * 7", ((0,), (3,), ALL_DAYS, ALL_MONTHS, (0,))),
        ("0 3 * * 1-5", ((0,), (3,), ALL_DAYS, ALL_MONTHS, (1, 2, 3, 4, 5))),
        ("0 3 * * 5-7", ((0,), (3,), ALL_DAYS, ALL_MONTHS, (0, 5, 6))),
        ("0 3 * * */2", ((0,), (3,), ALL_DAYS, ALL_MONTHS, (0, 2, 4, 6))),
        ("0 3 * * Sat-mon,WED", ((0,), (3,), ALL_DAYS, ALL_MONTHS, (0, 1, 3, 6))),
    ],
)
def test_a_cron_expression_means_what_cron_says(text: str, expected: tuple[tuple[int, ...], ...]) -> None:
    cron = parse_cron(text)
    assert (cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays) == expected


@pytest.mark.some(9)
@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("0 3 1 * 1", "names days both of the month and of the week"),
        ("0 3 * *", "has 4 fields"),
        ("* * * * * *", "has 6 fields"),
        ("0 3 30 2 *", "never fires"),
        ("0 3 31 4,6,9,11 *", "never fires"),
        ("60 3 * * *", "minute 60 is not from 0 to 59"),
        ("0 24 * * *", "hour 24 is not from 0 to 23"),
        ("0 3 0 * *", "day of the month 0 is not from 1 to 31"),
        ("0 3 * 13 *", "month 13 is not from 1 to 12"),
        ("0 3 * * 8", "day of the week 8 is not from 0 to 7"),
        ("0 3 * * mom", 'did you mean "mon"?'),
        ("30-10 3 * * *", "runs backwards"),
        ("*/0 3 * * *", "impossible step"),
        ("*-5 3 * * *", "a range starts with a number"),
        ("1.5 3 * * *", "is not understood"),
        ("٣ 3 * * *", "is not understood"),
        ("@daily", '"0 0 * * *"'),
        ("last 3 * * *", "is not understood"),
    ],
)
def test_c22_an_impossible_cron_is_refused(cron: str, said: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, with_schedule(f'schedule: {{cron: "{cron}"}}\n'))
    assert "schedule.cron: " in found
    assert said in found


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("{}", "is empty"),
        ('"0 3 * * *"', 'must be {cron: "0 3 * * *"} or {every: 6h}'),
        ("{jitter: 10min}", "needs exactly one of cron and every"),
        ('{cron: "0 3 * * *", every: 6h}', "needs exactly one of cron and every"),
        ("{every: 6h, timezone: UTC}", "has a timezone, which only cron reads"),
        ("{every: 6h, jitter: 6h}", "jitter 6h must be shorter than the 6h between two fires"),
        ('{cron: "*/5 * * * *", jitter: 5min}', "jitter 5min must be shorter than the 5min between two fires"),
        ('{cron: "59 23,0 * * *", jitter: 1h}', "jitter 1h must be shorter than the 1h between two fires"),
        ("{every: 90}", "must be a duration with its unit"),
        ("{every: 0s}", "every"),
        ('{cron: "0 3 * * *", timezone: Europe/Berln}', "is no time zone known here"),
        ('{cron: "0 3 * * *", timezone: ../../etc/passwd}', "is no time zone known here"),
        ("{cron: 3}", "must be text in quotes"),
    ],
)
def test_c22_a_schedule_without_one_clear_rhythm_is_refused(schedule: str, said: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, with_schedule(f"schedule: {schedule}\n"))
    assert said in found


def test_a_target_inherits_the_schedule_and_its_own_replaces_it_whole(tmp_path: Path) -> None:
    general = 'schedule: {cron: "0 3 * * *", jitter: 10min}\ntimezone: Europe/Berlin\n'
    (target,) = load(tmp_path, with_schedule(general)).targets
    assert target.schedule == Schedule(cron=parse_cron("0 3 * * *"), jitter=timedelta(minutes=10), timezone="Europe/Berlin")
    (target,) = load(tmp_path, with_schedule(general, target="    schedule: {every: 6h}\n")).targets
    assert target.schedule == Schedule(every=timedelta(hours=6))
    own = '    schedule: {cron: "0 4 * * *", timezone: UTC}\n'
    (target,) = load(tmp_path, with_schedule(general, target=own)).targets
    assert target.schedule == Schedule(cron=parse_cron("0 4 * * *"), timezone="UTC")


def test_without_a_schedule_there_is_none(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).targets[0].schedule is None


def test_a_time_of_the_day_is_told_from_a_rhythm() -> None:
    assert parse_cron("30 2 * * *").is_fixed
    assert not parse_cron("*/30 2 * * *").is_fixed
    assert not parse_cron("30 * * * *").is_fixed


def test_the_files_that_settings_were_read_from_are_named(tmp_path: Path) -> None:
    (tmp_path / "sk").write_text("secret")
    (tmp_path / "ca.pem").write_text("x")
    text = changed("{env: TEST_SK}", "{file: sk}", with_schedule("", target="    ca_file: ca.pem\n"))
    assert set(load(tmp_path, text).files) == {tmp_path / "janitor.yaml", tmp_path / "sk", tmp_path / "ca.pem"}
