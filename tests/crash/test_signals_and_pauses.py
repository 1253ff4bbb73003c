"""Signals to a real sweep: asked to end, killed at the end of its patience, started twice."""

import signal
import time
from collections.abc import Callable

import pytest
from crash.scene import Scene, until

from janitor.emulator.faults import Fault

MakeScene = Callable[..., Scene]


def test_b4_v8_sigterm_in_mid_batch_ends_in_time_with_every_unsent_intent_closed(make_scene: MakeScene) -> None:
    scene = make_scene(singly=True)
    scene.stage.emulator.faults.add(Fault("delete", "hang_before", nth=4, seconds=1.5))
    child = scene.start()
    until(lambda: len(scene.stage.deleted_in_truth()) >= 2)
    child.signal(signal.SIGTERM)
    asked = time.monotonic()
    assert child.code() == 130
    assert time.monotonic() - asked < 5
    assert len(scene.asked()) < len(scene.expired)
    scene.settle()


@pytest.mark.some(1)
@pytest.mark.parametrize("singly", [True, False])
def test_b5_sigterm_and_then_sigkill_while_the_last_request_hangs(make_scene: MakeScene, *, singly: bool) -> None:
    scene = make_scene(singly=singly)
    route, nth = ("delete", 4) if singly else ("batch_delete", 1)
    scene.stage.emulator.faults.add(Fault(route, "hang_after", nth=nth, seconds=20))  # type: ignore[arg-type]  # both are routes
    child = scene.start()
    until(lambda: len(scene.stage.deleted_in_truth()) >= 4)
    child.signal(signal.SIGTERM)
    assert not child.ended_within(0.3)
    assert child.kill() == -signal.SIGKILL
    events = scene.settle()
    assert [event for event in events if event["event"] == "deletion.already_gone"]


def test_b20_of_two_sweeps_at_once_one_is_turned_away(make_scene: MakeScene) -> None:
    scene = make_scene(singly=False)
    scene.stage.emulator.faults.add(Fault("list", "hang_before", seconds=1))
    first = scene.start()
    until(lambda: scene.stage.emulator.faults.scripted()[0].struck)
    code, report = scene.stage.sweep()
    assert (code, report["refused"]["by"], report["requests"]["list"]) == (4, "lock", 0)
    assert first.code() == 0
    scene.settle()


def test_b3_s9_the_pace_of_a_day_holds_over_twenty_killed_sweeps(make_scene: MakeScene) -> None:
    """Each is killed, at a reply or at its very end; what they intended counts all the same."""
    scene = make_scene(singly=True, top="pace: {per_sweep: 100, per_day: 6}\n")
    for number in range(20):
        point = "cp14_reply_read" if number % 2 else "cp11_intents_synced"
        child = scene.start(**{point: 1, "cp16_before_the_head": 1})
        assert child.code() == -signal.SIGKILL
        if number % 2:
            scene.acknowledge("crash_loop")
    assert scene.intended().total() == 6
    assert len(scene.asked()) <= 6
    code, report = scene.stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, 0)
    assert report["not_attempted"]["deferred"] > 0


def test_b3_v9_after_three_kills_in_a_row_nothing_is_deleted_until_somebody_says_that_it_may_go_on(make_scene: MakeScene) -> None:
    """What they left open is settled all the same; two kills are no loop yet."""
    scene = make_scene(singly=True)
    for _ in range(3):
        assert scene.start(cp11_intents_synced=1).code() == -signal.SIGKILL
    intended, asked = scene.intended().total(), scene.asked()
    assert (intended, asked) == (3, [])
    time.sleep(1.2)  # the quiet period
    code, report = scene.stage.sweep()
    assert (code, report["refused"]["by"], report["refused"]["unfinished"]) == (4, "crash_loop", 3)
    assert report["deletions"]["confirmed"] == report["recovered"]["open"] == 0
    assert report["recovered"]["failed"] > 0
    assert (scene.intended().total(), scene.asked()) == (intended, asked)
    assert scene.stage.janitor("sweep", "--dry-run")[0] == 4
    scene.acknowledge("crash_loop")
    assert scene.stage.sweep()[1]["deletions"]["confirmed"] == len(scene.expired)
    scene.settle()
