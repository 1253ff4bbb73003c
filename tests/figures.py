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
    folder = os.environ.get("JANITOR_EVIDENCE")
    if folder is None:
        return
    found = {
        "command": command,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": _commit(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        "figures": figures,
    }
    path = Path(folder) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")


def _commit() -> str:
    asked = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"
