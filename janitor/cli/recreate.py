"""Owns `janitor recreate`."""

import json
from pathlib import Path

import click

from janitor.cli.options import config_option, one_target_option
from janitor.core.text import inert


@click.command(name="recreate")
@click.argument("job_id")
@config_option
@one_target_option
def command(job_id: str, config: Path | None, target: str | None) -> int:
    """Print the request that would create the deleted JOB_ID anew, as one JSON document: method, path and body.

    Nothing is sent. Standard error says what has to be filled in first. The new job has another id.

    Exit codes: 0 done, 2 usage, configuration or no tombstone is kept, 5 the ledger cannot be trusted.
    """
    from janitor.backends.modelarts_creation import build_creation
    from janitor.cli.finding_tombstones import find_tombstone
    from janitor.wiring import load_app

    app = load_app(config)
    kept = find_tombstone(app, job_id, target)
    made = build_creation(app.scrubber.scrub(json.loads(kept.body)))
    told = [f"fill in {path}, which was not kept" for path in made.masked]
    told += [*made.notes, "nothing was sent"]
    for line in told:
        click.echo(f"janitor: {inert(line)}", err=True)
    click.echo(json.dumps({"version": 1, "method": made.method, "path": made.path, "body": made.body}, indent=1))
    return 0
