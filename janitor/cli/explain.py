"""Owns `janitor explain`."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from janitor.cli.options import config_option, targets_option
from janitor.core.errors import JobNotFound, UsageError

if TYPE_CHECKING:
    from janitor.ledger.store import Ledger
    from janitor.sweep.target import Target
    from janitor.wiring import App


@click.command(name="explain")
@click.argument("job_id")
@config_option
@targets_option
def command(job_id: str, config: Path | None, targets: tuple[str, ...]) -> int:
    """Say why JOB_ID is kept or goes, by which rule, and when that changes; for a deleted job, when and by what it went.

    Targets whose jobs have ids of another form are not asked; the audit log is, as a target's `api` may have been another.
    """
    from janitor.wiring import load_app

    app = load_app(config)
    names = app.target_names(targets)
    fitting = app.fits_job_id(names, job_id)
    wanted = job_id.lower()
    ledger = app.read_ledger()
    with ledger or nullcontext():
        asked = app.targets(fitting) if fitting else []
        found = [text for target in asked if (text := _explain(app, target, ledger, wanted)) is not None]
        found += _tell_history(ledger, wanted, names if targets else None)
    if not found and not fitting:
        raise UsageError(f"{app.refuse_job_id(names, job_id)}; and the ledger has no record of it")
    if not found:
        raise UsageError(f"job {wanted}: no target shows it, and the ledger has no record of it")
    click.echo(app.scrubber.scrub_text("\n".join(found)))
    return 0


def _tell_history(ledger: "Ledger | None", job_id: str, names: tuple[str, ...] | None) -> list[str]:
    """What the ledger has of a job, in these targets or in any that ever was."""
    from janitor.ledger.facts import list_accepted, list_job_events
    from janitor.render import render_history

    if ledger is None or not job_id.isascii():
        return []
    history = [event for event in list_job_events(ledger, job_id) if names is None or event["target"] in names]
    return [render_history(history, list_accepted(ledger, job_id))] if history else []


def _explain(app: "App", target: "Target", ledger: "Ledger | None", job_id: str) -> str | None:
    from janitor.ledger.standing import Standing, read_standing
    from janitor.render import render_explanation
    from janitor.retention.evaluate import evaluate
    from janitor.retention.pause import check_pause
    from janitor.sweep.disclosure import disclose_decision

    as_of = app.clock.now()
    try:
        job = target.backend.get_job(job_id)
    except JobNotFound:
        return None
    standing = Standing() if ledger is None else read_standing(ledger, target.name)
    paused = check_pause(standing.pause, app.tools().halted())
    decision = disclose_decision(evaluate(job, target.rules.with_holds(standing.holds), as_of), app.scrubber)
    return render_explanation(decision, target.name, as_of, None if paused is None else app.scrubber.scrub_text(paused.message))
