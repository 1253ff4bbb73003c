"""Owns `janitor resume`."""

from pathlib import Path

import click

from janitor.cli.options import config_option, targets_option
from janitor.cli.standard_output import telling_what_was_done
from janitor.core.text import inert


@click.command(name="resume")
@config_option
@targets_option
def command(config: Path | None, targets: tuple[str, ...]) -> int:
    """Lift the pause of every target, or with --target that target's own; says what stays paused.

    A target may be paused by its own word and by the one for every target: each is lifted by itself.
    """
    from janitor.cli.ledger import changing_ledger
    from janitor.ledger.standing import list_pauses
    from janitor.ledger.standing_changes import resume_sweeping
    from janitor.wiring import load_app

    app = load_app(config)
    scopes = app.target_names(targets) if targets else (None,)
    with changing_ledger(app) as ledger:
        lifted = {scope: resume_sweeping(ledger, scope) for scope in scopes}
        left = list_pauses(ledger)
    with telling_what_was_done():
        for scope, pause in lifted.items():
            none = "there is no pause for every target" if scope is None else f"target {scope} has no pause of its own"
            text = none if pause is None else f"lifted: {pause}"
            click.echo(app.scrubber.scrub_text(inert(text)))
        for pause in left:
            click.echo(app.scrubber.scrub_text(inert(f"still: {pause}; `{pause.remedy}` lifts it")))
        halted = app.tools().halted()
        if halted is not None:
            click.echo(inert(f"still: {halted}"))
    return 0
