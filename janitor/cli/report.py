"""Owns `janitor report`."""

from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from janitor.cli.forecast import days_option
from janitor.cli.list import listing_exit_code
from janitor.cli.options import as_of_option, config_option, targets_option
from janitor.cli.stopping import stop_on_signals
from janitor.core.errors import LedgerError
from janitor.sweep.report import worst_exit_code

if TYPE_CHECKING:
    from janitor.ledger.store import Ledger
    from janitor.render_forecast import TargetForecast
    from janitor.render_holds import ShownHold
    from janitor.render_report import Overview
    from janitor.sweep.target import Target
    from janitor.wiring import App

LAST_SWEEPS = 10
STANDARD_OUTPUT = Path("-")


@click.command(name="report")
@config_option
@click.option(
    "--html",
    "path",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True, dir_okay=False),
    metavar="FILE",
    help="Where the page is written, whole or not at all; - is standard output.",
)
@targets_option
@days_option
@as_of_option
def command(config: Path | None, path: Path, targets: tuple[str, ...], days: int, as_of: str | None) -> int:
    """The overview as one self-contained HTML page: what has expired and will, by whom and why, what was deleted, what is wrong.

    Nothing else is written, and nothing deleted. The page has no script and loads nothing; a failed target stands on it too.

    Exit codes: 0 done, 1 deciding failed, 2 usage or configuration, 4 a guard let nothing be listed, 5 the ledger cannot be
    trusted, 6 a target could not be read, 130 interrupted.
    """
    from janitor.cli.foreseeing import look_ahead
    from janitor.cli.whole_file import PAGE, OutputFile
    from janitor.render_report import Source, render_html
    from janitor.wiring import load_app

    with stop_on_signals() as stop:
        app = load_app(config, stop=stop)
        file = OutputFile(path=path, begins=PAGE, settings=(app.settings,))
        if path != STANDARD_OUTPUT:
            file.check()
        supposed, told = look_ahead(app, targets, days, as_of)
        overviews, head = _gather(app, targets, told)
    page = app.scrubber.scrub_text(render_html(overviews, Source(at=supposed or app.clock.now(), head=head)))
    if path == STANDARD_OUTPUT:
        click.echo(page, nl=False)
    else:
        with file.write() as stream:
            stream.write(page)
    return worst_exit_code([listing_exit_code(each.report) for each in told])


def _gather(app: "App", names: tuple[str, ...], told: "list[TargetForecast]") -> "tuple[list[Overview], str]":
    """What the page shows of each target, and the head of the ledger; a ledger that cannot be read is said by the reports."""
    head, is_known = "there is no ledger yet", True
    try:
        ledger = app.read_ledger()
    except LedgerError as error:
        ledger, head, is_known = None, app.scrubber.scrub_text(str(error)), False
    with ledger or nullcontext():
        if ledger is not None:
            head = str(ledger.head())
        overviews = [_overview(app, target, each, ledger) for target, each in zip(app.targets(names), told, strict=True)]
    return [replace(each, is_past_known=is_known) for each in overviews], head


def _overview(app: "App", target: "Target", told: "TargetForecast", ledger: "Ledger | None") -> "Overview":
    from janitor.cli.plan import plan_with_quota
    from janitor.ledger.leftovers import list_left
    from janitor.ledger.overview import count_deletions, list_last_sweeps
    from janitor.render_report import LEFT_DAYS, PAST_DAYS, Overview
    from janitor.retention.leftovers import sum_leftovers
    from janitor.sweep.disclosure import disclose_report

    report = disclose_report(told.report, app.scrubber)
    since, since_left = (report.as_of - timedelta(days=days) for days in (PAST_DAYS, LEFT_DAYS))
    left = () if ledger is None else list_left(ledger, target.name, since_left, report.as_of)
    return Overview(
        plan=plan_with_quota(app, target, report),
        told=replace(told, report=report),
        holds=tuple(_holds(app, target.name, ledger)),
        deletions=Counter() if ledger is None else count_deletions(ledger, target.name, since, report.as_of),
        sweeps=() if ledger is None else list_last_sweeps(ledger, target.name, report.as_of, LAST_SWEEPS),
        left=sum_leftovers(map(app.scrubber.scrub, left)),
    )


def _holds(app: "App", target: str, ledger: "Ledger | None") -> "list[ShownHold]":
    """The holds that are for a target, of the file and of the ledger, without secrets."""
    from janitor.ledger.standing import list_holds
    from janitor.render_holds import ShownHold

    records = () if ledger is None else list_holds(ledger, target)
    shown = [ShownHold(hold=hold, source="file") for hold in app.settings.holds if hold.targets is None or target in hold.targets]
    shown += [ShownHold(hold=each.hold, source="ledger", by=each.added_by, at=each.added_at) for each in records]
    texts = [app.scrubber.scrub({"reason": each.hold.reason, "owner": each.hold.owner}) for each in shown]
    return [replace(each, hold=replace(each.hold, **clean)) for each, clean in zip(shown, texts, strict=True)]
