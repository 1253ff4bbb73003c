"""Owns `janitor explain`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from janitor.cli.options import config_option, targets_option
from janitor.core.errors import JobNotFound, UsageError
from janitor.render import render_explanation, render_history
from janitor.retention.evaluate import evaluate
from janitor.sweep.disclosure import disclose_decision
from janitor.sweep.target import Target

if TYPE_CHECKING:
    from janitor.wiring import App


@click.command(name="explain")
@click.argument("job_id")
@config_option
@targets_option
def command(job_id: str, config: Path | None, targets: tuple[str, ...]) -> int:
    """Say why JOB_ID is kept or goes, by which rule, and when that changes; for a deleted job, when and by what it went."""
    from janitor.wiring import load_app

    app = load_app(config)
    found = [text for target in app.targets(targets) if (text := _explain(app, target, job_id)) is not None]
    history = _history(app, job_id)
    if history:
        found.append(history)
    if not found:
        raise UsageError(f"job {job_id}: no target shows it, and the ledger has no record of it")
    click.echo(app.scrubber.scrub_text("\n".join(found)))
    return 0


def _explain(app: "App", target: Target, job_id: str) -> str | None:
    as_of = app.clock.now()
    try:
        job = target.backend.get_job(job_id)
    except JobNotFound:
        return None
    except ValueError as error:
        raise UsageError(str(error)) from error
    return render_explanation(disclose_decision(evaluate(job, target.rules, as_of), app.scrubber), target.name, as_of)


def _history(app: "App", job_id: str) -> str:
    from janitor.ledger.facts import list_job_events

    ledger = app.read_ledger()
    if ledger is None:
        return ""
    with ledger:
        return render_history(list_job_events(ledger, job_id))
