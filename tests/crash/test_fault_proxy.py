"""Real processes that sweep through a proxy which harms what passes: bytes, requests, answers, one by one and at random.

JANITOR_EXAMPLES=soak tries each toxic alone, and many seeds; JANITOR_PROXY_SEED replays a seed, as the first of those tried.
"""

import os
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from amount import IS_SOAK, cases, pairs
from crash.proxy import FaultProxy
from crash.scene import Scene
from crash.stricken import FRESH, PATIENCE_S, Stricken, edited
from crash.toxics import Toxic
from documents import DAY_MS

SEED = int(os.environ.get("JANITOR_PROXY_SEED", "1000"))
"""The same for all workers that share the tests out."""


@pytest.fixture
def make_stricken(make_scene: Callable[..., Scene]) -> Iterator[Callable[..., Stricken]]:
    """Build one: `make_stricken(singly=..., more=...)` with so many more expired jobs."""
    with ExitStack() as stack:

        def build(*, singly: bool, more: int = 0) -> Stricken:
            scene = make_scene(singly=singly)
            scene.add_expired(more)
            proxy, sink = (stack.enter_context(FaultProxy(scene.stage.emulator.port)) for _ in range(2))
            scene.stage.write(endpoint=proxy.url, top="confirm_within: 3s\n")
            return Stricken(scene=scene, proxy=proxy, sink=sink)

        yield build


Make = Callable[..., Stricken]

BYTES = (
    Toxic(kind="latency", seconds=0.1),
    Toxic(kind="timeout"),
    Toxic(kind="reset_peer"),
    Toxic(kind="reset_peer", size=40),
    Toxic(kind="slicer", size=60, seconds=0.01),
    Toxic(kind="slicer", size=2, seconds=0.1),
    Toxic(kind="limit_data", size=60),
    Toxic(kind="limit_data"),
    Toxic(kind="slow_close", seconds=0.05),
    Toxic(kind="bandwidth", size=2000),
    Toxic(kind="down", seconds=0.05),
)
"""What may happen to bytes; the second slicer drips for longer than an answer may take."""
EXCHANGES = (
    Toxic(kind="swallow"),
    Toxic(kind="swallow_in_silence"),
    Toxic(kind="twice"),
    Toxic(kind="echo", seconds=0.02),
    Toxic(kind="redirect"),
    Toxic(kind="truncate"),
    Toxic(kind="truncate_unsaid"),
    Toxic(kind="truncate_lying"),
    Toxic(kind="mixed_up"),
    Toxic(kind="drop_half"),
)
"""What may happen to a request and its answer."""
ON_DELETIONS = (*BYTES, *EXCHANGES, Toxic(kind="late", seconds=PATIENCE_S + 0.2), edited(lambda _: {"is_success": False}))
"""The late ones are applied before the quiet period is over, as the policy file promises."""
ROUTES = ("delete", "batch_delete")


def sweeps(toxics: Sequence[Toxic], apart: int) -> list[list[Toxic]]:
    """All in one sweep, so far apart that no row of failures ends it; or in `make soak` each in a sweep of its own."""
    placed = [replace(each, nth=2 + apart * number) for number, each in enumerate(toxics)]
    return [[replace(each, nth=2)] for each in placed] if IS_SOAK else [placed]


@pytest.mark.timeout(cases(120, 3600))
@pytest.mark.parametrize(("route", "apart", "more"), [("delete", 3, 26), ("batch_delete", 2, 38)])
def test_a1_a2_a3_a6_a8_a26_a27_s3_s7_s26_deletions_that_the_network_harms_are_told_as_they_were(
    make_stricken: Make, route: str, apart: int, more: int
) -> None:
    there = make_stricken(singly=route == "delete", more=more)
    toxics = [toxic for toxic, where in pairs(ON_DELETIONS, ROUTES) if where == route]
    for together in sweeps(toxics, apart):
        there.sweep_until_struck(*(replace(each, route=route) for each in together))
    there.settle()


def with_total(by: int) -> Toxic:
    """A listing that states a wrong total."""
    return edited(lambda page: page | {"total": page["total"] + by, "count": page["total"] + by})


def doubled(page: dict[str, Any]) -> dict[str, Any]:
    """The page without its last job, with its first one twice."""
    return page | {"items": [*page["items"][:1], *page["items"][:-1]]}


class Forgetful:
    """Leaves out another job on each page that it is asked for."""

    def __init__(self) -> None:
        self._numbers = count()

    def __call__(self, page: dict[str, Any]) -> dict[str, Any]:
        left_out = next(self._numbers) % max(1, len(page["items"]))
        return page | {"items": [job for number, job in enumerate(page["items"]) if number != left_out]}


def aged(page: dict[str, Any]) -> dict[str, Any]:
    """The page on which every job ended long ago, whatever it is and whoever holds it."""
    old = 100 * DAY_MS
    for job in page["items"]:
        metadata, status = job["metadata"], job["status"]
        metadata |= {"create_time": metadata["create_time"] - old, "description": ""}
        status |= {"phase": "Completed", "start_time": metadata["create_time"] + 1000, "duration": 3_600_000}
    return page


