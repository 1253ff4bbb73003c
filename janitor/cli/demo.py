"""Owns `janitor demo`: the whole story on an embedded ModelArts, told by the real commands."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from janitor.clock import SystemClock

if TYPE_CHECKING:
    from janitor.emulator.server import Emulator

JOBS = 300
POLICIES = """\
policies:
  - name: failed-runs
    description: Failed experiments lose their value in a week.
    mode: enforce
    match: {phase: [failed, terminated]}
    except: {name: "*-baseline*"}
    expire: {after: 7d}
  - name: nightly
    mode: enforce
    match: {name: "nightly-*", phase: [completed]}
    expire: {after: 30d}
  - name: everything-else
    description: Watched for now, so that the team can object.
    fallback: true
    match: {phase: [completed, failed, terminated]}
    expire: {after: 90d}
"""


@click.command(name="demo")
def command() -> int:
    """Show the whole story on a local ModelArts, in a few seconds: decide, delete, prove, explain, verify."""
    from janitor.emulator.account import Account
    from janitor.emulator.seeding import seed_jobs
    from janitor.emulator.server import Emulator
    from janitor.emulator.switches import Switches

    account = Account()
    jobs = seed_jobs(JOBS, 7, SystemClock().now())
    switches = Switches(delete_delay_s=0.3)
    with (
        TemporaryDirectory(prefix="janitor-demo-") as folder,
        Emulator(account=account, switches=switches, jobs=jobs) as emulator,
    ):
        return Story(Path(folder), emulator).tell()


class Story:
    """Tells the demo in a folder of its own; every `$` line is run as shown."""

    def __init__(self, folder: Path, emulator: "Emulator") -> None:
        self._folder = folder
        self._emulator = emulator
        self._config = folder / "janitor.yaml"

    def tell(self) -> int:
        """1. the policies 2. the verdicts 3. one sweep 4. why 5. the log, and a forged copy of it."""
        self._say(f"A ModelArts with {JOBS} jobs of a small team runs on {self._emulator.url}. These are its policies.")
        self._write()
        self._run("check")
        self._say("What would a sweep do? `plan` decides and deletes nothing. The verdicts by owner:")
        doomed = self._plan()
        self._say(f"Now one sweep. Meanwhile the owner of {doomed[2]} starts it again, after the plan and before its turn.")
        self._restart(doomed[2])
        self._run("sweep")
        self._say("Where did a job go? Who deleted it, by which rule?")
        self._run("explain", doomed[0])
        self._say("And why is this one still there?")
        self._run("explain", doomed[2])
        self._say("Is the audit log whole? And would anybody notice if one byte of it were changed?")
        return self._verify()

    def _write(self) -> None:
        account = self._emulator.account
        (self._folder / "ak").write_text(account.access_key)
        (self._folder / "sk").write_text(account.secret_key)
        self._config.write_text(
            "version: 1\nledger: {path: ledger.db}\npace: {per_sweep: 60, per_day: 200}\nlimits: {max_share: 25%, min_age: 24h}\n"
            "confirm_within: 10s\nquiet_period: 2s\ntargets:\n  - name: research\n    mode: enforce\n    backend: modelarts\n"
            f"    api: v2\n    endpoint: {self._emulator.url}\n    region: eu-de\n    project_id: {account.project_id}\n"
            f"    project_name: {account.project_name}\n    rate: {{requests_per_second: 100, concurrency: 4}}\n"
            f"    credentials: {{access_key: {{file: ak}}, secret_key: {{file: sk}}}}\n{POLICIES}"
        )

    def _plan(self) -> list[str]:
        """Show the head of a plan; answer with the ids that it would delete, oldest first."""
        _, out = self._quietly("plan")
        lines = out.splitlines()
        rows = [line for line in lines if line.startswith("planned")]
        self._echo("$ janitor plan")
        shown = lines[: lines.index(next(line for line in lines if line.startswith("outcome"))) + 1]
        self._echo("\n".join([*shown, *rows[:5], f"... and {len(rows) - 5} more"]))
        return [row.split()[1] for row in rows]

    def _restart(self, job_id: str) -> None:
        """Let the job run again once the first deletion is asked for."""
        from janitor.emulator.faults import Fault

        restart = Fault("delete", "before", change=lambda world: world.set_phase(job_id, "Running"))
        self._emulator.faults.add(restart)

    def _verify(self) -> int:
        code = self._run("audit", "verify")
        export = self._folder / "export.jsonl"
        _, text = self._quietly("audit", "export")
        place = text.index('"deletion.confirmed"') + 1
        export.write_text(text[:place] + "D" + text[place + 1 :])
        self._echo("  (a copy of the log, in which one byte was changed)")
        found = self._run("audit", "verify", "--file", str(export))
        truth = {record.job_id for record in self._emulator.truth.records("deleted")}
        if code != 0 or found != 5 or truth != self._confirmed():
            self._say("This demo did not end as it should. Please report it.")
            return 1
        self._say(
            f"The platform's own record agrees: {len(truth)} jobs were deleted, exactly those that the log confirms.\n"
            "Next: README.md for the policy file and the guarantees, `janitor init` for a starter file that only observes."
        )
        return 0

    def _confirmed(self) -> set[str]:
        from janitor.ledger.opening import read_ledger

        ledger = read_ledger(self._folder / "ledger.db")
        if ledger is None:
            return set()
        with ledger:
            return {str(row.event()["job_id"]) for row in ledger.rows() if row.event()["event"] == "deletion.confirmed"}

    def _run(self, *arguments: str) -> int:
        """Show a command and run it."""
        from janitor.cli.main import run

        self._echo(f"$ janitor {' '.join(arguments)}")
        sys.stdout.flush()
        with _messages_on_stdout(), _quiet_log():
            code = run([*arguments, *self._config_option(arguments)])
        if code:
            self._echo(f"(exit code {code})")
        return code

    def _quietly(self, *arguments: str) -> tuple[int, str]:
        from janitor.cli.main import run

        with redirect_stdout(io.StringIO()) as out, _quiet_log():
            code = run([*arguments, *self._config_option(arguments)])
        return code, out.getvalue()

    def _config_option(self, arguments: tuple[str, ...]) -> list[str]:
        return [] if "--file" in arguments else ["--config", str(self._config)]

    def _say(self, text: str) -> None:
        click.echo()
        click.secho(text, bold=True)
        click.echo()

    def _echo(self, text: str) -> None:
        click.echo(text)


@contextmanager
def _messages_on_stdout() -> Iterator[None]:
    """Keep errors in the order of the story, also where both streams go to one file."""
    before, sys.stderr = sys.stderr, sys.stdout if not sys.stderr.isatty() else sys.stderr
    try:
        yield
    finally:
        sys.stderr = before


@contextmanager
def _quiet_log() -> Iterator[None]:
    """Leave out what a bar on a terminal would show, where there is no terminal."""
    before = os.environ.get("JANITOR_LOG")
    os.environ["JANITOR_LOG"] = "quiet"
    try:
        yield
    finally:
        os.environ.pop("JANITOR_LOG")
        if before is not None:
            os.environ["JANITOR_LOG"] = before
