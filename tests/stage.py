"""A stage for tests from outside: an emulator, a policy file that points to it, and the command line run against both."""

import json
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from another_hand import Hand, another_hand

from janitor.cli.main import run
from janitor.emulator.account import Account
from janitor.emulator.server import Emulator
from janitor.ledger.chain import find_break
from janitor.ledger.opening import Where, read_ledger
from janitor.ledger.server import Server

ACCOUNT = Account()

KEY_FILES = "{access_key: {file: ak}, secret_key: {file: sk}}"
POLICY = """\
policies:
  - name: weekly
    mode: enforce
    match: {phase: [completed, failed, terminated]}
    expire: {after: 7d}
"""


@dataclass(kw_only=True)
class Stage:
    """A folder with a policy file and a ledger, and the emulator it points to."""

    folder: Path
    emulator: Emulator
    capture: Any
    api: str = "v2"
    server: Server | None = None
    """Where the ledger lies, if not in the folder."""

    @property
    def config(self) -> Path:
        return self.folder / "janitor.yaml"

    @property
    def ledger_path(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def place(self) -> Where:
        return self.ledger_path if self.server is None else self.server

    def write(
        self,
        policies: str = POLICY,
        *,
        target: str = "",
        top: str = "",
        endpoint: str | None = None,
        credentials: str | None = None,
    ) -> Path:
        """Write the policy file; `target` and `top` are further lines for the target and for the file."""
        if credentials is None:
            (self.folder / "sk").write_text(ACCOUNT.secret_key + "\n")
            (self.folder / "ak").write_text(ACCOUNT.access_key)
        extra = textwrap.indent(textwrap.dedent(target), "    ")
        defaults = {
            "ledger": "{path: ledger.db}" if self.server is None else f"{{url: {json.dumps(self.server.url)}}}",
            "pace": "{per_sweep: 100000, per_day: 1000000}",
            "limits": "{max_share: 100%}",
            "confirm_within": "20s",
            "quiet_period": "1s",
            "target_defaults": "{rate: {requests_per_second: 1000, concurrency: 4}}",
        }
        given = {line.split(":")[0] for line in top.splitlines()}
        general = "".join(f"{key}: {value}\n" for key, value in defaults.items() if key not in given)
        workspaces = "" if "workspaces:" in extra else '    workspaces: ["0"]\n'
        project = "" if "project_name:" in extra else f"    project_name: {ACCOUNT.project_name}\n"
        self.config.write_text(
            f"version: 1\n{general}{top}targets:\n  - name: research\n    mode: enforce\n"
            f"    backend: modelarts\n    api: {self.api}\n"
            f"    endpoint: {endpoint or self.emulator.url}\n    region: eu-de\n    project_id: {ACCOUNT.project_id}\n"
            f"    credentials: {credentials or KEY_FILES}\n{project}{workspaces}{extra}{policies}"
        )
        return self.config

    def janitor(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command with this policy file; exit code, standard output, standard error."""
        self.capture.readouterr()
        code = run([*arguments, "--config", str(self.config)])
        out, err = self.capture.readouterr()
        return code, out, err

    def sweep(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run `janitor sweep --output json`; exit code and the one target's report, its sums checked."""
        code, out, _ = self.janitor("sweep", "--output", "json", *arguments)
        (report,) = json.loads(out)["targets"]
        assert sum(report["verdicts"].values()) == report["listed"]
        attempted, aside = sum(report["deletions"].values()), sum(report["not_attempted"].values())
        assert attempted + aside == report["verdicts"]["expired"] == len(report["jobs"])
        return code, report

    def events(self) -> list[dict[str, Any]]:
        """Every audit event, after the chain was verified against its anchor."""
        ledger = read_ledger(self.place)
        assert ledger is not None
        with ledger:
            anchor = ledger.storage.anchor.read()
            assert find_break(ledger.rows(), [anchor] if anchor else [])[0] is None
            return [row.event() for row in ledger.rows()]

    @contextmanager
    def hand(self) -> Iterator[Hand]:
        """Another hand at the tables of its ledger, past janitor."""
        ledger = read_ledger(self.place)
        assert ledger is not None
        with ledger, another_hand(ledger) as hand:
            yield hand

    def closings(self) -> dict[str, str]:
        """The closing outcome of each intent, by job id; every intent has at most one, every closing an intent."""
        found = self.events()
        intended = {event["intent_id"]: event["job_id"] for event in found if event["event"] == "deletion.intended"}
        ends = ("deletion.confirmed", "deletion.already_gone", "deletion.failed", "deletion.skipped")
        closed = [event for event in found if event["event"] in ends and event["intent_id"] is not None]
        assert len({event["intent_id"] for event in closed}) == len(closed)
        assert {event["intent_id"] for event in closed} <= set(intended)
        return {event["job_id"]: event["event"].removeprefix("deletion.") for event in closed}

    def asked(self) -> list[str]:
        """Every id that a request asked to delete, as often as it was asked for; a batch that met no route asked for none."""
        found = list[str]()
        for record in self.emulator.requests:
            if record.method == "DELETE":
                found.append(str(record.job_id))
            elif record.route == "batch_delete" and record.status != 404:
                found += [job["metadata"]["id"] for job in json.loads(record.body)["jobs"]]
        return found

    def deleted_in_truth(self) -> list[str]:
        """The ids that the emulator removed for an API request, in order."""
        return [
            record.job_id for record in self.emulator.truth.records() if record.change == "deleted" and record.source == "api"
        ]
