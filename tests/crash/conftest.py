"""Fixtures of the crash tests: one nursery for all, and a scene a test."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crash.nursery import Nursery
from crash.scene import Scene
from documents import make_document
from stage import Stage

from janitor.emulator.switches import Switches

JOBS = 14
"""Expired jobs: one alone, then ten and three singly, or thirteen in one request."""
YOUNG = 50
"""Jobs that stay; with them the listing has two pages."""


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    started = Nursery()
    yield started
    started.close()


@pytest.fixture
def make_scene(make_stage: Callable[..., Stage], nursery: Nursery, tmp_path: Path) -> Callable[..., Scene]:
    """Build a scene: `make_scene(singly=..., delete_delay_s=...)`; its truth log is synced before each answer."""

    def build(*, singly: bool, delete_delay_s: float = 0.0, top: str = "") -> Scene:
        stage = make_stage(truth_path=tmp_path / "truth.jsonl", switches=Switches(delete_delay_s=delete_delay_s))
        stage.write(top=top)
        scene, now_ms = Scene(stage=stage, nursery=nursery, singly=singly), round(time.time() * 1000)
        scene.add_expired(JOBS)
        scene.add(*(make_document(now_ms, 2 + number / 100) for number in range(YOUNG)))
        scene.add(make_document(now_ms, 60, "Running"), make_document(now_ms, 60, description="janitor-hold"))
        return scene

    return build
