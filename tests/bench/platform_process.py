"""Serves an emulated account of the wanted size in a process of its own, and answers what it was asked. Started by sweeps.py."""

import json
import sys
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from janitor.emulator.document import Sketch, build_job
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches

YOUNGEST, OLDEST = timedelta(days=40), timedelta(days=400)
"""All these jobs are old enough to go; those that failed do."""
YOUNG = timedelta(days=20)


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
    jobs += make_young(wanted.get("young", 0))
    with Emulator(switches=switches, jobs=jobs) as emulator:
        print(json.dumps({"url": emulator.url}), flush=True)
        began = time.process_time()
        created = [(job["metadata"]["create_time"], job["metadata"]["id"]) for job in jobs]
        for _ in sys.stdin:
            cpu_s = time.process_time() - began
            print(json.dumps(report(emulator) | {"cpu_s": cpu_s, "looks": ages_of_looks(emulator, created)}), flush=True)
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


def make_young(count: int) -> Iterator[dict[str, Any]]:
    """Jobs of the last days, which no policy lets go."""
    now = datetime.now(UTC)
    for number in range(count):
        yield build_job(
            Sketch(
                id=f"{number:08x}-0000-4000-8000-{2**40 + number:012x}",
                name=f"fresh-{number}",
                created=now - YOUNG + number * YOUNG / (count + 1),
                owner=f"user-{number % 50}",
                phase="Completed",
            )
        )


def report(emulator: Emulator) -> dict[str, Any]:
    """How many requests came in by route, and what is left."""
    routes = Counter(record.route for record in emulator.requests)
    left = Counter(str(job["status"]["phase"]) for job in emulator.world.jobs())
    return {"routes": dict(routes), "left": dict(left)}


def ages_of_looks(emulator: Emulator, created: list[tuple[int, str]]) -> dict[str, float]:
    """How long before each request for a deletion the last look at its job was asked for, its labels included: in seconds."""
    looked, ages = dict[str, datetime](), list[float]()
    labels_at: datetime | None = None
    for record in sorted(emulator.requests, key=lambda record: record.at):
        if record.route == "all_tags":
            labels_at = record.at
        elif record.route in ("get", "list"):
            at = record.at if record.route == "get" or labels_at is None else min(labels_at, record.at)
            shown = record.job_ids if record.route == "get" else named_in(json.loads(record.body), created)
            looked |= dict.fromkeys(shown, at)
        elif record.route in ("delete", "batch_delete"):
            ages += [(record.at - looked[job_id]).total_seconds() for job_id in record.job_ids if job_id in looked]
    return {"median": median(ages), "most": max(ages)} if ages else {}


def named_in(search: dict[str, Any], created: list[tuple[int, str]]) -> list[str]:
    """The jobs that a look by a list is about; none of a listing, which asks for phases or for everything."""
    conditions = {condition["key"]: condition["value"] for condition in search.get("filters") or ()}
    if "id" in conditions:
        return list(conditions["id"])
    if "phase" in conditions or "create_time" not in conditions:
        return []
    first, last = (datetime.fromisoformat(time).timestamp() * 1000 for time in conditions["create_time"])
    return [job_id for _, job_id in created[bisect_left(created, (int(first), "")) : bisect_left(created, (int(last) + 1, ""))]]


if __name__ == "__main__":
    sys.exit(main())
