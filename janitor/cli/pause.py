"""Owns `janitor pause`."""

from pathlib import Path

import click

from janitor.cli.options import config_option, require_text, targets_option
from janitor.cli.standard_output import telling_what_was_done
from janitor.core.errors import LedgerError
from janitor.core.text import inert


@click.command(name="pause")
@config_option
@targets_option
@click.option("--reason", required=True, metavar="TEXT", help="Why; shown by every sweep that is refused.")
def command(config: Path | None, targets: tuple[str, ...], reason: str) -> int:
    """The kill switch: from now on nothing is deleted, in every target or in those named, until `janitor resume`.

    A sweep under way stops before its next batch. Listing, planning and proving what was already asked for go on. A file
    named STOP beside the policy file does the same, for every target and without the ledger.
    """
    from janitor.cli.ledger import changing_ledger
    from janitor.ledger.standing_changes import pause_sweeping
    from janitor.wiring import load_app

    app = load_app(config)
    scopes = app.target_names(targets) if targets else (None,)
    text = require_text("--reason", reason)
    try:
        with changing_ledger(app) as ledger:
            before = {scope: pause_sweeping(ledger, scope, text) for scope in scopes}
    except LedgerError as error:
        raise LedgerError(
            f"{error}; to stop sweeping without the ledger, make a file STOP beside {app.settings.source}"
        ) from error
    for scope, pause in before.items():
        whom = "every target" if scope is None else f"target {scope}"
        new = f"{whom} is paused; `janitor resume{'' if scope is None else f' --target {scope}'}` lifts it"
        with telling_what_was_done():
            click.echo(app.scrubber.scrub_text(new if pause is None else f"nothing changed: {inert(str(pause))}"))
    return 0
