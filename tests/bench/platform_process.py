"""Serves an emulated account of the wanted size in a process of its own, and answers what it was asked. Started by sweeps.py."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from janitor.emulator.document import Sketch, build_job
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches

YOUNGEST, OLDEST = timedelta(days=40), timedelta(days=400)
"""All jobs are old enough to go; those that failed do."""


def main() -> int:
    """Serve the account that the first argument describes, print the address, and answer each line with what was asked so far."""
    wanted = json.loads(sys.argv[1])
    switches = Switches(
        latency_s=wanted["latency_ms"] / 1000,
        batch_mode="all_or_nothing" if wanted["has_batch"] else "absent",
        unknown_fields=False,
        quota_limit=10**7,
    )
    jobs = list(make_jobs(wanted["jobs"], wanted["expired"], is_interleaved=wanted["is_interleaved"]))
    with Emulator(switches=switches, jobs=jobs) as emulator:
        print(json.dumps({"url": emulator.url}), flush=True)
        began = time.process_time()
        for _ in sys.stdin:
            print(json.dumps(report(emulator) | {"cpu_s": time.process_time() - began}), flush=True)
    return 0


def make_jobs(count: int, expired: int, *, is_interleaved: bool) -> Iterator[dict[str, Any]]:
    """Jobs at equal distances over a year, of which some failed: the oldest, or every so many-th."""
    now = datetime.now(UTC)
    for number in range(count):
        has_failed = number * expired // count != (number + 1) * expired // count if is_interleaved else number < expired
        yield build_job(
            Sketch(
                id=f"{number:08x}-0000-4000-8000-{number:012x}",
                name=f"trial-{number}",
                created=now - OLDEST + number * (OLDEST - YOUNGEST) / count,
                owner=f"user-{number % 50}",
                phase="Failed" if has_failed else "Completed",
            )
        )


def report(emulator: Emulator) -> dict[str, Any]:
    """How many requests came in by route, and what is left."""
    routes = Counter(record.route for record in emulator.requests)
    left = Counter(str(job["status"]["phase"]) for job in emulator.world.jobs())
    return {"routes": dict(routes), "left": dict(left)}


if __name__ == "__main__":
    sys.exit(main())
