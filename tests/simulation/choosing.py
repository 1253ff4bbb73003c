"""Owns the state machine: a simulated world whose acts hypothesis chooses, so that what goes wrong shrinks."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any, ClassVar, TypeVar

from faulty_disk import Lost
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, consumes, initialize, multiple, rule
from simulation.dice import Dice, Given, draw_rule
from simulation.walk import ACTS, POINTS, Player, Walk, draw_disk_fault, draw_within, draw_world

Value = TypeVar("Value")
DRAWN = st.randoms(use_true_random=False)
WHEN = st.sampled_from(POINTS)
LOST = st.sampled_from(tuple(Lost))
SENT, RECOVERING = "cp13_request_sent", "cp4_recovery_looked"


class Chosen(Dice):
    """Dice that hypothesis throws: the first of several is the simplest."""

    def pick(self, weighted: dict[Value, int]) -> Value:
        """One of these, the heavier the likelier."""
        return self.random.choice([value for value, weight in weighted.items() for _ in range(weight)])

    def happens(self, share: float) -> bool:
        """Whether something happens that does so this often."""
        return self.random.randrange(100) >= 100 - 100 * share


class Machine(RuleBasedStateMachine):
    """Every rule is one step of a walk, which a failure tells as a whole; `seen` counts over all examples of this process.

    The judge is asked after each process; at the end all faults are over, and healthy sweeps must settle what is left.
    """

    jobs: Bundle[int] = Bundle("jobs")
    policies: Bundle[Given] = Bundle("policies")
    plans: Bundle[int] = Bundle("plans")
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="machine-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT") or None))
        self.dice = Chosen(random=Random(0), rules=[])
        self.walk = Walk(seed=0, switches={}, rules=[], pace=[1, 1], grace_s=0.0, jobs=[], steps=[])
        self.player: Player | None = None
        self.is_well = False

    @initialize(target=jobs, random=DRAWN)
    def begin(self, random: Random) -> MultipleResults[int]:
        self.dice.random = random
        world = draw_world(self.dice)
        self.walk = replace(self.walk, **world)
        self.player, self.is_well = Player(walk=self.walk, folder=self.folder / "world"), True
        return multiple(*range(len(world["jobs"])))

    # --- the platform -------------------------------------------------------------------------------------------------

    @rule(target=jobs, random=DRAWN)
    def create(self, random: Random) -> int:
        self.act("create", random)
        return self.dice.jobs - 1

    @rule(job=jobs, word=st.sampled_from(("finish", "restart", "tag", "untag", "change", "remove", "reuse")), random=DRAWN)
    def change(self, job: int, word: str, random: Random) -> None:
        self.act(word, random, job=job)

    @rule(random=DRAWN)
    def fail(self, random: Random) -> None:
        self.act("strike", random)

    @rule(random=DRAWN, word=st.sampled_from(("recover", "set_clocks", "free")))
    def be_well_again(self, random: Random, word: str) -> None:
        self.act(word, random)

    # --- the policies and the operator ----------------------------------------------------------------------------------

    @rule(target=policies, random=DRAWN)
    def add_policy(self, random: Random) -> Given:
        self.dice.random = random
        return self.edit(len(self.dice.rules), draw_rule(self.dice))

    @rule(target=policies, policy=consumes(policies), random=DRAWN)
    def edit_policy(self, policy: Given, random: Random) -> Given:
        self.dice.random = random
        place = self.dice.rules.index(policy) if policy in self.dice.rules else 0
        return self.edit(place, draw_rule(self.dice))

    @rule(policy=consumes(policies))
    def remove_policy(self, policy: Given) -> None:
        if policy in self.dice.rules[1:]:
            self.dice.rules = [each for each in self.dice.rules if each != policy] or [policy]
            self.step("drop", {"rule": policy})

    def edit(self, place: int, policy: Given) -> Given:
        self.dice.rules[place : place + 1] = [policy]
        self.step("edit", {"place": place, "rule": policy})
        return policy

    @rule(job=jobs)
    def hold(self, job: int) -> None:
        self.step("hold", {"job": job})

    @rule(random=DRAWN, word=st.sampled_from(("acknowledge", "release", "pause", "resume")))
    def operate(self, random: Random, word: str) -> None:
        self.act(word, random)

    # --- the machine --------------------------------------------------------------------------------------------------

    @rule(random=DRAWN)
    def tick(self, random: Random) -> None:
        self.act("wait", random)

    @rule(random=DRAWN, word=st.sampled_from(("jump", "mistell", "fill")))
    def suffer(self, random: Random, word: str) -> None:
        self.act(word, random)

    @rule(random=DRAWN, word=st.sampled_from(("put_back", "corrupt")))
    def tamper(self, random: Random, word: str) -> None:
        self.act(word, random)

    # --- janitor ------------------------------------------------------------------------------------------------------

    @rule()
    def sweep(self) -> None:
        self.step("sweep", {})

    @rule(point=WHEN, lost=LOST, nth=st.sampled_from((1, 1, 2)))
    def sweep_and_crash(self, point: str, lost: Lost, nth: int) -> None:
        self.step("sweep", {"crash": [point, lost, nth]})

    @rule(lost=LOST, again=LOST)
    def crash_and_crash_in_recovery(self, lost: Lost, again: Lost) -> None:
        self.step("sweep", {"crash": [SENT, lost, 1]})
        self.step("sweep", {"crash": [RECOVERING, again, 1]})

    @rule(random=DRAWN)
    def sweep_while_it_changes(self, random: Random) -> None:
        self.dice.random = random
        self.step("sweep", {"within": [draw_within(self.dice)]})

    @rule(random=DRAWN)
    def sweep_on_a_failing_disk(self, random: Random) -> None:
        self.dice.random = random
        self.step("sweep", {"disk": draw_disk_fault(self.dice)})

    @rule(point=WHEN, has_lock=st.booleans(), nth=st.sampled_from((1, 1, 2)))
    def sweep_by_two(self, point: str, has_lock: bool, nth: int) -> None:
        if "not_synced" not in point:
            self.step("sweep", {"within": [[point, nth, "join", {"has_lock": has_lock}]]})

    # --- plan files ---------------------------------------------------------------------------------------------------

    @rule(target=plans)
    def make_plan(self) -> int | MultipleResults[int]:
        made = self.plan_files
        self.step("sweep", {"makes_plan": True})
        return made if self.plan_files > made else multiple()

    @rule(
        target=plans, job=jobs, word=st.sampled_from(("create", "create", "reuse", "edit", "tag", "hold", "wait")), random=DRAWN
    )
    def plan_change_and_apply(self, job: int, word: str, random: Random) -> int | MultipleResults[int]:
        made = self.plan_files
        self.step("sweep", {"makes_plan": True})
        self.act(word, random, **({} if word in ("edit", "create", "wait") else {"job": job}))
        if self.plan_files == made:
            return multiple()
        self.step("sweep", {"applies": made})
        return made

    @rule(plan=plans, times=st.sampled_from((1, 2)))
    def apply_plan(self, plan: int, times: int) -> None:
        for _ in range(times):
            self.step("sweep", {"applies": plan})

    @rule(plan=plans, point=WHEN, lost=LOST)
    def apply_crash_and_apply(self, plan: int, point: str, lost: Lost) -> None:
        self.step("sweep", {"applies": plan, "crash": [point, lost, 1]})
        self.step("sweep", {"applies": plan})

    @rule(plan=plans, random=DRAWN)
    def apply_while_it_changes(self, plan: int, random: Random) -> None:
        self.dice.random = random
        self.step("sweep", {"applies": plan, "within": [draw_within(self.dice)]})

    @property
    def plan_files(self) -> int:
        return len(self.player.simulation.plan_files) if self.player else 0

    # --- how ----------------------------------------------------------------------------------------------------------

    def act(self, word: str, random: Random, **known: Any) -> None:
        """Draw what an act is given, but for what is known, and do it."""
        self.dice.random = random
        self.step(word, ACTS[word].draw(self.dice) | known)

    def step(self, word: str, given: Given) -> None:
        with self.told():
            assert self.player is not None
            self.walk.steps.append([word, given])
            self.player.step(word, given)
            self.seen[f"rule {' '.join([word, *sorted(given)]) if word == 'sweep' else word}"] += 1

    @contextmanager
    def told(self) -> Iterator[None]:
        """Where something goes wrong, tell the walk, which replays it."""
        try:
            yield
        except Exception:
            self.is_well = False
            note(f"replay: python tests/simulation/run.py -v --seed '{json.dumps(json.loads(str(self.walk)))}'")
            raise

    def teardown(self) -> None:
        try:
            if self.is_well and self.player is not None:
                with self.told():
                    self.player.simulation.settle()
        finally:
            self.sum_up()
            shutil.rmtree(self.folder)

    def sum_up(self) -> None:
        """Count what this example has shown."""
        if self.player is not None and self.is_well:
            simulation, played = self.player.simulation, self.player.sum_up()
            self.seen.update(played.reached)
            self.seen.update(examples=1, steps=len(self.walk.steps), sweeps=played.sweeps, deletions=played.deletions)
            self.seen.update(f"event {event['event']}" for event in simulation.evidence.events)
            self.seen.update(crashes=played.crashes, stayed=len(simulation.platform.world.jobs()))
