"""SIGTERM at each crash point: the sweep ends in time, asks for nothing more, and closes every intent that it did not send."""

import signal
import time
from collections.abc import Callable

import pytest
from amount import IS_SOAK
from crash.points import AFTER_A_CRASH, FIRST, WITHIN
from crash.scene import Scene, is_deletion, until

GRACE_S = 5.0
SOON_S = 0.5
"""A request that began before the signal may come in so late."""

HALF_SENT, DONE = "cp12_request_half_sent", "cp16_before_the_head"
ONE_AT_A_TIME = "target_defaults: {rate: {requests_per_second: 1000, concurrency: 1}}\n"
EVERY = [(mode, point, nth) for mode, places in WITHIN.items() for point, nth in (FIRST | places).items()]
SOME = [
    ("batch", "cp5_half_the_listing", 1),
    ("singly", "cp11_intents_synced", 2),
    ("batch", "cp16_before_the_head", 1),
]


@pytest.mark.parametrize(("mode", "point", "nth"), EVERY if IS_SOAK else SOME)
def test_b4_v8_asked_to_end_there_it_ends_in_time_with_every_unsent_intent_closed(
    make_scene: Callable[..., Scene], mode: str, point: str, nth: int
) -> None:
    """It is stopped first, so that it is certain where it stands when the signal comes."""
    scene = make_scene(singly=mode == "singly", top=ONE_AT_A_TIME)
    if point == AFTER_A_CRASH:
        assert scene.start(cp14_reply_read=2).code() == -signal.SIGKILL
    child = scene.start(signals=signal.SIGSTOP, **{point: nth})
    until(lambda: child.is_stopped() or child.ended_within(0))
    assert child.is_stopped(), "the point was not reached"
    child.signal(signal.SIGTERM)
    asked_at = time.time()
    child.signal(signal.SIGCONT)
    code = child.code(GRACE_S)
    assert code == (0 if point == DONE else 130)
    late = [record for record in scene.stage.emulator.requests if record.at.timestamp() > asked_at + SOON_S]
    assert not [record for record in late if is_deletion(record)]
    left = set(scene.intended()) - set(scene.asked()) - set(scene.stage.closings())
    assert not left or point == AFTER_A_CRASH  # what another one left may be too young to be closed
    if point not in (HALF_SENT, DONE) and mode == "singly":
        assert len(scene.asked()) < len(scene.expired)
    scene.settle()


def test_b4_every_point_is_one_at_which_it_is_asked_to_end() -> None:
    assert {point for _, point, _ in EVERY} == set(FIRST)
