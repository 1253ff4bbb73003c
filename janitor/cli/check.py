"""Owns `janitor check`."""

import json
from pathlib import Path

import click

from janitor.cli.options import as_of_option, config_option, output_option, read_as_of
from janitor.render_settings import render_settings, settings_document

FIRES = 5


@click.command(name="check")
@config_option
@as_of_option
@output_option("text", "json")
def command(config: Path | None, as_of: str | None, output: str) -> int:
    """Validate the policy file, without one request, and echo it as understood."""
    from janitor.service.triggers import next_fires
    from janitor.wiring import load_app

    app = load_app(config)
    now, schedules = app.clock.now(), {target.name: target.schedule for target in app.settings.targets}
    now = read_as_of(as_of, now) or now
    fires = {name: next_fires(schedule, now, FIRES) for name, schedule in schedules.items() if schedule is not None}
    if output == "json":
        click.echo(json.dumps(app.scrubber.scrub(settings_document(app.settings, now, fires)), indent=1))
    else:
        click.echo(app.scrubber.scrub_text(render_settings(app.settings, now, fires)))
    return 0
