"""Owns how a forecast looks: the chart and the lines of `janitor forecast`, its JSON, and its sentences for other pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from janitor.core.text import inert
from janitor.render import render_table
from janitor.retention.forecast import Day, Forecast
from janitor.retention.policy import Mode, Rules
from janitor.sweep.report import TargetReport

ASSUMED = (
    "Assumed: no job comes, none is held anew, no rule is edited, and what is undecidable stays so. Grace periods begin at the "
    "next sweep; every sweep takes place, and nothing refuses it."
)
BLOCKS, ASCII = ("█", "░"), ("#", ".")
"""What bars are made of: what may be deleted, and what is only observed."""
WIDEST = 100
_BESIDE_BAR = 34
_SHORTEST_BAR = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetForecast:
    """The forecast of one target, or None where its jobs could not be listed; `rhythm` says in words when sweeps come."""

    report: TargetReport
    rules: Rules
    rhythm: str
    next_sweep: datetime | None = None
    forecast: Forecast | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the chart is drawn on."""

    width: int = WIDEST
    blocks: tuple[str, str] = BLOCKS


def render_forecast(told: TargetForecast, screen: Screen) -> str:
    """What is to come of one target: a bar a day, a line a policy, how what waits drains."""
    report, forecast = told.report, told.forecast
    lines = [f"{report.target}: forecast as of {_time(report.as_of)}{report.time_note}"]
    if report.refusal is not None:
        lines.append(f"  REFUSED   by {report.refusal.by}: {inert(report.refusal.message, 2000)}")
    if report.trouble is not None:
        lines.append(f"  ERROR     {report.trouble.code}: {inert(report.trouble.message, 2000)}")
    if forecast is None:
        return "\n".join(lines)
    lines += [
        f"  now       {tell_now(forecast)}",
        f"  sweeps    {tell_sweeps(told)}",
        f"  backlog   {tell_drain(forecast)}",
        "",
        *_chart(forecast, screen),
    ]
    rows = list(policy_rows(told))
    return "\n".join([*lines, *(["", render_table(("policy", "mode", "expired now", _coming(forecast)), rows)] if rows else [])])


def describe_forecast(told: TargetForecast) -> dict[str, Any]:
    """The same as plain data; without a listing there are no days, and null stands for every figure."""
    document, forecast = told.report.as_json(), told.forecast
    shown = {name: document[name] for name in ("target", "as_of", "listing", "listed", "verdicts", "error", "refused")}
    shown |= {"hypothetical": True} if told.report.is_hypothetical else {}
    shown |= {"schedule": told.rhythm, "next_sweep": None if told.next_sweep is None else _time(told.next_sweep)}
    if forecast is None:
        return shown | dict.fromkeys(_FIGURES) | {"days": []}
    return shown | {
        "days": [_describe_day(day) for day in forecast.days],
        "backlog": forecast.backlog,
        "observed": forecast.observed,
        "now_by_policy": forecast.now_by_policy,
        "pace_per_day": forecast.pace_per_day,
        "deletable_per_day": round(forecast.deletable_per_day, 1),
        "drained_on": None if forecast.drained_on is None else forecast.drained_on.isoformat(),
        "left": forecast.left,
        "more_days": forecast.more_days,
    }


def tell_now(forecast: Forecast) -> str:
    """What has expired already."""
    observed = f"; {forecast.observed} more {_are(forecast.observed)} only observed" if forecast.observed else ""
    return f"{forecast.backlog} expired and may be deleted{observed}"


def tell_sweeps(told: TargetForecast) -> str:
    """When sweeps come, and how much they may take."""
    pace = 0 if told.forecast is None else told.forecast.pace_per_day
    soon = "none in these days" if told.next_sweep is None else f"next {told.next_sweep:%Y-%m-%d %H:%MZ}"
    return f"{told.rhythm}, {soon}; the pace lets {pace} go a day"


def tell_drain(forecast: Forecast) -> str:
    """How what waits drains, or why it does not."""
    is_any_observed = forecast.observed or any(day.expires > day.deletable for day in forecast.days)
    verb = "expire and may be deleted," if is_any_observed else "expire"
    coming = f"{_rate(forecast.deletable_per_day)} a day {verb} and the pace lets {forecast.pace_per_day} go"
    is_growing = forecast.left > 0 and forecast.more_days is None
    if forecast.drained_on is not None:
        first = "nothing waits now" if forecast.backlog == 0 else f"drains on {forecast.drained_on}"
        return f"{first}, but later it grows: {coming}; {forecast.left} wait at the end" if is_growing else f"{first}; {coming}"
    if is_growing:
        return f"does not drain: {coming}; {forecast.left} wait at the end"
    days = len(forecast.days)
    return (
        f"does not drain within {days} days: {coming}; {forecast.left} wait then, at this rate for {forecast.more_days} days more"
    )


def policy_rows(told: TargetForecast) -> Iterator[tuple[str, str, int, int]]:
    """Each policy that lets jobs go last, its mode (or the target's, where that only observes), and how many, now and then."""
    if told.forecast is None:
        return
    now, days = told.forecast.now_by_policy, told.forecast.days
    modes = {policy.name: policy.mode for policy in told.rules.policies}
    names = now.keys() | {name for day in days for name in day.by_policy}
    for name in sorted(names):
        overruled = ", but the target observes" if Mode.OBSERVE is told.rules.mode is not modes[name] else ""
        yield name, f"{modes[name]}{overruled}", now.get(name, 0), sum(day.by_policy.get(name, 0) for day in days)


def _chart(forecast: Forecast, screen: Screen) -> Iterator[str]:
    is_narrow = screen.width < 60
    room = max(_SHORTEST_BAR, min(screen.width, WIDEST) - _BESIDE_BAR + (4 if is_narrow else 0))
    most = max(day.expires for day in forecast.days)
    first, second = screen.blocks
    yield f"  {'day':<{10 if is_narrow else 14}}  expire   wait  {first} may be deleted, {second} only observed"
    for day in forecast.days:
        name = f"{day.date}" if is_narrow else f"{day.date:%Y-%m-%d %a}"
        yield f"  {name}  {day.expires:>6} {day.left:>6}  {_bar(day, most, room, screen.blocks)}".rstrip()


def _bar(day: Day, most: int, room: int, blocks: tuple[str, str]) -> str:
    """A bar in proportion; what is there at all shows."""
    parts = (day.deletable, day.expires - day.deletable)
    return "".join(block * (-(-part * room // most) if part else 0) for block, part in zip(blocks, parts, strict=True))[:room]


def _describe_day(day: Day) -> dict[str, Any]:
    counts = {"expires": day.expires, "deletable": day.deletable, "by_policy": day.by_policy}
    return {"date": day.date.isoformat()} | counts | {"deletes": day.deletes, "left": day.left}


def _coming(forecast: Forecast) -> str:
    return f"in {len(forecast.days)} days"


def _rate(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0") if number < 10 else f"{number:.0f}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


_FIGURES = (
    *("backlog", "observed", "now_by_policy", "pace_per_day", "deletable_per_day"),
    *("drained_on", "left", "more_days"),
)
