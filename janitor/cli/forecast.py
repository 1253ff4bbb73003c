"""Owns `janitor forecast`."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import click

from janitor.cli.list import listing_exit_code
from janitor.cli.options import as_of_option, config_option, output_option, targets_option
from janitor.cli.stopping import stop_on_signals
from janitor.sweep.report import worst_exit_code

days_option = click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=30,
    show_default=True,
    metavar="N",
    help="How many days to look ahead, the rest of today being the first; days are UTC.",
)


@click.command(name="forecast")
@config_option
@targets_option
@days_option
@as_of_option
@output_option("text", "json")
def command(config: Path | None, targets: tuple[str, ...], days: int, as_of: str | None, output: str) -> int:
    """How many jobs expire on each coming day, by which policy, and how long what waits drains at the pace; nothing is written.

    It is taken that no job comes, none is held anew, no rule is edited and every sweep takes place.

    Exit codes: 0 done, 1 deciding failed, 2 usage or configuration, 4 a guard let nothing be listed, 5 the ledger cannot be
    trusted, 6 a target could not be read, 130 interrupted.
    """
    from janitor.cli.foreseeing import look_ahead
    from janitor.render_forecast import ASCII, ASSUMED, BLOCKS, Screen, describe_forecast, render_forecast
    from janitor.sweep.disclosure import disclose_report
    from janitor.wiring import load_app

    with stop_on_signals() as stop:
        app = load_app(config, stop=stop)
        _, foreseen = look_ahead(app, targets, days, as_of)
    told = [replace(each, report=disclose_report(each.report, app.scrubber)) for each in foreseen]
    if output == "json":
        document = {"version": 1, "assumed": ASSUMED, "targets": [describe_forecast(each) for each in told]}
        click.echo(json.dumps(app.scrubber.scrub(document), indent=1))
    else:
        screen = Screen(width=shutil.get_terminal_size().columns, blocks=BLOCKS if can_show("".join(BLOCKS)) else ASCII)
        text = "\n\n".join([*(render_forecast(each, screen) for each in told), ASSUMED])
        click.echo(app.scrubber.scrub_text(text))
    return worst_exit_code([listing_exit_code(each.report) for each in foreseen])


def can_show(text: str) -> bool:
    """Whether the encoding of standard output has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
