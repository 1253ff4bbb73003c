"""Owns `janitor plan`."""

from pathlib import Path

import click

from janitor.cli.options import config_option, output_option, policies_option, targets_option
from janitor.cli.progress import show_progress
from janitor.cli.stopping import stop_on_signals
from janitor.cli.sweep import preview, print_reports
from janitor.render import render_entries, render_owners
from janitor.sweep.report import worst_exit_code
from janitor.wiring import load_app


@click.command(name="plan")
@config_option
@targets_option
@policies_option
@output_option("text", "json", flag="--format")
def command(config: Path | None, targets: tuple[str, ...], policies: tuple[str, ...], output: str) -> int:
    """Show what a sweep would delete now, and why; nothing is deleted or written."""
    with stop_on_signals() as stop:
        app = load_app(config, stop=stop)
        only = app.check_policies(policies)
        with show_progress(app) as say:
            reports = preview(app, targets, only, say)
    print_reports(app, reports, output)
    if output == "text":
        for report in reports:
            click.echo(app.scrubber.scrub_text(f"\n{render_owners(report)}\n\n{render_entries(report)}"))
    return worst_exit_code([report.exit_code for report in reports])
