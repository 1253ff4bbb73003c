"""Owns `janitor check`."""

from pathlib import Path

import click

from janitor.cli.options import config_option
from janitor.render import render_settings

FIRES = 5


@click.command(name="check")
@config_option
def command(config: Path | None) -> int:
    """Validate the policy file, without one request, and echo it as understood."""
    from janitor.service.triggers import next_fires
    from janitor.wiring import load_app

    app = load_app(config)
    now, schedules = app.clock.now(), {target.name: target.schedule for target in app.settings.targets}
    fires = {name: next_fires(schedule, now, FIRES) for name, schedule in schedules.items() if schedule is not None}
    click.echo(render_settings(app.settings, now, fires))
    return 0
