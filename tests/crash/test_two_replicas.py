"""Two and three real processes at once on one target, killed, stopped and started at random; JANITOR_CRASH_SEED replays them."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from amount import cases
from crash.nursery import Child
from crash.scene import Scene

from janitor.ledger.lock import lock_path

SEED = int(os.environ.get("JANITOR_CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
STEPS = cases(14, 400)
TURNED_AWAY, TAKEN_OVER = 4, 5


@dataclass(kw_only=True)
class Replicas:
    """The processes that live, those of them that stand still, and how the others ended; with `loses_lock` its file vanishes."""

    scene: Scene
    rng: random.Random
    most: int
    loses_lock: bool
    living: list[Child] = field(default_factory=list)
    still: list[Child] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)

    def step(self) -> None:
        """Do one thing that may be done now, and let a moment pass; gather who has ended."""
        acts = [self.start] * 3 * (len(self.living) < self.most) + [self.kill, self.stop] * bool(self.living)
        acts += [self.go_on] * 2 * bool(self.still) + [self.wait] * 2
        self.rng.choice(acts)()
        time.sleep(self.rng.uniform(0, 0.15))
        for child in [each for each in self.living if each.ended_within(0)]:
            self.forget(child)

    def start(self) -> None:
        if self.loses_lock and self.still:
            lock_path(self.scene.stage.ledger_path, "research").unlink(missing_ok=True)
        self.living.append(self.scene.start(fresh_for_s=1.0))

    def kill(self) -> None:
        child = self.rng.choice(self.living)
        child.signal(signal.SIGKILL)
        self.forget(child)
        if self.codes[-signal.SIGKILL] % 2 == 0:  # too many in a row would refuse the sweeps to come
            self.scene.acknowledge("crash_loop")

    def stop(self) -> None:
        child = self.rng.choice(self.living)
        child.signal(signal.SIGSTOP)
        self.still = [*(each for each in self.still if each is not child), child]

    def go_on(self) -> None:
        self.still.pop(self.rng.randrange(len(self.still))).signal(signal.SIGCONT)

    def wait(self) -> None:
        time.sleep(0.1)

    def forget(self, child: Child) -> None:
        self.living.remove(child)
        self.still = [each for each in self.still if each is not child]
        self.codes[child.code()] += 1

    def end(self) -> None:
        """Let all go on to their ends."""
        while self.still:
            self.go_on()
        for child in list(self.living):
            self.forget(child)


@pytest.mark.parametrize(("most", "loses_lock"), [(2, False), (3, True)])
@pytest.mark.timeout(60 + STEPS * 2)
def test_b20_b21_s8_s23_replicas_that_come_and_go_delete_each_job_once_and_their_epochs_never_mix(
    make_scene: Callable[..., Scene], most: int, *, loses_lock: bool
) -> None:
    """Where the lock's file was lost, whoever stood still may find that another took over, exit 5; else each waits its turn."""
    print(f"JANITOR_CRASH_SEED={SEED}")
    scene = make_scene(singly=most == 2, delete_delay_s=0.05)
    replicas = Replicas(scene=scene, rng=random.Random(f"{SEED}{most}"), most=most, loses_lock=loses_lock)
    for number in range(STEPS):
        if number % 8 == 7:
            scene.add_expired(2)
        replicas.step()
    replicas.end()
    codes = replicas.codes
    refused = Counter(event["by"] for event in scene.stage.events() if event["event"] == "plan.refused")
    assert set(codes) <= {0, TURNED_AWAY, -signal.SIGKILL} | ({TAKEN_OVER} if loses_lock else set()), codes
    assert codes[TURNED_AWAY] <= refused.total() <= codes[TURNED_AWAY] + codes[-signal.SIGKILL]
    assert set(refused) <= {"lock", "crash_loop"}
    scene.settle()
    print(f"{most} at once, lock lost: {loses_lock}: {dict(codes)}, refused {dict(refused)}, {len(scene.expired)} deletions")
