"""The power goes while a real process sweeps: what it had not synced is lost, and all the same nothing is wrong or unrecorded."""

from collections.abc import Callable

import pytest
from crash.scene import Scene

pytestmark = pytest.mark.on_a_file

POINTS = ("cp10_intents_not_synced", "cp11_intents_synced", "cp13_request_sent", "cp15_outcomes_not_synced")


@pytest.mark.parametrize("point", POINTS)
def test_b17_b18_what_was_not_synced_is_lost_and_nothing_else(make_scene: Callable[..., Scene], point: str) -> None:
    scene = make_scene(singly=False)
    scene.cut_power(**{point: 2})
    assert set(scene.asked()) <= set(scene.intended()), "a deletion was asked for without a synced intent"
    assert set(scene.stage.deleted_in_truth()) <= scene.expired
    scene.settle()
    assert scene.stage.janitor("audit", "verify")[0] == 0
