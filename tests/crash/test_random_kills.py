"""kill -9 at moments that fall evenly over a sweep's life, again and again, singly and by batches.

JANITOR_CRASH_KILLS says how often, over all tests here together; JANITOR_CRASH_SEED replays their moments.
"""

import os
import random
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator

import pytest
from crash.nursery import ALONE
from crash.scene import Scene
from figures import write_figures

from janitor.sweep.looking import MANY

KILLS = int(os.environ.get("JANITOR_CRASH_KILLS", "20"))
SEED = int(os.environ.get("JANITOR_CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
MEASURED_AFTER = 20
FRESH = 12
"""So many jobs expire before each sweep, so that every one has work."""
STAGES = ("sweep.started", "recovery.completed", "plan.built", "deletion.intended", "deletion.accepted", "deletion.confirmed")


def moments(kills: int, rng: random.Random) -> list[float]:
    """One moment in each of so many equal parts of a life, as shares of it, in any order."""
    found = [(number + rng.random()) / kills for number in range(kills)]
    rng.shuffle(found)
    return found


def measure_life(scene: Scene) -> float:
    """How long a sweep lives that nobody kills, in seconds; it also settles what was left to do."""
    scene.add_expired(FRESH)
    began = time.monotonic()
    code = scene.start().code(patience_s=120)
    if code == 4:  # after many kills, so many old jobs were never listed before that this is a word to say
        scene.acknowledge()
        return measure_life(scene)
    assert code in (0, 3)
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
    """A kill that comes a moment too late, when the child has ended already, is no kill, and is tried again."""
    print(f"JANITOR_CRASH_SEED={SEED}")
    scene, rng = make_scene(singly=mode == "singly", delete_delay_s=0.1), random.Random(f"{SEED}{mode}")
    scene.together_from = ALONE if mode == "singly" else MANY
    measure_life(scene)  # the first one finds nothing cached
    waiting, life_s, killed = deque(moments(KILLS // 2, rng)), measure_life(scene), 0
    while waiting:
        if killed % MEASURED_AFTER == MEASURED_AFTER - 1:  # the machine may be busier by now, and lives longer
            life_s = measure_life(scene)
        scene.add_expired(FRESH)
        began, child = time.monotonic(), scene.start()
        if child.ended_within(waiting[0] * life_s):  # this one lived for a shorter time; the next one shall not get away
            lived_s, code = time.monotonic() - began, child.code()
            assert code in (0, 3, 4)
            if code == 4:  # after many kills, so many old jobs were never listed before that this is a word to say
                scene.acknowledge()
            life_s = life_s if code == 4 else min(life_s, lived_s)
        elif child.kill() == -signal.SIGKILL:
            waiting.popleft()
            killed += 1
            if killed % 2 == 0:  # a third in a row would refuse the sweeps to come
                scene.acknowledge("crash_loop")
    reached = Counter(stages_reached(scene))
    events = scene.settle()
    recovered = sum(
        event[word]
        for event in events
        if event["event"] == "recovery.completed"
        for word in ("confirmed", "already_gone", "failed", "skipped")
    )
    figures = {"kills": killed, "deletions": len(scene.expired), "recovered": recovered, "reached": dict(reached), "seed": SEED}
    figures["before_the_first_event"] = killed - reached.total()
    write_figures(f"crash_{mode}", f"make crash N={KILLS}", figures)
    print(
        f"{mode}: {killed} kills, {len(scene.expired)} deletions, {recovered} outcomes recovered, "
        f"0 wrong, 0 lost, 0 unrecorded; before the first event {killed - reached.total()}, then {dict(reached)}"
    )
    assert killed == KILLS // 2
    if killed >= 10:
        assert recovered > 0
        assert len(reached) > 1
