"""The wall clock of a real process is wrong from the start, or set in mid-sweep; jobs wait that go only by the wrong time."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from amount import IS_SOAK
from crash.scene import Scene
from documents import make_document

MINUTE, YEAR = 60.0, 365 * 86400.0
STEPS = {"year_on": YEAR, "year_back": -YEAR, "ten_on": 10 * MINUTE, "ten_back": -10 * MINUTE, "four_on": 4 * MINUTE}
TOLERATED = ("four_on",)
"""By so much the clock may be wrong."""

START = "start"
TELLS = {START: 1, "cp1_before_the_lock": 1, "cp2_lock_held": 1, "cp5_half_the_listing": 1, "cp6_listing_done": 1}
"""Set before the plan is made: the sweep finds out, and deletes nothing."""

DECIDED = {"cp7_plan_written": 1, "cp9_after_the_look": 2, "cp11_intents_synced": 2, "cp14_reply_read": 2}
DECIDED |= {"cp15_outcomes_not_synced": 2, "cp16_before_the_head": 1}
"""Set when it is decided already, by the right time: what was planned may go."""

EVERY = [(step, place) for step in STEPS for place in TELLS | DECIDED]
SOME = [
    ("year_on", START),
    ("ten_on", "cp6_listing_done"),
    ("year_on", "cp11_intents_synced"),
]
TOP = "confirm_within: 2s\n"


def set_the_stage(make_scene: Callable[..., Scene]) -> Scene:
    """Besides the jobs of every scene, which are two days old or seven and a half minutes short of their age."""
    scene, now_ms = make_scene(singly=True, top=TOP), round(time.time() * 1000)
    scene.add(*(make_document(now_ms, 7 - 7.5 * MINUTE / 86400) for _ in range(4)))
    return scene


def sweep_by(scene: Scene, step: str, place: str) -> int:
    """Sweep by a clock that is wrong from the start, or set there; its exit code. It never hangs."""
    if place == START:
        return scene.start_by_a_wrong_clock(ahead_s=STEPS[step]).code()
    traps = {place: (TELLS | DECIDED)[place]}
    return scene.start_by_a_wrong_clock(steps_s=STEPS[step], **traps).code()


def refusals(scene: Scene) -> list[dict[str, Any]]:
    return [event for event in scene.stage.events() if event["event"] == "plan.refused"]


def check_times(scene: Scene) -> None:
    """The ledger's times go back where somebody set the clock, once at most, and the chain is whole (`events` has looked)."""
    times = [event["at"] for event in scene.stage.events()]
    assert sum(later < earlier for earlier, later in pairwise(times)) <= 1


@pytest.mark.some(2)
@pytest.mark.parametrize(("step", "place"), EVERY if IS_SOAK else SOME)
def test_b25_b26_b27_s20_by_a_clock_that_is_set_there_no_job_goes_that_may_not_by_the_true_time(
    make_scene: Callable[..., Scene], step: str, place: str
) -> None:
    scene = set_the_stage(make_scene)
    code = sweep_by(scene, step, place)
    assert set(scene.asked()) <= scene.expired
    check_times(scene)
    if step in TOLERATED or place == "cp16_before_the_head":
        assert (code, len(set(scene.asked()))) == (0, len(scene.expired))
    elif place in TELLS:
        assert (code, scene.asked(), [refusal["by"] for refusal in refusals(scene)]) == (4, [], ["clock"])
    else:
        assert code in (3, 4, 6)  # the platform takes no signature of another year, and the sweep ends by its own clock
        assert len(set(scene.asked())) < len(scene.expired)
    scene.settle()


@pytest.mark.parametrize("step", list(STEPS) if IS_SOAK else ["year_on"])
@pytest.mark.parametrize("place", ["cp1_before_the_lock", "cp2_lock_held"] if IS_SOAK else ["cp2_lock_held"])
def test_b25_b26_s20_a_clock_that_was_wrong_when_the_sweep_began_and_is_set_right_there_deletes_nothing(
    make_scene: Callable[..., Scene], step: str, place: str
) -> None:
    """When the first answer comes it agrees with the server's; the time for deciding was read before."""
    scene = set_the_stage(make_scene)
    traps = {place: 1}
    code = scene.start_by_a_wrong_clock(ahead_s=STEPS[step], steps_s=-STEPS[step], **traps).code()
    assert set(scene.asked()) <= scene.expired
    if step not in TOLERATED:
        assert (code, scene.asked(), [refusal["by"] for refusal in refusals(scene)]) == (4, [], ["clock"])
    scene.settle()
