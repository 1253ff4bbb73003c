"""Owns `janitor tombstone`: show, export."""

import json
from pathlib import Path

import click

from janitor.cli.options import config_option, one_target_option, output_option
from janitor.core.errors import UsageError


@click.group(name="tombstone")
def command() -> None:
    """What janitor remembers of jobs that it deleted."""


@command.command()
@click.argument("job_id")
@config_option
@one_target_option
@output_option("text", "json")
def show(job_id: str, config: Path | None, target: str | None, output: str) -> int:
    """Tell what JOB_ID was, when, by whom and by which rule it was deleted, and what the platform told of it last.

    Exit codes: 0 done, 2 usage, configuration or no tombstone is kept, 5 the ledger cannot be trusted.
    """
    from janitor.cli.finding_tombstones import find_tombstone
    from janitor.render_tombstone import describe_tombstone, render_tombstone
    from janitor.wiring import load_app

    app = load_app(config)
    told = app.scrubber.scrub(describe_tombstone(find_tombstone(app, job_id, target)))
    click.echo(json.dumps(told, indent=1) if output == "json" else render_tombstone(told))
    return 0


@command.command()
@click.argument("job_id")
@config_option
@one_target_option
@click.option("-o", "file", type=click.Path(path_type=Path), help="Write to this file, all at once.")
def export(job_id: str, config: Path | None, target: str | None, file: Path | None) -> int:
    """Write the tombstone of JOB_ID byte by byte, so that its SHA-256 is the `tombstone` of its events in the audit log.

    Exit codes: 0 done, 2 usage, configuration or no tombstone is kept, 5 the ledger cannot be trusted.
    """
    from janitor.cli.finding_tombstones import find_tombstone
    from janitor.cli.whole_file import TOMBSTONE, OutputFile
    from janitor.wiring import load_app

    app = load_app(config)
    body = find_tombstone(app, job_id, target).body
    if app.scrubber.scrub_text(body) != body:
        raise UsageError(
            f"job {job_id}: its tombstone holds what is a secret of the policy file by now, so its bytes are not shown; "
            "`janitor tombstone show` shows it without"
        )
    if file is None:
        click.echo(body, nl=False)
        return 0
    with OutputFile(path=file, begins=TOMBSTONE, settings=(app.settings,)).write() as stream:
        stream.write(body)
    return 0
