"""Owns `janitor explain`."""

import json
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from janitor.cli.options import as_of_option, config_option, output_option, read_as_of, targets_option
from janitor.cli.progress import show_progress
from janitor.cli.stopping import stop_on_signals
from janitor.core.errors import UsageError

if TYPE_CHECKING:
    from janitor.ledger.store import Ledger
    from janitor.wiring import App


@click.command(name="explain")
@click.argument("job_id")
@config_option
@targets_option
@as_of_option
@output_option("text", "json")
def command(job_id: str, config: Path | None, targets: tuple[str, ...], as_of: str | None, output: str) -> int:
    """Say why JOB_ID is kept or goes, by which rule, and when that changes; for a deleted job, when and by what it went.

    Targets whose jobs have ids of another form are not asked; the audit log is, as a target's `api` may have been another.
    Where a policy has `keep`, all jobs of the target are listed, for the rank of this one.

    Exit codes: 0 done, 1 deciding failed, 2 usage, configuration or nobody knows the job, 4 a guard let nothing be listed, 5 the
    ledger cannot be trusted, 6 a target could not be read, 130 interrupted.
    """
    from janitor.sweep.report import worst_exit_code
    from janitor.wiring import load_app

    with stop_on_signals() as stop:
        app = load_app(config, stop=stop)
        names, wanted, supposed = app.target_names(targets), job_id.lower(), read_as_of(as_of, app.clock.now())
        fitting, ledger = app.fits_job_id(names, job_id), app.read_ledger()
        with ledger or nullcontext():
            told, codes = _ask(app, fitting, ledger, wanted, supposed) if fitting else ([], [])
            history, seen = _recall(ledger, wanted, names if targets else None, app.clock.now())
    if not fitting and not history:
        raise UsageError(f"{app.refuse_job_id(names, job_id)}; and the ledger has no record of it")
    if not history and not seen and not any(codes) and not any(each["found"] for each in told):
        raise UsageError(f"job {wanted}: no target shows it, and the ledger has no record of it")
    document = {"version": 1, "job_id": wanted, "targets": told, "history": history, "last_seen": seen}
    _print(app.scrubber.scrub(document), output)
    return worst_exit_code(codes)


def _ask(
    app: "App", names: tuple[str, ...], ledger: "Ledger | None", job_id: str, supposed: datetime | None
) -> tuple[list[dict[str, Any]], list[int]]:
    """What each of these targets tells of the job, and its exit code."""
    from janitor.render_trace import describe_explanation
    from janitor.sweep.explaining import Explainer

    with show_progress(app) as say:
        explainers = [
            Explainer(target=target, ledger=ledger, tools=app.tools(say), supposed=supposed) for target in app.targets(names)
        ]
        explanations = [explainer.explain(job_id) for explainer in explainers]
    return [describe_explanation(each) for each in explanations], [each.exit_code for each in explanations]


def _recall(
    ledger: "Ledger | None", job_id: str, names: tuple[str, ...] | None, now: datetime
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the ledger has of a job, in these targets or in any that ever was: its deletions, and the last listings of it."""
    from janitor.core.events import GONE, may_come_late
    from janitor.ledger.facts import list_accepted, list_job_events
    from janitor.ledger.jobs import last_sightings
    from janitor.ledger.tombstones import find_purge, list_kept
    from janitor.render_trace import describe_history

    if ledger is None or not job_id.isascii():
        return [], []
    history = [event for event in list_job_events(ledger, job_id) if names is None or event["target"] in names]
    seen = [row for row in last_sightings(ledger, job_id) if names is None or row["target"] in names]
    kept = [event for event in history if event["event"] in GONE or may_come_late(event)]
    gone = {event["intent_id"] for event in kept if event.get("tombstone") is not None}
    purges = {intent_id: find_purge(ledger, intent_id) for intent_id in gone - list_kept(ledger, gone)}
    return describe_history(history, now, list_accepted(ledger, job_id), purges), seen


def _print(document: dict[str, Any], output: str) -> None:
    """The document, free of secrets, as it is or as text."""
    from janitor.render_explain import render_deletion, render_explanation, render_sighting

    if output == "json":
        click.echo(json.dumps(document, indent=1))
        return
    parts = [render_explanation(each) for each in document["targets"] if each["found"] is not False]
    parts += [render_deletion(each) for each in document["history"]]
    if not parts:
        parts = [render_sighting(each) for each in document["last_seen"]]
    click.echo("\n".join(parts))
