"""Owns what `janitor forecast` and `janitor report` begin with: the preview of targets, and from it their forecasts."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from janitor.cli.options import read_as_of
from janitor.cli.progress import show_progress
from janitor.cli.sweep import preview
from janitor.core.errors import LedgerError
from janitor.render_forecast import TargetForecast
from janitor.retention.decisions import verdicts_of
from janitor.retention.forecast import build_forecast
from janitor.retention.foresee import DAY, Horizon, foresee
from janitor.settings.model import Schedule
from janitor.sweep.report import TargetReport

if TYPE_CHECKING:
    from janitor.ledger.store import Ledger
    from janitor.sweep.target import Target
    from janitor.wiring import App

UNSCHEDULED = "no schedule, hence as if once a day from now on"


def look_ahead(
    app: "App", targets: tuple[str, ...], days: int, as_of: str | None
) -> tuple[datetime | None, list[TargetForecast]]:
    """The time that `--as-of` names, None without it, and the forecast of each of these targets from then on."""
    supposed = read_as_of(as_of, app.clock.now())
    with show_progress(app) as say:
        reports = preview(app, targets, frozenset(), say, supposed)
    return supposed, foresee_targets(app, reports, days)


def foresee_targets(app: "App", reports: list[TargetReport], days: int) -> list[TargetForecast]:
    """The forecast of each target that a preview listed, by the ledger as it is; nothing is written.

    The reports are those of the preview, before anything is made fit to be shown: policies read names as they are.
    """
    try:
        ledger = app.read_ledger()
    except LedgerError:  # the reports say so
        ledger = None
    with ledger or nullcontext():
        targets = app.targets(tuple(report.target for report in reports))
        return [_foresee(app, target, report, ledger, days) for target, report in zip(targets, reports, strict=True)]


def list_sweeps(schedule: Schedule | None, last_finished: datetime | None, horizon: Horizon) -> Iterator[datetime]:
    """When sweeps are to come within the horizon; without a schedule as if now and then once a day."""
    from janitor.service.triggers import Fires, first_fire

    if schedule is None:
        yield from (horizon.as_of + number * DAY for number in range(horizon.days) if horizon.as_of + number * DAY < horizon.end)
        return
    trigger, fire = Fires(schedule), first_fire(schedule, last_finished, horizon.as_of)
    while fire is not None and fire < horizon.end:
        yield fire
        fire = trigger.next_without_jitter(fire, fire)


def _foresee(app: "App", target: "Target", report: TargetReport, ledger: "Ledger | None", days: int) -> TargetForecast:
    from janitor.ledger.facts import last_sweep, read_facts

    schedule = next(each.schedule for each in app.settings.targets if each.name == target.name)
    told = TargetForecast(report=report, rules=target.rules, rhythm=UNSCHEDULED if schedule is None else schedule.rhythm)
    if not report.is_complete:
        return told
    facts, jobs = read_facts(ledger, target.name, report.as_of), [job for job, _ in verdicts_of(report.decisions)]
    horizon = Horizon(as_of=report.as_of, days=days, sweeps=())
    finished = None if ledger is None else last_sweep(ledger, target.name)
    horizon = replace(horizon, sweeps=tuple(list_sweeps(schedule, finished, horizon)))
    rules = target.rules.with_holds(facts.standing.holds)
    expiries = foresee(jobs, rules, facts.recall(jobs, rules.must_hear), horizon)
    forecast = build_forecast(expiries, horizon, target.pace, facts.intents_today)
    return replace(told, rules=rules, next_sweep=horizon.next_sweep(report.as_of), forecast=forecast)
