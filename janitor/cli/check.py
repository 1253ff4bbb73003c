"""Owns `janitor check`."""

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from janitor.cli.completing import complete_targets
from janitor.cli.options import as_of_option, config_option, output_option, read_as_of
from janitor.cli.progress import show_progress
from janitor.cli.snapshot_file import open_snapshot, snapshot_of
from janitor.cli.stopping import stop_on_signals
from janitor.core.errors import UsageError
from janitor.render_settings import render_settings, settings_document
from janitor.retention.snapshot import Snapshot
from janitor.settings.find import find_policy_file

if TYPE_CHECKING:
    from janitor.settings.review import Finding
    from janitor.wiring import App

FIRES = 5


@click.command(name="check")
@config_option
@click.option(
    "--against",
    metavar="T",
    shell_complete=complete_targets,
    help="Count what the policies do with the jobs of this target, or of a snapshot: a file of `janitor snapshot`.",
)
@as_of_option
@output_option("text", "json")
def command(config: Path | None, against: str | None, as_of: str | None, output: str) -> int:
    """Validate the policy file, without one request, and echo it as understood; the folders of its archives are looked at.

    With --against T also say, with numbers, what each policy does with the jobs that there are: how many it selects, keeps and
    lets go, which never matter, which overlap, in which groups nothing is ever deleted, and what is missing to decide. A target
    is listed for that; nothing is deleted or recorded. For a snapshot no secret is read, and nothing else that the policy file
    names; --as-of 7d is then a week before the snapshot.

    Exit codes: 0 done, 1 unexpected, 2 usage or configuration; with --against a target also 4 a guard lets nothing be decided,
    5 the ledger cannot be trusted, 6 the target could not be read, 130 interrupted.
    """
    from janitor.service.triggers import next_fires

    with stop_on_signals() as stop:
        app = _load(config, stop, against)
        snapshot, supposed = _find(app, against, as_of)
    now, schedules = supposed or app.clock.now(), {target.name: target.schedule for target in app.settings.targets}
    fires = {name: next_fires(schedule, now, FIRES) for name, schedule in schedules.items() if schedule is not None}
    seen = tuple(_find_archives(app)) if against is None or against in app.target_names() else ()
    document, text = settings_document(app.settings, now, fires, seen), render_settings(app.settings, now, fires, seen)
    if snapshot is not None and against is not None:
        document["against"], counted = _survey(app, snapshot, against, supposed)
        text = f"{text}\n{counted}"
    click.echo(json.dumps(app.scrubber.scrub(document), indent=1) if output == "json" else app.scrubber.scrub_text(text))
    return 0


def _load(config: Path | None, stop: Event, against: str | None) -> "App":
    """The policy file; read alone where only the jobs of a snapshot are asked for."""
    from janitor.settings.load import load_policies
    from janitor.wiring import App, load_app

    if against is not None:
        alone = App(settings=load_policies(find_policy_file(config, os.environ)), stop=stop)
        if against not in alone.target_names():
            return alone
    return load_app(config, stop=stop)


def _find(app: "App", against: str | None, as_of: str | None) -> tuple[Snapshot | None, datetime | None]:
    """The jobs of a target of that name, else of that file, and the time asked about; a name is never taken for a file."""
    known = app.target_names()
    if against is None or against in known:
        supposed = read_as_of(as_of, app.clock.now())  # before anything is asked
        if against is None:
            return None, supposed
        with show_progress(app) as say:
            return snapshot_of(app, against, say), supposed
    if not Path(against).exists():
        raise UsageError(f"--against: {against!r} is no target of {app.settings.source} ({', '.join(known)}), and no file")
    snapshot = open_snapshot(Path(against))
    return snapshot, read_as_of(as_of, snapshot.as_of)


def _find_archives(app: "App") -> Iterator["Finding"]:
    """The required archives that cannot take a file now, each where it would be written; a warning, as it may yet be mounted."""
    from janitor.settings.review import Finding, list_governing
    from janitor.sweep.unarchived import find_unarchived

    for target in app.settings.targets:
        for name, reason in find_unarchived(target.name, tuple(list_governing(app.settings, target))).items():
            yield Finding(code="archive_missing", target=target.name, policy=name, text=f"target {target.name}: {reason.text}")


def _survey(app: "App", snapshot: Snapshot, source: str, as_of: datetime | None) -> tuple[dict[str, Any], str]:
    """The numbers, as data and as text; as of the time of the snapshot unless another is named."""
    from janitor.render_survey import render_survey, survey_document
    from janitor.retention.survey import survey_jobs
    from janitor.settings.snapshot_rules import note_gaps, rules_for

    survey = survey_jobs(snapshot.jobs, rules_for(app.settings, snapshot), as_of or snapshot.as_of, snapshot.past)
    unread = (
        () if source in app.target_names() else (f"{app.settings.source}: no secret was read, and no other file that it names",)
    )
    notes = (*note_gaps(app.settings, snapshot), *unread)
    return survey_document(survey, source, notes), render_survey(survey, source, notes)
