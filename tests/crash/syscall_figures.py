"""Owns `syscalls.json`: what the tests of system calls saw in `make soak`, in the folder that JANITOR_EVIDENCE names."""

import fcntl
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from amount import IS_SOAK
from figures import describe_run, evidence_folder

COMMAND = "make soak"


def add_figures(section: str, part: str, figures: Mapping[str, int]) -> None:
    """Put the figures of one part of a section into the file, in place of its older ones; parts may be run side by side."""
    folder = evidence_folder()
    if folder is None or not IS_SOAK:
        return
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
        json.dump(describe_run(COMMAND) | {"figures": found}, file, sort_keys=True, indent=1)
        file.write("\n")
