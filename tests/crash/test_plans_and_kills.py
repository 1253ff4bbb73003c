"""A plan whose application was killed is resumed by the same file, for the rest; one that ended is not."""

import json
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from crash.nursery import Order
from crash.scene import Scene


def apply(scene: Scene, path: str) -> dict[str, Any]:
    code, out, _ = scene.stage.janitor("apply", path, "--output", "json")
    (report,) = json.loads(out)["targets"]
    assert code == (4 if report["refused"] else 0), report
    found: dict[str, Any] = report
    return found


@pytest.mark.some(2)
@pytest.mark.parametrize("point", ["cp7_plan_written", "cp13_request_sent", "cp16_before_the_head"])
def test_b38_an_application_that_was_killed_is_resumed_once_and_nothing_else_goes(
    make_scene: Callable[..., Scene], point: str
) -> None:
    """Killed before the plan counts as used, with a request on its way, and when all is done: there is nothing to resume."""
    scene = make_scene(singly=True)
    planned, path = set(scene.expired), str(scene.stage.folder / "plan.json")
    assert scene.stage.janitor("plan", "-o", path)[0] == 0
    scene.add_expired(2)
    nth = 4 if point == "cp13_request_sent" else 1
    traps = {point: (nth, int(signal.SIGKILL))}
    child = scene.nursery.start(Order(config=scene.stage.config, traps=traps, singly=True, words=("apply", path)))
    assert child.code() == -signal.SIGKILL
    refusals = [apply(scene, path)["refused"] for _ in range(2)]
    is_resumed = point != "cp16_before_the_head"
    assert [refusal and refusal["by"] for refusal in refusals] == [None if is_resumed else "plan_used", "plan_used"]
    gone = Counter(scene.stage.deleted_in_truth())
    assert set(gone) <= planned
    assert max(gone.values()) == 1
    uses = [event["resumed"] for event in scene.stage.events() if event["event"] == "plan.applied"]
    assert uses == {"cp7_plan_written": [False], "cp13_request_sent": [False, True], "cp16_before_the_head": [False]}[point]
    scene.settle()
