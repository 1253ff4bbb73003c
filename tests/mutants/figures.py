"""Owns the figures of a whole run, as docs/reliability.md shows them: `mutants.json` in the folder JANITOR_EVIDENCE."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from mutants.seeding import ROOT


def write_figures(figures: Mapping[str, float]) -> None:
    """Write them where the environment asks for it."""
    folder = os.environ.get("JANITOR_EVIDENCE")
    if not folder:
        return
    described = subprocess.run(("git", "describe", "--always", "--dirty"), cwd=ROOT, capture_output=True, text=True, check=False)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    evidence = {
        "command": "make mutants",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": described.stdout.strip() or "unknown",
        "machine": machine,
        "figures": dict(figures),
    }
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, "mutants.json").write_text(json.dumps(evidence, indent=1, sort_keys=True) + "\n", "utf-8")
