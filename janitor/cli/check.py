"""Owns `janitor check`."""

from pathlib import Path

import click

from janitor.cli.options import config_option
from janitor.render import render_settings
from janitor.wiring import load_app


@click.command(name="check")
@config_option
def command(config: Path | None) -> int:
    """Validate the policy file, without one request, and echo it as understood."""
    app = load_app(config)
    click.echo(render_settings(app.settings, app.clock.now()))
    return 0
