"""Owns `janitor tombstone`: show, export."""

import json
from pathlib import Path

import click

from janitor.cli.options import config_option, output_option
from janitor.cli.tombstones import find_tombstone, one_target_option


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
    from janitor.render_tombstone import describe_tombstone, render_tombstone
    from janitor.wiring import load_app

    app = load_app(config)
    told = app.scrubber.scrub(describe_tombstone(find_tombstone(app, job_id, target)))
    click.echo(json.dumps(told, indent=1) if output == "json" else render_tombstone(told))
    return 0
