"""SIGKILL to the server that has the ledger, while a real process sweeps: what was committed is there when it is back.

The process notices at its next word to the server and ends; the sweeps after it settle what it left, as after its own death.
"""

import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from amount import IS_SOAK, cases
from crash.points import FIRST
from crash.scene import Scene, until
from postgres import SETTINGS, Postgres, another_postgres

pytestmark = pytest.mark.on_a_server

SOME = {point: FIRST[point] for point in ("cp10_intents_not_synced", "cp14_reply_read")}
POINTS = {point: nth for point, nth in FIRST.items() if point != "cp4_recovery_looked"} if IS_SOAK else SOME
BEFORE_THE_LEDGER = ("cp1_before_the_lock",)
"""A sweep that was killed here has said nothing to the server that it would have to say again."""
KILLS = cases(2, 60)
LEDGER_FAILED = 5
ENDS = (0, 3, LEDGER_FAILED, 6)
"""It fails in mid-transaction; between two it may be that nobody took over, and the server is back: then it goes on."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server of this module alone, which writes to its disk as one in production does."""
    with another_postgres(SETTINGS | {"fsync": "on"}) as server:
        yield server


@pytest.fixture
def scene(make_scene: Callable[..., Scene], own: Postgres, tmp_path: Path) -> Scene:
    found = make_scene(singly=True, small=True)
    found.stage.server = own.ledger()
    found.stage.write()
    return found


@pytest.mark.parametrize(("point", "nth"), POINTS.items())
def test_b11_what_was_committed_before_the_server_was_killed_is_there_and_is_settled(
    scene: Scene, own: Postgres, point: str, nth: int
) -> None:
    child = scene.start(signals=signal.SIGSTOP, **{point: nth})
    until(lambda: child.is_stopped() or child.ended_within(0))
    assert child.is_stopped(), "the point was not reached"
    before = [] if point in BEFORE_THE_LEDGER else scene.stage.events()
    own.kill()
    own.start()
    assert scene.stage.events()[: len(before)] == before
    child.signal(signal.SIGCONT)
    assert child.code() in ENDS
    assert set(scene.asked()) <= set(scene.intended())
    assert "Traceback" not in scene.told()
    scene.settle()


@pytest.mark.timeout(60 + KILLS * 10)
def test_b11_a_server_that_is_killed_again_and_again_costs_no_deletion_its_record(scene: Scene, own: Postgres) -> None:
    rng = random.Random(KILLS)
    for number in range(KILLS):
        scene.add_expired(4)
        child = scene.start()
        child.ended_within(rng.uniform(0.1, 1.5))
        own.kill()
        own.start()
        assert child.code() in (*ENDS, 4)
        if number % 2:  # a third sweep in a row that did not end would refuse those to come
            scene.acknowledge("crash_loop")
    assert "Traceback" not in scene.told()
    scene.settle()
