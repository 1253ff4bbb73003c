"""kill -9 while a sweep marks jobs: a mark that stands is never begun anew, and each job is marked once."""

import signal
from collections.abc import Callable

import pytest
from crash.points import MARKING
from crash.scene import Scene
from stage import POLICY


def standing(scene: Scene) -> dict[str, str]:
    """When the grace period of each marked job began."""
    with scene.stage.hand() as hand:
        return {str(job_id): str(at) for job_id, at in hand.execute("SELECT job_id, marked_at FROM marks")}


@pytest.mark.parametrize("point", MARKING)
def test_b40_killed_there_no_grace_period_begins_anew_or_ends_early(make_scene: Callable[..., Scene], point: str) -> None:
    scene = make_scene(singly=False)
    scene.stage.write(POLICY + "    grace: 1d\n")
    assert scene.start(**{point: 1}).code() == -signal.SIGKILL, "the point was not reached"
    before = standing(scene)
    assert set(before) == (set() if point == "marks_not_synced" else scene.expired)
    assert scene.stage.sweep()[1]["verdicts"]["expiring"] == len(scene.expired)
    assert standing(scene) == before or point == "marks_not_synced"
    marked = {event["job_id"]: event["marked_at"] for event in scene.stage.events() if event["event"] == "job.marked"}
    assert marked == standing(scene)
    assert sum(event["event"] == "job.marked" for event in scene.stage.events()) == len(scene.expired), "each was marked once"
    assert scene.stage.janitor("audit", "verify")[0] == 0
    assert (scene.asked(), scene.left()) == ([], set(scene.documents))
