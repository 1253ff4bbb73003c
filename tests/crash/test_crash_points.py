"""kill -9 at each crash point, singly and by batches, then healthy sweeps.

Truth, ledger and expectation agree job by job, and every intent has one end.
"""

import signal
from collections.abc import Callable

import pytest
from amount import IS_SOAK, in_soak
from crash.points import AFTER_A_CRASH, FIRST, LOOKING, POINTS, WITHIN
from crash.scene import Scene
from postgres import IS_ON_POSTGRES

BATCH_SENT = {("batch", point, 2) for point in ("cp14_reply_read", "cp15_outcomes_not_synced", "cp16_outcomes_synced")}
CASES = [(mode, point, nth) for mode in WITHIN for point, nth in (FIRST | WITHIN[mode]).items()]
CASES += [("batch", point, 1) for point in WITHIN["batch"]]
EVERY_V1 = [("v1", point, nth) for point, nth in (FIRST | WITHIN["singly"]).items()]
SOME_V1 = [
    ("v1", "cp11_intents_synced", 2),
    ("v1", "cp13_request_sent", 5),
    ("v1", "cp14_reply_read", 1),
]
CASES += EVERY_V1 if IS_SOAK else SOME_V1
"""Singly too, but another adapter; where time is short, the points around its request."""
SOME_ON_A_SERVER = [
    ("singly", "cp10_intents_not_synced", 2),
    ("batch", "cp11_intents_synced", 2),
    ("batch", "cp14_reply_read", 2),
    ("singly", "cp15_outcomes_not_synced", 1),
]
SINGLE_ANYWAY = {("batch", point) for point in FIRST} - {("batch", point) for point in WITHIN["batch"]}
"""Nothing was deleted yet, or all was: what happens there singly says the same."""
PLAYED = SOME_ON_A_SERVER if IS_ON_POSTGRES and not IS_SOAK else CASES
BY_LISTS = [(singly, point, 1) for singly in (False, True) for point in LOOKING]
BY_LISTS += [(singly, point, 2) for singly in (False, True) for point in ("cp9_after_the_look", "cp14_reply_read")]
SOME_BY_LISTS = [(False, "labels_read", 1), (False, "cp9_after_the_look", 2), (True, "after_the_list_again", 1)]
SOME_BY_LISTS = SOME_BY_LISTS[1:2] if IS_ON_POSTGRES else SOME_BY_LISTS
"""The points at which jobs were looked at, or are being proven gone, by lists."""


@pytest.mark.parametrize(("mode", "point", "nth"), [in_soak(*case) if case[:2] in SINGLE_ANYWAY else case for case in PLAYED])
def test_b1_killed_there_nothing_is_wrong_lost_or_unrecorded(
    make_scene: Callable[..., Scene], mode: str, point: str, nth: int
) -> None:
    scene = make_scene(singly=mode != "batch", api="v1" if mode == "v1" else "v2")
    if point == AFTER_A_CRASH:
        assert scene.start(cp14_reply_read=2).code() == -signal.SIGKILL
    assert scene.start(**{point: nth}).code() == -signal.SIGKILL, "the point was not reached"
    was_intended = set(scene.intended())
    assert scene.batches() == 0 or mode == "batch"
    assert scene.batches() > 0 or (mode, point, nth) not in BATCH_SENT
    assert set(scene.asked()) <= was_intended
    events = scene.settle()
    expect(point, events, was_intended)


@pytest.mark.parametrize(("singly", "point", "nth"), BY_LISTS if IS_SOAK else SOME_BY_LISTS)
def test_b1_killed_where_a_long_plan_is_looked_at_or_proven_by_lists_nothing_is_wrong_lost_or_unrecorded(
    make_scene: Callable[..., Scene], *, singly: bool, point: str, nth: int
) -> None:
    scene = make_scene(singly=singly)
    scene.together_from = 2
    assert scene.start(**{point: nth}).code() == -signal.SIGKILL, "the point was not reached"
    was_intended, first = set(scene.intended()), 1
    looks = sum(record.route == "get" for record in scene.stage.emulator.requests)
    assert looks < 10, "the jobs were looked at one by one"
    assert set(scene.asked()) <= was_intended
    assert (len(was_intended) > first) is (point not in ("labels_read", "cp9_after_the_look"))
    scene.settle()


def expect(point: str, events: list[dict[str, object]], was_intended: set[str]) -> None:
    """What is certain at a point: before the intents' sync there are none; what was synced and not sent was not applied."""
    number = int(point.removeprefix("cp").partition("_")[0])
    endings = {event["job_id"]: event["event"] for event in events if event["event"] == "deletion.failed"}
    if number < 4 or 4 < number < 8:
        assert not was_intended
    if number in (11, 12):
        assert endings
        assert {event["reason_code"] for event in events if event["event"] == "deletion.failed"} == {"not_applied"}
    if number in (14, 15):
        assert [event for event in events if event["event"] == "deletion.already_gone"]
    if number == 16:
        assert not endings


def test_the_points_are_the_sixteen() -> None:
    assert {int(name.removeprefix("cp").partition("_")[0]) for name in POINTS} == set(range(1, 17))
    assert {point for _, point, _ in CASES} == set(POINTS)
