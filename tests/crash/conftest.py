"""Fixtures of the crash tests: one nursery for all, and a scene a test."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from crash.nursery import Nursery
from crash.scene import Scene, SceneV1
from documents import make_document
from documents_v1 import make_job_v1
from stage import Stage

from janitor.emulator.switches import Switches

JOBS, FEW_JOBS = 14, 4
"""Expired jobs: one alone, then ten and three singly, or thirteen in one request."""
YOUNG = 50
"""Jobs that stay; with them the listing has two pages."""
FEW_YOUNG = 3
"""The same of v1, where a page holds a thousand and each job costs a request; and of a small scene."""


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    started = Nursery()
    yield started
    started.close()


@pytest.fixture
def make_scene(make_stage: Callable[..., Stage], nursery: Nursery, tmp_path: Path) -> Callable[..., Scene]:
    """Build a scene: `make_scene(singly=..., api="v2", delete_delay_s=...)`; its truth log is synced before each answer.

    A small one has fewer jobs; with a folder of its own there may be several in one test.
    """

    def build(
        *,
        singly: bool,
        api: str = "v2",
        delete_delay_s: float = 0.0,
        top: str = "",
        small: bool = False,
        folder: Path = tmp_path,
    ) -> Scene:
        switches = Switches(delete_delay_s=delete_delay_s)
        stage = replace(make_stage(api=api, truth_path=tmp_path / f"truth-{folder.name}.jsonl", switches=switches), folder=folder)
        stage.write(top=top)
        kind = SceneV1 if api == "v1" else Scene
        scene, now_ms = kind(stage=stage, nursery=nursery, singly=singly), round(time.time() * 1000)
        scene.add_expired(FEW_JOBS if small else JOBS)
        if api == "v1":
            scene.add(*(make_job_v1(now_ms, 2 + number / 100) for number in range(FEW_YOUNG)))
            scene.add(make_job_v1(now_ms, 60, (10, 8)), make_job_v1(now_ms, 60, (8, 10)))
            scene.add(make_job_v1(now_ms, 60, description="janitor-hold"))
            return scene
        scene.add(*(make_document(now_ms, 2 + number / 100) for number in range(FEW_YOUNG if small else YOUNG)))
        scene.add(make_document(now_ms, 60, "Running"), make_document(now_ms, 60, description="janitor-hold"))
        return scene

    return build
