"""Owns `janitor sweep`."""

import json
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from janitor.cli.options import as_of_option, config_option, output_option, policies_option, read_as_of, targets_option
from janitor.cli.progress import show_progress
from janitor.cli.publish import RunMetrics, publish_options
from janitor.cli.sharding import choose_targets, shard_option
from janitor.cli.standard_output import telling_what_was_done
from janitor.cli.stopping import stop_on_signals
from janitor.cli.tracing import traces_option, tracing
from janitor.core.errors import Interrupted, LedgerError, UsageError
from janitor.core.text import inert
from janitor.render import render_report
from janitor.sweep.disclosure import disclose_report
from janitor.sweep.report import TargetReport, worst_exit_code

if TYPE_CHECKING:
    from janitor.notify.courier import Delivery
    from janitor.wiring import App


@click.command(name="sweep")
@config_option
@targets_option
@shard_option
@policies_option
@click.option("--dry-run", is_flag=True, help="Decide and plan only; the ledger is not written, nothing is deleted.")
@as_of_option
@output_option("text", "json")
@publish_options("JANITOR_METRICS_TEXTFILE")
@traces_option
def command(
    config: Path | None,
    targets: tuple[str, ...],
    shard: str | None,
    policies: tuple[str, ...],
    dry_run: bool,
    as_of: str | None,
    output: str,
    textfile: Path | None,
    pushgateway: str | None,
    traces: str | None,
) -> int:
    """One sweep of each target, then exit: what a CronJob runs. `--as-of` is for --dry-run alone.

    Exit codes: 0 done, 1 unexpected, 2 usage or configuration, 3 a deletion failed, stays unknown or is stuck, 4 refused by
    a limit, a guard, a pause or another sweep's lock, 5 the ledger cannot be trusted or written, 6 a target could not be
    read, 130 interrupted.
    """
    from janitor.sweep.entry import preview_sweep
    from janitor.wiring import load_app

    if as_of is not None and not dry_run:
        raise UsageError("--as-of: a sweep deletes by the clock; add --dry-run to see what it would do at that time")
    with stop_on_signals() as stop:
        app = load_app(config, stop=stop)
        names = choose_targets(app, shard, targets)
        only, supposed = app.check_policies(policies), read_as_of(as_of, app.clock.now())
        metrics = RunMetrics(textfile, pushgateway)  # a preview never wakes it
        if not names:  # which would mean every target to what follows
            if not dry_run:
                metrics.watch(app, names)
                metrics.publish([])
            print_reports(app, [], output)
            return 0
        with tracing(traces, app if dry_run else metrics.watch(app, names)) as traced:
            with show_progress(app) as say:
                if dry_run and supposed is None:
                    reports = _preview_each(traced, names, say, partial(preview_sweep, only=only))
                else:
                    reports = preview(traced, names, only, say, supposed) if dry_run else sweep(traced, names, only, say, metrics)
            metrics.publish(reports)
    with nullcontext() if dry_run else telling_what_was_done("the sweep itself is in the ledger: `janitor audit show`"):
        print_reports(app, reports, output)
    return worst_exit_code([report.exit_code for report in reports])


def preview(
    app: "App", names: tuple[str, ...], only: frozenset[str], say: Callable[..., None], as_of: datetime | None = None
) -> list[TargetReport]:
    """Steps 1 to 3 for each target and all its jobs, on a ledger that is only read; with `as_of`, as if it were that time."""
    from janitor.sweep.entry import preview_target

    return _preview_each(app, names, say, partial(preview_target, only=only, as_of=as_of))


def _preview_each(
    app: "App", names: tuple[str, ...], say: Callable[..., None], look: Callable[..., TargetReport]
) -> list[TargetReport]:
    from janitor.sweep.entry import fail_target

    targets, tools, reports = app.targets(names), app.tools(say), list[TargetReport]()
    try:
        ledger = app.read_ledger()
    except LedgerError as error:
        return [app.around(each.name, tools, partial(fail_target, each, error=error, dry_run=True)) for each in targets]
    with ledger or nullcontext():
        for target in targets:
            reports.append(app.around(target.name, tools, partial(look, target, ledger)))
            target.disconnect()
    return reports


def sweep(
    app: "App", names: tuple[str, ...], only: frozenset[str], say: Callable[..., None], metrics: RunMetrics
) -> list[TargetReport]:
    """A sweep of each target, one after the other; none starts once the process was asked to stop."""
    from janitor.notify.strain import LOST_S
    from janitor.sweep.entry import fail_target, sweep_target

    notifier, targets, tools, reports = app.notifier(LOST_S), app.targets(names), app.tools(say), list[TargetReport]()
    try:
        ledger = app.open_ledger()
    except LedgerError as error:
        return [app.around(target.name, tools, partial(fail_target, target, error=error)) for target in targets]
    with ledger:
        for target in targets:
            if app.stop.is_set():
                reports.append(fail_target(target, tools, Interrupted("asked to stop before this target's turn")))
            else:
                reports.append(app.around(target.name, tools, partial(sweep_target, target, ledger, only=only)))
                if notifier is not None:
                    deliveries = notifier.tell(target, ledger, tools, reports[-1])
                    warn_of_notices(deliveries)
                    metrics.note_notices(target.name, deliveries)
                metrics.note_quota(target, reports[-1])
            target.disconnect()
        metrics.note_ledger(ledger, targets, app.clock.now())
    return reports


def warn_of_notices(deliveries: "Iterable[Delivery]") -> None:
    """One line on standard error for each notice that did not arrive: the sweep is over, and its result stands."""
    for each in deliveries:
        if not each.is_delivered:
            told = f"{each.channel.name} ({each.channel.kind.schema}): {each.result} after {each.attempts} attempt(s)"
            click.echo(f"janitor: warning: notice not delivered to {inert(told)}", err=True)


def print_reports(
    app: "App",
    reports: list[TargetReport],
    output: str,
    as_json: Callable[[TargetReport], dict[str, Any]] = TargetReport.as_json,
) -> None:
    """The result on standard output: one JSON document, or a few lines a target; without secrets."""
    shown = [disclose_report(report, app.scrubber) for report in reports]
    if output == "json":
        document = {"version": 1, "targets": [as_json(report) for report in shown]}
        click.echo(json.dumps(app.scrubber.scrub(document), indent=1))
    elif shown:
        click.echo(app.scrubber.scrub_text("\n".join(render_report(report) for report in shown)))
