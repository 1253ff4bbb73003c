"""Real processes that sweep through a proxy which harms what passes: bytes, requests, answers, one by one and at random.

JANITOR_EXAMPLES=soak tries each toxic alone, and many seeds; JANITOR_PROXY_SEED replays a seed, as the first of those tried.
"""

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest
from amount import IS_SOAK, cases, pairs
from crash.nursery import Child, Order
from crash.proxy import FaultProxy
from crash.scene import Scene
from crash.toxics import Placed, Toxic
from documents import DAY_MS

PATIENCE_S = 0.5
"""How long a child waits for a connection, and for the next bytes of an answer."""
LIMITS = {
    "connect_timeout_s": PATIENCE_S,
    "read_timeout_s": PATIENCE_S,
    "attempt_deadline_s": 2 * PATIENCE_S,
    "backoff_base_s": 0.02,
    "breaker_cooldown_s": 0.2,
}
MOST_SWEEPS, FRESH = 8, 10
"""So many sweeps at most until every toxic has struck, and so many jobs that expire before each but the first."""
AT_ONCE = 2
"""So many jobs a batch, so that there are many batches."""
MOST_ATTEMPTS = 3
"""How often one job may be asked for under one intent."""
SEED = int(os.environ.get("JANITOR_PROXY_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)


def edited(change: Callable[[Any], Any]) -> Toxic:
    """Let an answer say something else, in sound JSON."""
    return Toxic(kind="edit", change=change)


@dataclass(kw_only=True)
class Stricken:
    """A scene whose children reach the emulator only through the proxy; `sink` is where redirects point to."""

    scene: Scene
    proxy: FaultProxy
    sink: FaultProxy

    def start(self, **traps: int) -> Child:
        """Let a child sweep through the proxy; at the nth passage of a point it is killed."""
        order = Order(
            config=self.scene.stage.config,
            traps={name: (nth, int(signal.SIGKILL)) for name, nth in traps.items()},
            singly=self.scene.singly,
            at_once=None if self.scene.singly else AT_ONCE,
            transport=LIMITS,
        )
        return self.scene.nursery.start(order)

    def place(self, *toxics: Toxic) -> list[Placed]:
        """Place toxics; redirects lead to the sink."""
        return self.proxy.place(*(replace(toxic, location=f"{self.sink.url}/steal") for toxic in toxics))

    def sweep_until_struck(self, *toxics: Toxic, codes: Collection[int] = (0, 3, 4)) -> None:
        """Sweep until each toxic has struck; one that never does proves nothing, and fails."""
        placed = self.place(*toxics)
        for _ in range(MOST_SWEEPS):
            code = self.start().code()
            assert code in codes, code
            if all(each.struck for each in placed):
                break
            self.scene.add_expired(FRESH)
            if code == 4:
                self.scene.acknowledge()
        idle = [f"{each.toxic.kind} at the {each.toxic.nth}. of {each.seen}" for each in placed if not each.struck]
        assert idle == [], f"never struck: {', '.join(idle)}"
        self.proxy.clear()

    def settle(self) -> list[dict[str, Any]]:
        """With no toxic left, let everything come right; then see that nobody ever went too far."""
        self.proxy.clear()
        events = self.scene.settle()
        assert set(self.proxy.asked()) <= self.scene.expired
        assert self.sink.requests == []
        intended = Counter(event["job_id"] for event in events if event["event"] == "deletion.intended")
        assert all(times <= MOST_ATTEMPTS * intended[job_id] for job_id, times in Counter(self.proxy.asked()).items())
        return events


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
    for toxic, codes in LIES[: cases(6, len(LIES))]:
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
    (placed,) = there.place(Toxic(kind="mixed_up", route="get", nth=2))
    assert there.start().code() == 0
    assert placed.struck
    recovered = [event for event in there.scene.stage.events() if event["event"] == "recovery.completed"][-1]
    assert (recovered["confirmed"], recovered["already_gone"]) == (1, 0)
    there.settle()


HARM = [*BYTES, *EXCHANGES, Toxic(kind="late", seconds=PATIENCE_S + 0.2), with_total(5), with_total(-5), edited(doubled)]


def at_random(rng: random.Random) -> Toxic:
    """Some harm somewhere; what edits a listing strikes listings."""
    toxic = rng.choice(HARM)
    routes = ("list",) if toxic.kind == "edit" else ("list", "get", "tags", "delete", "batch_delete", "any")
    return replace(toxic, route=rng.choice(routes), nth=rng.randint(1, 12), times=rng.choice((1, 1, 2, 3)))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(SEED, SEED + cases(1, 200)))
def test_b1_b2_a1_a2_a3_s3_s6_s7_harm_at_random_and_kills_between_lose_nothing_and_delete_nothing_wrong(
    make_stricken: Make, seed: int
) -> None:
    print(f"JANITOR_PROXY_SEED={seed}")
    rng = random.Random(seed)
    there, killed, struck = make_stricken(singly=rng.random() < 0.5), 0, 0
    for _ in range(cases(2, 6)):
        there.scene.add_expired(FRESH)
        placed = there.place(*(at_random(rng) for _ in range(4)))
        child = there.start()
        if rng.random() < 0.5 and not child.ended_within(rng.uniform(0.1, 2.0)):
            killed += child.kill() == -signal.SIGKILL
        else:
            assert child.code() in (0, 3, 4, 6)
        struck += sum(each.struck for each in placed)
        print(
            f"struck: {[(each.toxic.kind, each.toxic.route, each.toxic.nth) for each in placed if each.struck]}, {killed} killed"
        )
        there.proxy.clear()
    assert struck
    there.settle()
