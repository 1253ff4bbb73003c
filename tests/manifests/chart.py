"""deploy/helm/janitor as helm sees it: rendered with values, or refused."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manifests.objects import Objects, load_objects
from manifests.overlays import OVERLAYS

CHART = OVERLAYS.parents[1] / "helm" / "janitor"
SQLITE_POLICY = (OVERLAYS.parent / "base" / "janitor.yaml").read_text()
POSTGRES_LEDGER = (
    "{url: postgresql+psycopg://janitor@db/janitor, password: {file: /run/secrets/janitor-ledger/password}, create: false}"
)
POSTGRES_POLICY = SQLITE_POLICY.replace("{path: /var/lib/janitor/ledger.db, create: false}", POSTGRES_LEDGER)
Values = dict[str, Any]

SQLITE: Values = {"credentials": {"existingSecret": "janitor-credentials"}, "policy": {"text": SQLITE_POLICY}}
POSTGRES: Values = {
    "credentials": {"existingSecret": "janitor-credentials"},
    "policy": {"text": POSTGRES_POLICY},
    "ledger": {"kind": "postgresql", "postgresql": {"passwordSecret": "janitor-ledger"}},
}


def change(values: Values, **changes: Any) -> Values:
    """Values with others over them, each under its path with two underscores for a dot."""
    changed: Values = json.loads(json.dumps(values))
    for path, value in changes.items():
        *above, last = path.split("__")
        inner = changed
        for key in above:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return changed


CONSOLE = change(
    SQLITE,
    policy__text=f"{SQLITE_POLICY}console: {{listen: 0.0.0.0:9465, hosts: [j.a], tokens: [{{name: a, sha256: {'9f' * 32}}}]}}\n",
    console__enabled=True,
    networkPolicy__consoleFrom=[{"podSelector": {}}],
)


def at(address: str) -> Values:
    """A ledger on a server at an address."""
    quoted = f'"postgresql+psycopg://{address}"'
    return change(POSTGRES, policy__text=POSTGRES_POLICY.replace("postgresql+psycopg://janitor@db/janitor", quoted))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The chart, with a folder for files of values; helm keeps what it writes there too, and asks nobody."""

    helm: str
    folder: Path

    def render(self, values: Values) -> Objects:
        """The objects of a release named janitor."""
        done = self.run("template", "janitor", values=values)
        assert (done.returncode, done.stderr) == (0, "")
        return load_objects(done.stdout)

    def refuse(self, values: Values) -> str:
        """The words with which values are refused; they must be."""
        done = self.run("template", "janitor", values=values)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr

    def run(self, *words: str, values: Values) -> "subprocess.CompletedProcess[str]":
        """Run helm on the chart with values, and nothing of this machine."""
        path = self.folder / "values.json"
        path.write_text(json.dumps(values))
        command = [self.helm, *words, str(CHART), "--values", str(path), "--namespace", "janitor"]
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
