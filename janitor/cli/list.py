"""Owns `janitor list`."""

import json
from dataclasses import replace
from pathlib import Path

import click

from janitor.cli.options import as_of_option, config_option, output_option, read_as_of, targets_option
from janitor.cli.progress import show_progress
from janitor.cli.stopping import stop_on_signals
from janitor.cli.sweep import preview
from janitor.core.secret import Scrubber
from janitor.core.verdict import Verdict
from janitor.render_jobs import describe_jobs, render_jobs
from janitor.retention.decisions import of_verdicts
from janitor.sweep.disclosure import disclose_decision, disclose_report
from janitor.sweep.report import TargetReport, worst_exit_code


@click.command(name="list")
@config_option
@targets_option
@click.option(
    "--verdict",
    "verdicts",
    multiple=True,
    type=click.Choice([verdict.value for verdict in Verdict]),
    help="Only jobs with this verdict; may be repeated.",
)
@as_of_option
@output_option("text", "json")
def command(config: Path | None, targets: tuple[str, ...], verdicts: tuple[str, ...], as_of: str | None, output: str) -> int:
    """The jobs of each target in terminal phases, oldest first, each with its verdict and reason; nothing is written.

    Exit codes: 0 done, 1 deciding failed, 2 usage or configuration, 4 a guard let nothing be listed, 5 the ledger cannot be
    trusted, 6 a target could not be read, 130 interrupted.
    """
    from janitor.wiring import load_app

    wanted = frozenset(map(Verdict, verdicts))
    with stop_on_signals() as stop:
        app = load_app(config, stop=stop)
        supposed = read_as_of(as_of, app.clock.now())
        with show_progress(app) as say:
            previewed = preview(app, targets, frozenset(), say, supposed)
            reports = [_disclose(report, wanted, app.scrubber) for report in previewed]
    if output == "json":
        document = {"version": 1, "targets": [describe_jobs(report, wanted) for report in reports]}
        click.echo(json.dumps(app.scrubber.scrub(document), indent=1))
    else:
        click.echo(app.scrubber.scrub_text("\n\n".join(render_jobs(report, wanted) for report in reports)))
    return worst_exit_code([listing_exit_code(report) for report in reports])


def _disclose(report: TargetReport, wanted: frozenset[Verdict], scrubber: Scrubber) -> TargetReport:
    """The report as it may be shown; here every job that is wanted is."""
    chosen = of_verdicts(report.decisions, *(wanted or Verdict))
    decisions = tuple(disclose_decision(decision, scrubber) for decision in chosen)
    return replace(disclose_report(report, scrubber), decisions=decisions)


def listing_exit_code(report: TargetReport) -> int:
    """A plan that is refused was listed all the same; only what prevented the listing is a failure here."""
    if report.trouble is not None:
        return report.trouble.exit_code
    return 4 if report.refusal is not None and not report.is_complete else 0
