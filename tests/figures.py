"""Writes what a full run has shown into a file, of which docs/reliability.md is made, where JANITOR_EVIDENCE names a folder."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def write_figures(name: str, command: str, figures: dict[str, Any]) -> None:
    """Keep the figures of one run as `NAME.json`, with the command that repeats it, its day, its commit and its machine."""
    folder = evidence_folder()
    if folder is not None:
        found = describe_run(command) | {"figures": figures}
        (folder / f"{name}.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")


def evidence_folder() -> Path | None:
    """Where figures are kept; None where nobody asked for that."""
    named = os.environ.get("JANITOR_EVIDENCE")
    if not named:
        return None
    Path(named).mkdir(parents=True, exist_ok=True)
    return Path(named)


def describe_run(command: str) -> dict[str, Any]:
    """When, on what and of which commit a run is."""
    return {
        "command": command,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}",
    }


def commit() -> str:
    """Return the commit that is checked out, marked where files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"
