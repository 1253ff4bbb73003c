"""Measures the peak memory of a million jobs, read from documents one by one as the adapter reads them, and decided about."""

import json
import os
import platform
import random
import resource
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from janitor.backends.modelarts_document import parse_job
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.retention.evaluate import evaluate_all
from janitor.retention.keep import Keep
from janitor.retention.policy import Mode, Policy, Rules
from janitor.retention.selector import Selector

MOST_MB = 500.0
JOBS = 1_000_000
OWNERS, EXPERIMENTS, FLAVORS = 200, 2_000, 20
PHASES = ("Completed", "Failed", "Terminated", "Running")


def main() -> int:
    """Print the peak before and after; exit code 1 above the limit."""
    empty = peak_mb()
    now = datetime.now(UTC)
    jobs = list(read_jobs(now))
    read = peak_mb()
    counts = evaluate_all(jobs, make_rules(), now).counts()
    decided = peak_mb()
    print(f"{len(jobs)} jobs on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, peak resident:")
    print(f"  {empty:.0f} MB before, {read:.0f} MB read, {decided:.0f} MB decided (limit {MOST_MB:.0f})")
    print(f"  {', '.join(f'{number} {verdict}' for verdict, number in sorted(counts.items()))}")
    return 0 if decided <= MOST_MB and sum(counts.values()) == JOBS else 1


def peak_mb() -> float:
    """The most that this process has held in memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read_jobs(now: datetime) -> Iterator[Job]:
    """Jobs of a year, each from a text of its own, as pages bring them; tags are known to be none."""
    dice = random.Random(1)
    for number in range(JOBS):
        yield replace(parse_job(json.loads(make_document(number, now, dice))), labels=())


def make_document(number: int, now: datetime, dice: random.Random) -> str:
    """One job as the platform writes it, cut down to what is read."""
    created = int((now - timedelta(seconds=dice.randrange(60, 365 * 86_400))).timestamp() * 1000) + number % 1000
    metadata = {
        "id": f"{number:08x}-1c2d-4e3f-8a4b-{number:012x}",
        "name": f"run-{number % EXPERIMENTS}-{number}",
        "user_name": f"user-{dice.randrange(OWNERS)}",
        "workspace_id": "0",
        "create_time": created,
        "description": "",
        "training_experiment_reference": {"id": "e", "name": f"experiment-{dice.randrange(EXPERIMENTS)}"},
    }
    status = {"phase": dice.choice(PHASES), "start_time": created + 90_000, "duration": dice.randrange(60_000, 90_000_000)}
    machines = {"flavor_id": f"flavor-{dice.randrange(FLAVORS)}", "node_count": dice.choice((1, 2, 4, 8))}
    return json.dumps({"kind": "job", "metadata": metadata, "status": status, "spec": {"resource": machines}})


def make_rules() -> Rules:
    """A policy with an age, a pattern and a keep rule, and one for the rest."""
    ended = frozenset({Phase.COMPLETED, Phase.FAILED, Phase.TERMINATED})
    runs = Policy(
        name="runs",
        match=Selector(phase=ended, name=("run-1*",)),
        after=timedelta(days=30),
        keep=Keep(last=3, weekly=4, per=("experiment",)),
    )
    rest = Policy(name="rest", match=Selector(phase=ended), after=timedelta(days=90), fallback=True)
    return Rules(target="bench", mode=Mode.ENFORCE, policies=(runs, rest), min_age=timedelta(hours=24))


if __name__ == "__main__":
    sys.exit(main())
