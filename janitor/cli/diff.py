"""Owns `janitor diff`."""

import json
from pathlib import Path

import click

from janitor.cli.options import as_of_option, output_option, read_as_of
from janitor.cli.snapshot_file import open_snapshot
from janitor.render_diff import Frame, difference_document, render_difference
from janitor.retention.difference import compare_decisions
from janitor.retention.evaluate import evaluate_all


@click.command(name="diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--snapshot",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The jobs to decide about, as `janitor snapshot` wrote them.",
)
@as_of_option
@output_option("text", "json")
def command(old: Path, new: Path, path: Path, as_of: str | None, output: str) -> int:
    """Show which jobs of a snapshot the policy file NEW decides about otherwise than OLD; what it newly deletes comes first.

    No target is asked, no ledger and no secret is read. As of the time of the snapshot, unless --as-of names another; --as-of 7d
    is a week before the snapshot.

    Exit codes: 0 done, whether or not there are differences; 1 unexpected; 2 a file cannot be used, or does not have the target.
    """
    from janitor.settings.load import load_policies
    from janitor.settings.snapshot_rules import note_gaps, rules_for

    snapshot = open_snapshot(path)
    files = [load_policies(file) for file in (old, new)]
    time = read_as_of(as_of, snapshot.as_of) or snapshot.as_of
    before, after = (evaluate_all(snapshot.jobs, rules_for(file, snapshot), time, snapshot.past) for file in files)
    notes = dict.fromkeys(note for file in files for note in note_gaps(file, snapshot))
    frame = Frame(old=str(old), new=str(new), target=snapshot.target, as_of=time, notes=tuple(notes))
    difference = compare_decisions(before, after)
    if output == "json":
        click.echo(json.dumps(difference_document(difference, frame), indent=1))
    else:
        click.echo(render_difference(difference, frame))
    return 0
