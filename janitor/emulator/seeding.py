"""Owns a believable team's jobs, drawn from a seed: the same seed and time give the same jobs."""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from janitor.emulator.document import Sketch, build_job
from janitor.emulator.flavors import CPU, GPU, GPUS, NPUS

OLDEST = timedelta(days=200)
YOUNGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """Jobs of one purpose: who starts them, how often, how long they run, on what, and in which of its experiments, if any."""

    stem: str
    owners: tuple[str, ...]
    weight: int
    hours: float
    nodes: tuple[int, ...] = (1,)
    flavor: str = CPU
    pool: str | None = None
    experiments: tuple[str | None, ...] = (None,)
    description: str = ""
    has_outputs: bool = True
    exports_log: bool = False


_FAMILIES = (
    _Family(stem="nightly-resnet", owners=("ci-bot",), weight=22, hours=1.5, flavor=GPU, description="nightly regression"),
    _Family(
        stem="nightly-bert",
        owners=("ci-bot",),
        weight=12,
        hours=4,
        nodes=(2,),
        flavor=GPUS,
        pool="pool-nightly",
        description="nightly regression",
        exports_log=True,
    ),
    _Family(
        stem="trial-unet",
        owners=("amina", "jonas"),
        weight=18,
        hours=0.7,
        flavor=GPU,
        experiments=("unet-depth", "unet-loss", None),
    ),
    _Family(
        stem="trial-whisper",
        owners=("jonas", "mei"),
        weight=12,
        hours=6,
        nodes=(1, 2, 4),
        flavor=NPUS,
        pool="pool-speech",
        experiments=("whisper-tiny", None),
    ),
    _Family(
        stem="sweep-lr",
        owners=("mei",),
        weight=20,
        hours=0.4,
        experiments=("learning-rate",),
        description="learning-rate sweep",
        has_outputs=False,
    ),
    _Family(
        stem="rc-detector",
        owners=("release-bot",),
        weight=4,
        hours=20,
        nodes=(8,),
        flavor=GPUS,
        pool="pool-nightly",
        description="audited candidate",
        exports_log=True,
    ),
    _Family(stem="trial-unet-baseline", owners=("amina",), weight=3, hours=2),
    _Family(stem="debug", owners=("amina", "jonas", "mei", ""), weight=9, hours=0.1, has_outputs=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """A phase, how common it is, and whether such jobs have started; an active job is at most `days` old."""

    phase: str
    weight: int
    starts: float = 1.0
    days: float | None = None
    secondary: str | None = None


_ENDINGS = (
    _Ending(phase="Completed", weight=58),
    _Ending(phase="Failed", weight=18, starts=0.9),
    _Ending(phase="Terminated", weight=10, starts=0.7),
    _Ending(phase="Abnormal", weight=3, starts=0.0, secondary="CreateFailed"),
    _Ending(phase="Abnormal", weight=1, secondary="Lost"),
    _Ending(phase="Running", weight=6, days=3),
    _Ending(phase="Pending", weight=3, starts=0.0, days=1),
    _Ending(phase="Creating", weight=1, starts=0.0, days=0.1),
)


def seed_jobs(count: int, seed: int, now: datetime, workspaces: Sequence[str] = ("0",)) -> list[dict[str, Any]]:
    """Draw jobs, oldest first: 1 draw them, 2 order them by age, 3 number each family's in that order, 4 write them out.

    Experiments are drawn apart, so that they change nothing else about the jobs of a seed.
    """
    rng, apart = random.Random(seed), random.Random(seed + 1)
    sketches = sorted((_draw(rng, apart, now, workspaces) for _ in range(count)), key=lambda sketch: sketch.created)
    numbers: Counter[str] = Counter()
    jobs = []
    for sketch in sketches:
        numbers[sketch.name] += 1
        jobs.append(build_job(replace(sketch, name=f"{sketch.name}-{numbers[sketch.name]:04d}")))
    return jobs


def _draw(rng: random.Random, apart: random.Random, now: datetime, workspaces: Sequence[str]) -> Sketch:
    """Draw one job, named after its family only; nothing of it lies in the future."""
    (family,) = rng.choices(_FAMILIES, [each.weight for each in _FAMILIES])
    (ending,) = rng.choices(_ENDINGS, [each.weight for each in _ENDINGS])
    age = _draw_age(rng, ending)
    waited = min(timedelta(seconds=rng.randint(5, 1800)), age / 4)
    return Sketch(
        id=str(UUID(int=rng.getrandbits(128), version=4)),
        name=family.stem,
        created=now - age,
        owner=rng.choice(family.owners),
        workspace=rng.choice(workspaces),
        phase=ending.phase,
        secondary=ending.secondary,
        waited=waited,
        ran=_draw_run(rng, family, ending, age - waited),
        nodes=rng.choice(family.nodes),
        flavor=family.flavor,
        pool=family.pool,
        experiment=apart.choice(family.experiments),
        description=family.description,
        has_metrics=rng.random() < 0.9,
        has_outputs=family.has_outputs,
        exports_log=family.exports_log,
    )


def _draw_age(rng: random.Random, ending: _Ending) -> timedelta:
    """Draw an age, younger ones being more common; active jobs are young."""
    if ending.days is not None:
        return timedelta(minutes=5) + rng.random() * timedelta(days=ending.days)
    return YOUNGEST + math.pow(rng.random(), 1.5) * (OLDEST - YOUNGEST)


def _draw_run(rng: random.Random, family: _Family, ending: _Ending, available: timedelta) -> timedelta | None:
    """Draw how long a job ran; a running one runs until now, and some never started."""
    if rng.random() >= ending.starts:
        return None
    if ending.days is not None:
        return available
    return min(timedelta(hours=family.hours) * rng.lognormvariate(0, 0.4), available)
