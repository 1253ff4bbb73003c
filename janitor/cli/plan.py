"""Owns `janitor plan`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from janitor.cli.options import as_of_option, config_option, output_option, policies_option, read_as_of, targets_option
from janitor.cli.plan_diff import Asked, print_plan_diff
from janitor.cli.plan_files import freeze_into, one_target
from janitor.cli.progress import show_progress
from janitor.cli.stopping import stop_on_signals
from janitor.cli.sweep import preview, print_reports
from janitor.core.errors import JanitorError, UsageError
from janitor.core.text import inert
from janitor.render import render_entries, render_owners
from janitor.render_plan import TargetPlan, list_rows, render_csv, render_page
from janitor.sweep.disclosure import disclose_report
from janitor.sweep.report import TargetReport, worst_exit_code
from janitor.sweep.target import Target

if TYPE_CHECKING:
    from janitor.wiring import App


STANDARD_OUTPUT = Path("-")


@click.command(name="plan")
@config_option
@targets_option
@policies_option
@as_of_option
@output_option("text", "json", "md", "csv", flag="--format")
@click.option(
    "-o",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write the plan of one target into this file, for `janitor apply`; the ledger records that it was made.",
)
@click.option(
    "--diff",
    "earlier",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Show instead what changed since this plan file was written; text or json.",
)
def command(
    config: Path | None,
    targets: tuple[str, ...],
    policies: tuple[str, ...],
    as_of: str | None,
    output: str,
    path: Path | None,
    earlier: Path | None,
) -> int:
    """Show what a sweep would delete now, and why; nothing is deleted, and without -o nothing is written.

    md is a page to show the team, csv one row for each expired job. A file of -o is a plan for `janitor apply`, within 24 hours.
    """
    from janitor.wiring import load_app

    _check_options(path, earlier, as_of, output)
    with stop_on_signals() as stop:
        app = load_app(config, stop=stop)
        only, supposed = app.check_policies(policies), read_as_of(as_of, app.clock.now())
        if earlier is not None:
            return print_plan_diff(app, Asked(path=earlier, targets=targets, only=only, as_of=supposed, output=output))
        with show_progress(app) as say:
            if path is not None:
                found = [freeze_into(app, path, one_target(app, targets), only, say)]
            else:
                found = preview(app, targets, only, say, supposed)
            reports = [disclose_report(report, app.scrubber) for report in found]
        if output == "md":
            _print_page(app, targets, reports)
    if output == "csv":
        _print_csv(app, reports)
    if output in ("text", "json"):
        print_reports(app, reports, output, TargetReport.as_plan_json)
    if output == "text":
        for report in reports:
            click.echo(app.scrubber.scrub_text(f"\n{render_owners(report)}\n\n{render_entries(report)}"))
    return worst_exit_code([report.exit_code for report in reports])


def _check_options(path: Path | None, earlier: Path | None, as_of: str | None, output: str) -> None:
    if path == STANDARD_OUTPUT:
        raise UsageError("-o: a plan that can be applied is a file, and standard output has the report; name a file")
    if path is not None and earlier is not None:
        raise UsageError("-o and --diff do not go together: one makes a plan, the other compares one with today")
    if path is not None and as_of is not None:
        raise UsageError("-o: a plan that can be applied is made by the clock; leave --as-of out")
    if earlier is not None and output not in ("text", "json"):
        raise UsageError(f"--diff: prints text or json, not {output}")


def _print_page(app: "App", names: tuple[str, ...], reports: list[TargetReport]) -> None:
    plans = [plan_with_quota(app, target, report) for target, report in zip(app.targets(names), reports, strict=True)]
    click.echo(app.scrubber.scrub_text(render_page(plans)))


def plan_with_quota(app: "App", target: Target, report: TargetReport) -> TargetPlan:
    """The plan with its target's quota; not knowing the quota fails nothing."""
    if report.trouble is not None and not report.is_complete:
        return TargetPlan(report=report, rules=target.rules, no_quota="the platform was not asked again after the error above")
    try:
        quota, reason = target.backend.read_quota(), "the platform has no route that tells it"
    except JanitorError as error:
        quota, reason = None, app.scrubber.scrub_text(str(error))
    finally:
        target.backend.close()
    return TargetPlan(report=report, rules=target.rules, quota=quota, no_quota=reason)


def _print_csv(app: "App", reports: list[TargetReport]) -> None:
    """The rows on standard output, and on standard error a line for each target that was refused or failed."""
    click.echo(render_csv(app.scrubber.scrub(list_rows(reports))), nl=False)
    for report in reports:
        refused = [] if report.refusal is None else [f"REFUSED by {report.refusal.by}: {report.refusal.message}"]
        failed = [] if report.trouble is None else [f"ERROR {report.trouble.code}: {report.trouble.message}"]
        if refused or failed:
            click.echo(f"janitor: {report.target}: {app.scrubber.scrub_text(inert('; '.join(refused + failed), 2000))}", err=True)
