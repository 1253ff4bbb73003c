"""SIGSTOP at each crash point, for longer than a look is fresh; meanwhile jobs are pinned and restarted, or a replica comes.

A request that is on its way when the process stops cannot be called back: that is the window that docs/reliability.md tells of.
"""

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
from amount import IS_SOAK
from crash.nursery import Child
from crash.points import AFTER_A_CRASH, FIRST, WITHIN
from crash.scene import Scene, is_deletion, until

from janitor.ledger.lock import lock_path

FRESH_S = 1.0
PAUSE_S = 1.3
ONE_AT_A_TIME = "target_defaults: {rate: {requests_per_second: 1000, concurrency: 1}}\n"
"""So that at each point it is certain what the other threads do: nothing."""

HALF_SENT = "cp12_request_half_sent"
UNDER_WAY = (HALF_SENT, "cp13_request_sent")
WRITING = ("cp10_intents_not_synced", "cp15_outcomes_not_synced")
"""Here the process holds the ledger's only writing lock while it stands still."""

NO_LOCK_YET = ("cp1_before_the_lock", "cp3_ledger_verified")
NOT_YET_ITS_OWN = (*NO_LOCK_YET, "cp2_lock_held")
QUIET_S = 4
"""Where half a request is on its way: whoever takes over must not conclude before it has come in that it was not applied."""

DONE = "cp16_before_the_head"

PLACES = {
    "singly": FIRST | WITHIN["singly"],
    "batch": FIRST | {"cp10_intents_not_synced": 2, "cp11_intents_synced": 2, "cp9_after_the_look": 5},
}
EVERY = [(mode, point, nth) for mode, places in PLACES.items() for point, nth in places.items()]
SOME_CHANGED = ("singly", "cp9_after_the_look"), ("batch", "cp11_intents_synced")
SOME_TAKEN = ("singly", "cp11_intents_synced"), ("batch", "cp6_listing_done")


def some(chosen: tuple[tuple[str, str], ...]) -> list[tuple[str, str, int]]:
    """Every case in `make soak`, else these."""
    return EVERY if IS_SOAK else [(mode, point, PLACES[mode][point]) for mode, point in chosen]


def stop_there(make_scene: Callable[..., Scene], mode: str, point: str, nth: int) -> tuple[Scene, Child]:
    """A sweep that stands still at a point."""
    at_once = point == "cp11_intents_synced"
    quiet = f"quiet_period: {QUIET_S}s\n" if point == HALF_SENT else ""
    scene = make_scene(singly=mode == "singly", top=quiet if at_once else ONE_AT_A_TIME + quiet)
    if point == AFTER_A_CRASH:
        assert scene.start(cp14_reply_read=2).code() == -signal.SIGKILL
    child = scene.start(fresh_for_s=FRESH_S, signals=signal.SIGSTOP, **{point: nth})
    until(lambda: child.is_stopped() or child.ended_within(0))
    assert child.is_stopped(), "the point was not reached"
    return scene, child


def unasked(scene: Scene) -> list[str]:
    """The jobs of intents for which no request has come in yet, in the order of the intents."""
    asked = set(scene.asked())
    return [job_id for job_id in scene.intended() if job_id not in asked]


def under_way(scene: Scene, point: str) -> set[str]:
    """The jobs of the request that may be on its way."""
    return set(unasked(scene)[: 1 if scene.singly else None]) if point in UNDER_WAY else set()


def change_two(scene: Scene, spared: set[str]) -> set[str]:
    """Let one owner pin a job and another restart one: of those nobody asked for yet, the last intended and another."""
    out_of_reach = set(scene.asked()) | spared
    intended = [job_id for job_id in unasked(scene) if job_id not in spared]
    others = [job_id for job_id in scene.documents if job_id in scene.expired - out_of_reach - set(intended)]
    found = (intended[-1:] + others + intended[:-1])[:2]
    changes: list[dict[str, dict[str, Any]]] = [
        {"metadata": {"description": "janitor-hold"}},
        {"status": {"phase": "Running", "secondary_phase": "Running", "duration": 0}},
    ]
    for job_id, parts in zip(found, changes, strict=False):
        for part, fields in parts.items():
            scene.stage.emulator.world.change(job_id, **fields)
            scene.documents[job_id][part] |= fields
    return set(found)


def go_on(child: Child) -> float:
    """Let the process stand still until every look is too old, and let it go on; when that was."""
    time.sleep(PAUSE_S)
    continued_at = time.time()
    child.signal(signal.SIGCONT)
    return continued_at


def check_looks(scene: Scene, continued_at: float, spared: set[str]) -> None:
    """Every request after the pause names only jobs that were looked at after it, before the request."""
    looked = set[str]()
    for record in scene.stage.emulator.requests:
        if record.at.timestamp() < continued_at:
            continue
        if record.route == "get":
            looked.add(str(record.job_id))
        if is_deletion(record):
            assert set(record.job_ids) <= looked | spared


@pytest.mark.parametrize(("mode", "point", "nth"), some(SOME_CHANGED))
def test_b22_s15_stopped_there_it_asks_for_no_job_that_was_pinned_or_restarted_meanwhile(
    make_scene: Callable[..., Scene], mode: str, point: str, nth: int
) -> None:
    scene, child = stop_there(make_scene, mode, point, nth)
    spared = under_way(scene, point)
    changed = change_two(scene, spared)
    assert len(changed) == (0 if point == DONE else 2)
    continued_at = go_on(child)
    assert child.code() == 0
    assert not changed & set(scene.asked())
    check_looks(scene, continued_at, spared)
    scene.settle()


@pytest.mark.on_a_file  # on a server a lock is lost otherwise: tests/server/test_leases.py
@pytest.mark.parametrize(("mode", "point", "nth"), some(SOME_TAKEN))
def test_b22_s23_stopped_there_while_another_took_its_target_over_it_asks_and_writes_nothing_more(
    make_scene: Callable[..., Scene], mode: str, point: str, nth: int
) -> None:
    """The lock's file is lost, so another replica gets a lock; it is killed before it deletes, and everything is left to do."""
    scene, child = stop_there(make_scene, mode, point, nth)
    spared, asked = under_way(scene, point), scene.asked()
    lock_path(scene.stage.ledger_path, "research").unlink(missing_ok=point in NO_LOCK_YET)
    other = scene.start(cp5_half_the_listing=1)
    if point not in WRITING:
        assert other.code() == -signal.SIGKILL
    go_on(child)
    code = child.code()
    if point in WRITING:
        assert other.code() == -signal.SIGKILL
        assert code in (0, 5)  # it commits first, and may be done before the other one has its turn
    elif point in (*NOT_YET_ITS_OWN, DONE):
        assert code == 0
    else:
        assert code == 5
        assert set(scene.asked()[len(asked) :]) <= spared
    time.sleep(QUIET_S if point == HALF_SENT else 0)
    scene.settle()


def test_b22_every_point_is_one_at_which_it_is_stopped() -> None:
    assert {point for _, point, _ in EVERY} == set(FIRST)
    assert {("singly", point) for point in FIRST} <= {(mode, point) for mode, point, _ in EVERY}
