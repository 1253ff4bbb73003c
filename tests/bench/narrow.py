"""Prints what a sweep with `listing: narrow` takes where 10 000 of 20 000 old jobs have expired, alone and beside young ones.

PYTHONPATH=tests:. python tests/bench/narrow.py [YOUNG]; 980 000 young jobs unless told otherwise, for which the emulator takes
a few gigabytes, and the full listing before some minutes.
"""

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.sweeps import ACCOUNT, FAST, JANITOR, POLICY_FILE, Row, make_command, serving

OLD = Row(jobs=20_000, percent=50, is_interleaved=True, has_batch=True, latency_ms=5)
LIMIT = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one narrow sweep took; the full listing before it is not in it."""

    wall_s: float
    cpu_s: float
    requests: int
    full: int
    deleted: int
    is_narrow: bool


def main(arguments: list[str]) -> int:
    """Measure both, print both; exit code 1 where the ratio is above its limit or a sweep did not do its work."""
    young = int(arguments[0]) if arguments else 980_000
    print(f"on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {OLD}, listing: narrow")
    few, many = (measure(count) for count in (0, young))
    for count, taken in ((0, few), (young, many)):
        print(
            f"  beside {count:>7} young jobs: {taken.requests} requests, {taken.wall_s:.1f} s, "
            f"{taken.cpu_s:.1f} s of processor time, {taken.deleted} deleted; the full listing before took {taken.full} requests"
        )
    requests, wall = many.requests / few.requests, many.wall_s / few.wall_s
    print(f"  ratio: requests {requests:.3f}, wall {wall:.3f}; limit {LIMIT}")
    is_good = all(taken.is_narrow and taken.deleted == OLD.expired for taken in (few, many))
    return 0 if is_good and max(requests, wall) < LIMIT else 1


def measure(young: int) -> Taken:
    """A sweep whose pace lets nothing go lists everything; the one after it is measured."""
    with serving(OLD, young=young) as (url, ask), TemporaryDirectory(prefix="janitor-bench-") as folder:
        command, config = make_command(JANITOR, url, Path(folder)), Path(folder) / "janitor.yaml"
        names = {"url": url, "project": ACCOUNT.project_id, "project_name": ACCOUNT.project_name, "rate": FAST}
        text = POLICY_FILE.format(**names).replace("    region:", "    listing: narrow\n    region:")
        config.write_text(text.replace("per_sweep: 1000000", "per_sweep: 0"))
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        config.write_text(text)
        before, began, used = sum(ask()["routes"].values()), time.monotonic(), os.times()
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        wall_s, now = time.monotonic() - began, os.times()
        (report,) = json.loads(done.stdout)["targets"]
        return Taken(
            wall_s=wall_s,
            cpu_s=now.children_user + now.children_system - used.children_user - used.children_system,
            requests=sum(ask()["routes"].values()) - before,
            full=before,
            deleted=report["deletions"]["confirmed"],
            is_narrow=report["listing"]["narrow"],
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
