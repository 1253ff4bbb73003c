"""Owns `janitor snapshot`."""

from pathlib import Path

import click

from janitor.cli.options import config_option, target_option
from janitor.cli.progress import show_progress
from janitor.cli.snapshot_file import snapshot_of
from janitor.cli.stopping import stop_on_signals
from janitor.retention.snapshot import write_snapshot

STANDARD_OUTPUT = Path("-")


@click.command(name="snapshot")
@config_option
@target_option
@click.option(
    "-o",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to; readable for you only, written as a whole or not at all. - is standard output.",
)
def command(config: Path | None, target: str, path: Path) -> int:
    """Write every job of a target that has ended into a file, for `janitor diff` and `janitor check --against`.

    With it stands what the ledger knows: holds, marks, and when jobs that never started were first seen ended. Nothing is
    deleted or recorded. Secrets are taken out; names, owners and descriptions of jobs are in it.

    Exit codes: 0 done, 1 unexpected, 2 usage or configuration, 4 a guard lets nothing be decided, 5 the ledger cannot be trusted,
    6 the target could not be read or its listing is not complete: then there is no file; 130 interrupted.
    """
    from janitor.cli.whole_file import SNAPSHOT, OutputFile
    from janitor.wiring import load_app

    with stop_on_signals() as stop:
        app = load_app(config, stop=stop)
        file = OutputFile(path=path, begins=SNAPSHOT, settings=(app.settings,))
        if path != STANDARD_OUTPUT:
            file.check()
        with show_progress(app) as say:
            snapshot = snapshot_of(app, target, say)
    lines = write_snapshot(snapshot, app.scrubber.scrub)
    if path == STANDARD_OUTPUT:
        for line in lines:
            click.echo(line, nl=False)
    else:
        with file.write() as stream:
            stream.writelines(lines)
        click.echo(f"{path}: {len(snapshot.jobs)} jobs of target {target} as of {snapshot.as_of:%Y-%m-%dT%H:%M:%SZ}", err=True)
    return 0
