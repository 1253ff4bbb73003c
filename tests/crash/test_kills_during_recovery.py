"""kill -9 while a sweep recovers what an earlier one left open, again and again: the end is the same as without."""

import random
import signal
from collections import Counter
from collections.abc import Callable

import pytest
from amount import cases
from crash.points import RECOVERING
from crash.scene import Scene

KILLS = cases(4, 10)
SYNCED = "recovery_synced"
"""After this one nothing is open any more, so it comes last."""


def kills(seed: int) -> list[tuple[str, int]]:
    """So many points of a recovery, and at which passage; the last has its writes on the disk."""
    rng, before = random.Random(seed), [name for name in RECOVERING if name != SYNCED]
    found = [*before, *(rng.choice(before) for _ in range(KILLS - 1 - len(before)))]
    return [(name, rng.randint(1, 4) if name == "recovery_looked" else 1) for name in found] + [(SYNCED, 1)]


@pytest.mark.parametrize("seed", range(cases(1, 5)))
@pytest.mark.parametrize("mode", ["singly", "batch"][: cases(1, 2)])
def test_b2_killed_in_recovery_again_and_again_it_comes_to_the_same_end(
    make_scene: Callable[..., Scene], mode: str, seed: int
) -> None:
    """Every kill is in recovery, so none intends, asks or closes anything but the last, which closes each intent once.

    Some of what is open is gone already, some was never asked for.
    """
    scene = make_scene(singly=mode == "singly", top="target_defaults: {rate: {requests_per_second: 1000, concurrency: 1}}\n")
    assert scene.start(cp14_reply_read=5 if scene.singly else 2).code() == -signal.SIGKILL
    intended, asked, closed = scene.intended(), scene.asked(), scene.stage.closings()
    assert len(intended) > len(closed) + 3
    for number, (point, nth) in enumerate(kills(seed)):
        assert scene.stage.closings() == closed, f"kill {number} closed something"
        assert scene.start(**{point: nth}).code() == -signal.SIGKILL, f"{point} was not reached"
        assert (scene.intended(), scene.asked()) == (intended, asked)
    ends = Counter(scene.stage.closings().values()) - Counter(closed.values())
    assert ends["confirmed"] + ends["already_gone"] == len(set(asked))
    scene.settle()
