"""Owns the made-up jobs that two engines decide about, and how each is asked, timed and answers. Standard library only."""

import gc
import hashlib
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

DAYS = 30
LAST = 3
PHASES = ("Completed", "Failed")
GLOB = "exp-*"
"""The policy of both: these phases, such names, finished more than so many days ago, and not the last few of an experiment."""

EXPERIMENTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One made-up job; `finished_at` is no other's."""

    id: str
    name: str
    phase: str
    experiment: str
    finished_at: datetime


def make_rows(count: int, now: datetime) -> Iterator[Row]:
    """The same jobs for the same count and time, the oldest 100 days old; none is near the age that decides."""
    dice = random.Random(count)
    for number in range(count):
        age = timedelta(hours=dice.randrange(2400), minutes=30, microseconds=number)
        yield Row(
            id=f"{number:08x}-0000-4000-8000-000000000000",
            name=f"{dice.choice(('exp', 'prod'))}-{number}",
            phase=dice.choice((*PHASES, "Running")),
            experiment=f"experiment-{dice.randrange(EXPERIMENTS)}",
            finished_at=now - age,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What is measured: `prepare` is not timed, `select` is, and `read_ids` names those that may go."""

    version: str
    prepare: Callable[[Iterable[Row], datetime], Any]
    select: Callable[[Any], Any]
    read_ids: Callable[[Any, Any], list[str]]


def answer_questions(engines: dict[str, Engine]) -> None:
    """For each line "ENGINE COUNT" print how long deciding took, how many may go, and the digest of their ids, in order."""
    for line in sys.stdin:
        name, count = line.split()
        print(json.dumps(measure(engines[name], int(count))), flush=True)


def measure(engine: Engine, count: int) -> dict[str, Any]:
    """One engine, once, about so many jobs; the jobs are new each time, as they are in a sweep."""
    now = datetime.now(UTC).replace(microsecond=0)
    prepared = engine.prepare(make_rows(count, now), now)
    gc.collect()
    began = time.process_time()
    selected = engine.select(prepared)
    seconds = time.process_time() - began
    ids = sorted(engine.read_ids(prepared, selected))
    digest = hashlib.sha256("\n".join(ids).encode()).hexdigest()
    return {"version": engine.version, "seconds": seconds, "selected": len(ids), "digest": digest}
