"""Owns a believable team's jobs of the first generation, drawn from a seed: the same seed and time give the same jobs."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from janitor.emulator.clock import to_ms
from janitor.emulator.document_v1 import RUNNING, SketchV1, build_job_v1

FIRST_ID = 155_500
OLDEST = timedelta(days=200)
YOUNG = timedelta(days=10)
_FAMILIES = (("nightly-lenet", "ci-bot"), ("trial-resnet", "amina"), ("trial-bert", "jonas"), ("debug-v1", ""))
_ON: dict[str, tuple[int, int, str | None]] = {"trial-resnet": (4, 1, None), "trial-bert": (5, 2, "pool-old")}
"""The machine, the number of workers and the pool of a family; the others run on one of CPUs alone."""
_ENDINGS = {10: 60, 11: 18, 12: 10, 13: 3, 3: 4, 5: 3, 14: 2}
"""The statuses of versions that have ended (§2.1), and how common they are."""
_SEVERAL = 0.2
"""The share of jobs with more than one version."""


def seed_jobs_v1(count: int, seed: int, now: datetime, workspaces: Sequence[str] = ("0",)) -> list[dict[str, Any]]:
    """Draw jobs, oldest first, a fifth of them with 2 to 5 versions; of the youngest, one version or another is running."""
    rng = random.Random(seed)
    ages = sorted((timedelta(hours=1) + rng.random() * OLDEST for _ in range(count)), reverse=True)
    return [build_job_v1(_draw(rng, FIRST_ID + number, now, age, workspaces)) for number, age in enumerate(ages)]


def _draw(rng: random.Random, job_id: int, now: datetime, age: timedelta, workspaces: Sequence[str]) -> SketchV1:
    """Draw one job, all of whose versions are begun, and those that have ended are over, before now."""
    stem, owner = rng.choice(_FAMILIES)
    versions = rng.randint(2, 5) if rng.random() < _SEVERAL else 1
    statuses = rng.choices(list(_ENDINGS), list(_ENDINGS.values()), k=versions)
    if age < YOUNG:
        statuses[rng.randrange(versions)] = RUNNING
    machine, workers, pool = _ON.get(stem, (1, 1, None))
    room = age / (versions + 1)
    ran = min(timedelta(minutes=rng.randint(5, 600)), room * 0.9)
    return SketchV1(
        job_id=job_id,
        name=f"{stem}-{job_id}",
        now_ms=to_ms(now),
        created_ms=to_ms(now - age),
        statuses=tuple(statuses),
        owner=owner,
        workspace=rng.choice(workspaces),
        machine=machine,
        workers=workers,
        pool=pool,
        waited_ms=round(room.total_seconds() * 50),
        ran_ms=round(ran.total_seconds() * 1000),
        spacing_ms=round(room.total_seconds() * 1000),
    )
