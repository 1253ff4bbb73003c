"""Owns `janitor hold`: add, list, remove."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from janitor.cli.completing import complete_targets
from janitor.cli.options import as_of_option, config_option, output_option, read_as_of, require_text, target_option
from janitor.cli.standard_output import telling_what_was_done
from janitor.core.canonical import timestamp
from janitor.core.errors import UsageError
from janitor.retention.hold import Hold
from janitor.retention.selector import Selector

if TYPE_CHECKING:
    from janitor.render_holds import ShownHold
    from janitor.wiring import App

FIELDS = ("name", "owner", "phase", "kind", "workspace")


@click.group(name="hold")
def command() -> None:
    """Pin jobs: whatever the policies say, a job under a hold is not deleted."""


@command.command()
@click.argument("job_ids", nargs=-1, metavar="[JOB_ID]...")
@config_option
@click.option(
    "--match", "matches", multiple=True, metavar="FIELD=VALUE", help=f"Instead of ids: {', '.join(FIELDS)}; all must fit."
)
@target_option
@click.option("--reason", required=True, metavar="TEXT", help="Why; shown wherever the hold keeps a job.")
@click.option("--until", metavar="DATE", help="Its last day, YYYY-MM-DD, in UTC; without, it stays until it is removed.")
@click.option("--owner", metavar="NAME", help="Who asked for it.")
def add(
    job_ids: tuple[str, ...],
    config: Path | None,
    matches: tuple[str, ...],
    target: str,
    reason: str,
    until: str | None,
    owner: str | None,
) -> int:
    """Hold jobs by JOB_ID, or all that fit every --match; they need not exist yet. Prints the hold's id.

    It counts from now on, in a sweep that is under way too, but for requests about to leave: a few jobs, ten seconds at most.
    """
    from janitor.cli.ledger import changing_ledger
    from janitor.ledger.late import find_late_jobs
    from janitor.ledger.standing_changes import add_hold
    from janitor.render_holds import render_covered
    from janitor.wiring import load_app

    app = load_app(config)
    app.target_names((target,))
    if bool(job_ids) == bool(matches):
        raise UsageError("name jobs by their ids, or conditions by --match, and not both")
    hold = Hold(
        name=f"h-{app.tools().new_id().replace('-', '')[:12]}",
        reason=require_text("--reason", reason),
        job_ids=frozenset(app.parse_job_ids(target, job_ids)),
        match=_parse_matches(app, matches) if matches else None,
        owner=None if owner is None else require_text("--owner", owner),
        until=None if until is None else _parse_day(until, app.clock.now()),
        targets=frozenset({target}),
    )
    with changing_ledger(app) as ledger:
        add_hold(ledger, target, hold)
        late = find_late_jobs(ledger, target, hold)
    end = f"until the end of {hold.until}, UTC" if hold.until else "until it is removed"
    with telling_what_was_done():
        click.echo(app.scrubber.scrub_text(f"{hold.name}  holds {render_covered(hold)} of target {target} {end}"))
    for each in late:
        click.echo(app.scrubber.scrub_text(f"janitor: {each}"), err=True)
    return 0


@command.command(name="list")
@config_option
@click.option("--target", metavar="T", shell_complete=complete_targets, help="Only holds that are for this target.")
@as_of_option
@output_option("text", "json")
def list_(config: Path | None, target: str | None, as_of: str | None, output: str) -> int:
    """The holds of the ledger and of the policy file, those that ended among them."""
    from janitor.render_holds import render_holds
    from janitor.wiring import load_app

    app = load_app(config)
    app.target_names(() if target is None else (target,))
    now = read_as_of(as_of, app.clock.now()) or app.clock.now()
    shown = [each for each in _gather(app) if target is None or each.hold.targets is None or target in each.hold.targets]
    if output == "json":
        document = {"version": 1, "holds": [_as_document(each, now) for each in shown]}
        click.echo(json.dumps(app.scrubber.scrub(document), indent=1))
    else:
        click.echo(app.scrubber.scrub_text(render_holds(shown, now)))
    return 0


@command.command()
@click.argument("hold_ids", nargs=-1, required=True, metavar="HOLD_ID...")
@config_option
@click.option("--target", metavar="T", shell_complete=complete_targets, help="Refuse a hold that is for another target.")
@click.option("--reason", metavar="TEXT", help="Why; for the audit log.")
def remove(hold_ids: tuple[str, ...], config: Path | None, target: str | None, reason: str | None) -> int:
    """Remove holds by the ids that `janitor hold list` shows; all of them or, where one is not there, none."""
    from janitor.cli.ledger import changing_ledger
    from janitor.ledger.standing import list_holds
    from janitor.ledger.standing_changes import remove_holds
    from janitor.render_holds import render_covered
    from janitor.wiring import load_app

    app = load_app(config)
    app.target_names(() if target is None else (target,))
    why = None if reason is None else require_text("--reason", reason)
    for hold_id in hold_ids:
        if any(hold.name == hold_id for hold in app.settings.holds):
            raise UsageError(f"hold {hold_id} stands in {app.settings.source}: take it out there")
    with changing_ledger(app) as ledger:
        for record in list_holds(ledger):
            if record.hold.name in hold_ids and target not in (None, record.target):
                raise UsageError(f"hold {record.hold.name} is for target {record.target}, not {target}")
        removed = remove_holds(ledger, hold_ids, why)
    for record in removed:
        text = f"{record.hold.name}  removed; it held {render_covered(record.hold)} of target {record.target}"
        with telling_what_was_done():
            click.echo(app.scrubber.scrub_text(text))
    return 0


def _parse_matches(app: "App", matches: tuple[str, ...]) -> Selector:
    from janitor.settings.given import read_conditions

    if app.scrubber.scrub(list(matches)) != list(matches):
        raise UsageError("--match names a secret of the policy file, which is kept out of the ledger; name something else")
    written: dict[str, str] = {}
    for match in matches:
        field, equals, value = match.partition("=")
        if not equals or field not in FIELDS:
            raise UsageError(f"--match {match!r}: write FIELD=VALUE, with one of {', '.join(FIELDS)}")
        if field in written:
            raise UsageError(f"--match {field}= stands twice, and no job can fit both; add a hold for each")
        written[field] = require_text(f"--match {field}=", value)
    try:
        return read_conditions(written)
    except ValueError as error:
        raise UsageError(f"--match {error}") from error


def _parse_day(text: str, now: datetime) -> date:
    from janitor.settings.given import read_last_day

    try:
        day = read_last_day(text)
    except ValueError as error:
        raise UsageError(f"--until {error}") from error
    if day < now.astimezone(UTC).date():
        raise UsageError(f"--until {day}: that day is over (days are UTC)")
    return day


def _gather(app: "App") -> "list[ShownHold]":
    from janitor.ledger.standing import list_holds
    from janitor.render_holds import ShownHold

    shown = [ShownHold(hold=hold, source="file") for hold in app.settings.holds]
    ledger = app.read_ledger()
    if ledger is None:
        return shown
    with ledger:
        records = list_holds(ledger)
    return shown + [ShownHold(hold=each.hold, source="ledger", by=each.added_by, at=each.added_at) for each in records]


def _as_document(shown: "ShownHold", now: datetime) -> dict[str, Any]:
    described = shown.describe()
    return described | {"state": shown.state(now), "added_at": None if shown.at is None else timestamp(shown.at)}
