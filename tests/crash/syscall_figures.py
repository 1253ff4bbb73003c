"""Owns `syscalls.json`: what the tests of system calls saw in `make soak`, in the folder that JANITOR_EVIDENCE names."""

import fcntl
import json
import os
import platform
import subprocess
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amount import IS_SOAK

ROOT = Path(__file__).parents[2]
COMMAND = "make soak"


def add_figures(section: str, part: str, figures: Mapping[str, int]) -> None:
    """Put the figures of one part of a section into the file, in place of its older ones; parts may be run side by side."""
    if "JANITOR_EVIDENCE" not in os.environ or not IS_SOAK:
        return
    folder = Path(os.environ["JANITOR_EVIDENCE"])
    folder.mkdir(parents=True, exist_ok=True)
    with folder.joinpath("syscalls.json").open("a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        found: dict[str, Any] = json.loads(text)["figures"] if text else {}
        found.setdefault(section, {})[part] = dict(figures)
        together = Counter[str]()
        for name, numbers in found[section].items():
            together.update(numbers if name != "together" else {})
        found[section]["together"] = dict(together)
        file.truncate(0)
        json.dump(_header() | {"figures": found}, file, sort_keys=True, indent=1)
        file.write("\n")


def _header() -> dict[str, str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    date = datetime.now(UTC).date().isoformat()
    return {"command": COMMAND, "date": date, "commit": commit.stdout.strip(), "machine": machine}
