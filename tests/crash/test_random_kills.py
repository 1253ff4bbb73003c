"""kill -9 at moments that fall evenly over a sweep's life, again and again, singly and by batches.

JANITOR_CRASH_KILLS says how often, over all tests here together; JANITOR_CRASH_SEED replays their moments.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from crash.scene import Scene

KILLS = int(os.environ.get("JANITOR_CRASH_KILLS", "30"))
SEED = int(os.environ.get("JANITOR_CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
FRESH = 12
"""So many jobs expire before each sweep, so that every one has work."""
STAGES = ("sweep.started", "recovery.completed", "plan.built", "deletion.intended", "deletion.accepted", "deletion.confirmed")


def moments(kills: int, life_s: float, rng: random.Random) -> list[float]:
    """One moment in each of so many equal parts of a life, in any order."""
    found = [(number + rng.random()) / kills * life_s for number in range(kills)]
    rng.shuffle(found)
    return found


def measure_life(scene: Scene) -> float:
    """How long a sweep lives that nobody kills, in seconds."""
    began = time.monotonic()
    assert scene.start().code() == 0
    return time.monotonic() - began


def stages_reached(scene: Scene) -> Iterator[str]:
    """How far each killed sweep had come, by the last stage in the ledger."""
    reached: dict[str, str] = {}
    for event in scene.stage.events():
        if event["event"] in STAGES and event["sweep_id"] is not None:
            reached[event["sweep_id"]] = max(reached.get(event["sweep_id"], STAGES[0]), event["event"], key=STAGES.index)
        if event["event"] == "sweep.finished":
            reached.pop(event["sweep_id"])
    yield from reached.values()


@pytest.mark.parametrize("mode", ["singly", "batch"])
@pytest.mark.timeout(60 + KILLS * 5)
def test_b1_b2_killed_at_random_moments_again_and_again_nothing_is_wrong_lost_or_unrecorded(
    make_scene: Callable[..., Scene], mode: str
) -> None:
    scene, rng = make_scene(singly=mode == "singly", delete_delay_s=0.1), random.Random(f"{SEED}{mode}")
    kills, killed = KILLS // 2, 0
    waiting = moments(kills, measure_life(scene), rng)
    for number in range(kills * 3):
        scene.add_expired(FRESH)
        child = scene.start()
        moment = waiting[number % len(waiting)]
        if child.ended_within(moment):
            assert child.code() in (0, 3)
            continue
        child.kill()
        killed += 1
        if killed == kills:
            break
    reached = Counter(stages_reached(scene))
    events = scene.settle()
    recovered = sum(
        event[word]
        for event in events
        if event["event"] == "recovery.completed"
        for word in ("confirmed", "already_gone", "failed", "skipped")
    )
    print(
        f"{mode}: {killed} kills (seed {SEED}), {len(scene.expired)} deletions, {recovered} outcomes recovered, "
        f"0 wrong, 0 lost, 0 unrecorded; before the first event {killed - reached.total()}, then {dict(reached)}"
    )
    assert killed == kills
    assert recovered > 0
    assert len(reached) > 1
