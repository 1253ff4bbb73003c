"""Prints how long each page of the console takes on 100 000 jobs and 1 000 000 events: the median of 20, in the server alone.

The limits are for what a reader waits on a quiet machine; the processor time beside it says what a busy one would have taken.

PYTHONPATH=tests:. python tests/bench/console.py [LEDGER]; a ledger that is not there is made, which takes a minute.
"""

import os
import platform
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.big_ledger import NOW, POLICIES, TARGETS, build
from builders import FakeClock, make_policy
from console_client import Console, Desk, make_settings

from janitor.ledger.opening import read_ledger

JOBS, EVENTS, TIMES = 100_000, 1_000_000, 20
LIMITS = {"/": 50.0, "/jobs": 100.0}
OTHERS = (
    *("/jobs?q=net-97", "/jobs?verdict=expired&sort=eligible_at", "/jobs?owner=user-7&phase=failed", "/jobs?q=zzz"),
    *("/upcoming", "/sweeps", "/policies", "/audit", "/audit?event=sweep.finished", "/audit?job=none-such"),
)


def main(arguments: list[str]) -> int:
    """Build, ask, print; exit code 1 above a limit."""
    with TemporaryDirectory(prefix="janitor-bench-") as folder:
        path = Path(arguments[0] if arguments else f"{folder}/ledger.db")
        if not path.exists():
            build(path, JOBS, EVENTS)
        return report(path)


def report(path: Path) -> int:
    """Ask every page for its first time, and then as often as it is counted."""
    one = make_settings().targets[0]
    settings = make_settings(
        targets=tuple(replace(one, name=name) for name in TARGETS), policies=tuple(make_policy(name=name) for name in POLICIES)
    )
    ledger, worst = read_ledger(path), 0
    if ledger is None:
        return 1
    with ledger:
        console = Console(desk=Desk(ledger=ledger, clock=FakeClock(NOW), settings=settings))
        pages = [*LIMITS, *OTHERS, *_deep(console)]
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {JOBS} jobs, {EVENTS} events")
        print(f"{'first ms':>10}{'median':>10}{'processor':>11}{'limit':>8}  page")
        for page in pages:
            (first, _), *others = [_timed(console, page) for _ in range(TIMES + 1)]
            (median, busy), limit = map(statistics.median, zip(*others, strict=True)), LIMITS.get(page)
            worst |= limit is not None and median > limit
            print(f"{first:10.1f}{median:10.1f}{busy:11.1f}{'' if limit is None else f'{limit:.0f}':>8}  {page[:90]}")
    return int(worst)


def _deep(console: Console) -> list[str]:
    """A page in the middle of all jobs, one job, one sweep."""
    middle = f"/jobs?after=research&after={50_000:08x}-aaaa-4000-8000-{50_000:012x}"
    links = console.get("/jobs").page.links
    job = next(link for link in links if link.startswith("/job?"))
    sweep = next((link for link in console.get("/").page.links if link.startswith("/sweep?")), None)
    return [middle, job, *([sweep] if sweep else [])]


def _timed(console: Console, page: str) -> tuple[float, float]:
    """How long one answer took, and for how much of that a processor was busy, in milliseconds."""
    began, used = time.perf_counter(), time.process_time()
    reply = console.get(page)
    taken = 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - used)
    if reply.status != 200:
        raise SystemExit(f"{page}: {reply.status}")
    return taken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
