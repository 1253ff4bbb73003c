"""How a forecast looks: the chart as people read it, its JSON, its sentences."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.cli.foreseeing import UNSCHEDULED, list_sweeps
from janitor.core.plan import Refusal
from janitor.core.text import inert
from janitor.render_forecast import ASCII, Screen, TargetForecast, describe_forecast, render_forecast, tell_drain
from janitor.retention.forecast import build_forecast
from janitor.retention.foresee import DAY, Horizon, foresee
from janitor.retention.past import NO_PAST
from janitor.retention.planner import Pace
from janitor.retention.policy import Mode
from janitor.retention.selector import Selector
from janitor.settings.cron import parse_cron
from janitor.settings.model import Schedule
from janitor.sweep.report import NO_VERDICTS, TargetReport, Trouble

GOLDEN = Path(__file__).parents[1] / "golden" / "forecast.txt"
DAILY = tuple(NOW + number * DAY for number in range(10))


def make_told(expiring: dict[int, int], pace: Pace, days: int = 10, **report: Any) -> TargetForecast:
    """So many jobs that expire in so many days (0: have expired), every third by a policy that only observes."""
    jobs = [
        make_job(days_ago=30 - day, name="watched" if number % 3 == 2 else "x")
        for day, count in expiring.items()
        for number in range(count)
    ]
    watching = make_policy(name="watching", match=Selector(name=("watched",)), after=30 * DAY, mode=Mode.OBSERVE)
    rules = make_rules(watching, make_policy(name="monthly", match=Selector(name=("x",)), after=30 * DAY))
    horizon = Horizon(as_of=NOW, days=days, sweeps=DAILY[:days])
    fields: dict[str, Any] = {"target": "research", "sweep_id": "s", "as_of": NOW, "dry_run": True, "is_complete": True}
    shown = TargetReport(**(fields | {"verdicts": NO_VERDICTS | {"kept": len(jobs)}} | report))
    forecast = build_forecast(foresee(jobs, rules, NO_PAST, horizon), horizon, pace)
    return TargetForecast(report=shown, rules=rules, rhythm=UNSCHEDULED, next_sweep=NOW, forecast=forecast)


def test_the_chart_looks_as_it_did(*, is_updating_golden: bool) -> None:
    told = make_told({0: 50, 1: 3, 2: 30, 5: 1, 6: 90}, Pace(per_sweep=10, per_day=1000))
    shown = [render_forecast(told, screen) for screen in (Screen(), Screen(width=40, blocks=ASCII))]
    text = "\n\n".join([*shown, render_forecast(make_told({}, Pace()), Screen(width=1))]) + "\n"
    if is_updating_golden:
        GOLDEN.write_text(text)
        pytest.skip("tests/golden/forecast.txt was written anew: look at its diff")
    assert text == GOLDEN.read_text()


@pytest.mark.some(2)
@pytest.mark.parametrize("width", [1, 40, 59, 60, 80, 300])
def test_no_line_of_the_chart_is_wider_than_the_screen_where_that_is_as_wide_as_a_phone(width: int) -> None:
    told = make_told({0: 5, 1: 2000, 9: 1}, Pace(per_sweep=10, per_day=1000))
    chart = [line for line in render_forecast(told, Screen(width=width, blocks=ASCII)).splitlines() if line.startswith("  2026")]
    assert len(chart) == 10
    assert max(map(len, chart)) <= max(width, 42)
    assert "#" in chart[9]


def test_the_sums_of_the_json_are_those_of_its_parts() -> None:
    told = make_told({0: 5, 1: 7, 3: 4}, Pace(per_sweep=2, per_day=100))
    document = json.loads(json.dumps(describe_forecast(told)))
    assert sum(document["now_by_policy"].values()) == document["backlog"] + document["observed"] == 5
    for day in document["days"]:
        assert day["expires"] == sum(day["by_policy"].values()) >= day["deletable"]
    gone = sum(day["deletes"] for day in document["days"])
    assert document["backlog"] + sum(day["deletable"] for day in document["days"]) == gone + document["left"]
    assert (document["as_of"], document["schedule"], document["next_sweep"]) == (
        "2026-11-23T03:00:00Z",
        UNSCHEDULED,
        document["as_of"],
    )


@pytest.mark.parametrize(
    ("expiring", "per_sweep", "told"),
    [
        ({}, 5, "nothing waits now; 0 a day expire and the pace lets 5 go"),
        ({0: 2, 3: 20}, 0, "does not drain: 1.4 a day expire and may be deleted, and the pace lets 0 go; 16 wait at the end"),
        ({0: 9}, 5, "drains on 2026-11-24; {none} and the pace lets 5 go"),
        ({1: 90}, 5, "nothing waits now, but later it grows: 6 a day {may} and the pace lets 5 go; 15 wait at the end"),
        ({0: 90}, 5, "does not drain within 10 days: {none} and the pace lets 5 go; 10 wait then, at this rate for 2 days more"),
        ({0: 90, 1: 90}, 5, "does not drain: 6 a day {may} and the pace lets 5 go; 70 wait at the end"),
    ],
)
def test_how_what_waits_drains_is_said_in_words(expiring: dict[int, int], per_sweep: int, told: str) -> None:
    forecast = make_told(expiring, Pace(per_sweep=per_sweep, per_day=1000)).forecast
    assert forecast is not None
    may = "expire and may be deleted,"
    assert tell_drain(forecast) == told.format(none=f"0 a day {may}", may=may)


def test_what_refuses_or_failed_stands_first_and_takes_no_effect() -> None:
    text = "list\x1b[2J"
    told = make_told({}, Pace(), refusal=Refusal(by="pause", message=text), trouble=Trouble(code="x", message=text, exit_code=6))
    lines = render_forecast(told, Screen()).splitlines()
    assert lines[1:3] == [f"  REFUSED   by pause: {inert(text)}", f"  ERROR     x: {inert(text)}"]


def test_sweeps_come_by_the_schedule_or_once_a_day() -> None:
    horizon = Horizon(as_of=NOW, days=2, sweeps=())
    assert list(list_sweeps(None, None, horizon)) == [NOW, NOW + DAY]
    cron = Schedule(cron=parse_cron("30 4 * * *"))
    assert list(list_sweeps(cron, None, horizon)) == [NOW + number * DAY + timedelta(minutes=90) for number in range(2)]
    assert list(list_sweeps(Schedule(every=24 * timedelta(hours=1)), NOW - DAY / 2, horizon)) == [NOW + DAY / 2, NOW + DAY * 1.5]