NO_LISTING = (6,)
REFUSED_OR_NOT_PROVEN = (4, 6)
LIES = (
    (Toxic(kind="truncate_lying"), NO_LISTING),
    (edited(doubled), NO_LISTING),
    (edited(Forgetful()), NO_LISTING),
    (edited(lambda page: page | {"items": [], "total": 0, "count": 0}), REFUSED_OR_NOT_PROVEN),
    (Toxic(kind="redirect"), NO_LISTING),
    (Toxic(kind="down", seconds=3), NO_LISTING),
    (Toxic(kind="mixed_up", of="tags"), NO_LISTING),
    (Toxic(kind="slicer", size=1, seconds=0.2), NO_LISTING),
    (Toxic(kind="truncate"), NO_LISTING),
    (Toxic(kind="truncate_unsaid"), NO_LISTING),
    (Toxic(kind="timeout"), NO_LISTING),
    (Toxic(kind="reset_peer", size=300), NO_LISTING),
    (Toxic(kind="limit_data", size=300), NO_LISTING),
    (Toxic(kind="swallow"), NO_LISTING),
    (Toxic(kind="drop_half"), NO_LISTING),
)
"""What no listing can be made of, or none that is believed; with what the sweep answers."""
MOST_REQUESTS = 40
"""So many requests at most of a sweep that finds no listing to believe."""


@pytest.mark.timeout(cases(120, 3600))
def test_a8_a11_a12_a13_a15_a16_a27_a41_s7_s13_s26_from_a_listing_that_lies_nothing_is_deleted(make_stricken: Make) -> None:
    """The last one makes every job old and ended, running and held ones too: it is believed, and every look shows otherwise."""
    there = make_stricken(singly=False)
    assert there.start().code() == 0
    before = there.proxy.asked()
    for toxic, codes in LIES[: cases(4, len(LIES))]:
        came = len(there.proxy.requests)
        (placed,) = there.place(replace(toxic, route="list", times=None))
        code = there.start().code()
        assert code in codes, (toxic, code)
        assert placed.struck
        assert there.proxy.asked() == before
        assert len(there.proxy.requests) - came <= MOST_REQUESTS, toxic
        there.proxy.clear()
    there.scene.add_expired(3)
    (placed,) = there.place(replace(edited(lambda page: aged(page) | {"total": 999, "count": 999}), route="list", times=None))
    assert there.start().code() in (0, 4)
    assert placed.struck
    there.settle()


ON_LOOKS = [replace(each, route=route) for each, route in pairs([*BYTES, *EXCHANGES][1 :: cases(2, 1)], ("get", "tags"))]


@pytest.mark.timeout(cases(120, 3600))
def test_a1_a8_a11_a17_a27_s6_s7_looks_that_the_network_harms_delete_nothing_and_prove_nothing_wrongly(
    make_stricken: Make,
) -> None:
    """A job that could not be looked at waits for the next sweep; one that is gone is told so once that was seen."""
    there = make_stricken(singly=True, more=FRESH)
    for together in sweeps(ON_LOOKS, 3):
        there.sweep_until_struck(*together)
        there.scene.add_expired(FRESH if IS_SOAK else 0)
    there.settle()


def test_a17_s6_an_answer_that_was_meant_for_another_job_proves_no_absence(make_stricken: Make) -> None:
    """Killed with ten intents open and one deletion applied: the next look after that one is told what it was told."""
    there = make_stricken(singly=True)
    assert there.start(cp11_intents_synced=2).code() == -signal.SIGKILL
    (placed,) = there.place(Toxic(kind="mixed_up", route="get", nth=3))
    assert there.start().code() == 0
    assert placed.struck
    recovered = [event for event in there.scene.stage.events() if event["event"] == "recovery.completed"][-1]
    assert (recovered["confirmed"], recovered["already_gone"]) == (1, 0)
    there.settle()


LISTED = (with_total(5), with_total(-5), edited(doubled))
HARM = (*BYTES, *EXCHANGES, Toxic(kind="late", seconds=PATIENCE_S + 0.2), *LISTED)


def at_random(rng: random.Random) -> list[Toxic]:
    """Some harm somewhere, the first where every sweep comes by; what edits a listing strikes listings."""
    found = [replace(rng.choice(HARM[: -len(LISTED)]), route="any", nth=rng.randint(1, 12))]
    for toxic in rng.choices(HARM, k=3):
        routes = ("list",) if toxic in LISTED else ("list", "get", "tags", "delete", "batch_delete")
        found.append(replace(toxic, route=rng.choice(routes), nth=rng.randint(1, 12), times=rng.choice((1, 1, 2, 3))))
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(SEED, SEED + cases(1, 200)))
def test_b1_b2_a1_a2_a3_s3_s6_s7_harm_at_random_and_kills_between_lose_nothing_and_delete_nothing_wrong(
    make_stricken: Make, seed: int
) -> None:
    rng, story = random.Random(seed), [f"JANITOR_PROXY_SEED={seed} JANITOR_EXAMPLES={'soak' if IS_SOAK else ''} replays this"]
    there = make_stricken(singly=rng.random() < 0.5)
    try:
        for _ in range(cases(2, 6)):
            there.scene.add_expired(FRESH)
            story.append(sweep_at_random(there, rng))
        there.settle()
    except BaseException as error:
        error.add_note("\n".join(story))
        raise
    assert all("struck" in each for each in story[1:])


def sweep_at_random(there: Stricken, rng: random.Random) -> str:
    """One sweep with some harm, perhaps killed once some was done; what happened in it."""
    placed, child = there.place(*at_random(rng)), there.start()
    is_doomed, patience_s = rng.random() < 0.5, rng.uniform(0.0, 1.0)
    while not any(each.struck for each in placed) and not child.ended_within(0.02):
        pass
    if is_doomed and not child.ended_within(patience_s):
        end = f"killed: {child.kill()}"
    else:
        code = child.code()
        assert code in (0, 3, 4, 6)
        end = f"ended: {code}"
    there.proxy.clear()
    harm = [f"struck by {each.toxic.kind} on {each.toxic.route} {each.struck} times" for each in placed if each.struck]
    return "; ".join([end, *harm])
