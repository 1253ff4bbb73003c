"""Owns a walk: a small world and what happens in it, drawn from a seed alone as plain data, then played and judged."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from crash import points
from faulty_disk import FULL, IOERR_FSYNC, IOERR_WRITE, Fault, Lost
from simulation.acts import Act
from simulation.answers import id_of, is_of_a_listing, rows_of
from simulation.dice import Dice, Given, draw_legitimate, draw_rule, draw_tempting
from simulation.machine_acts import MACHINE_ACTS
from simulation.operator_acts import OPERATOR_ACTS, rule_of
from simulation.passages import AT_THE_SYNC
from simulation.plan_files import errand_of
from simulation.platform_acts import PLATFORM_ACTS
from simulation.platform_faults import FAULT_ACTS, draw_list_fault
from simulation.replica import Happening, crash, meanwhile
from simulation.universe import Simulation
from simulation.wire import Request

from janitor.emulator.switches import Switches
from janitor.retention.planner import Pace

ACTS: dict[str, Act] = PLATFORM_ACTS | FAULT_ACTS | OPERATOR_ACTS | MACHINE_ACTS
BETWEEN = {word: act.weight for word, act in ACTS.items() if act.weight}
WITHIN = {word: act.within for word, act in ACTS.items() if act.within}
POINTS = (*points.POINTS, *points.MARKING)
NEAR_THE_REQUEST = {"cp8_before_the_look": 3, "cp9_after_the_look": 6, "cp11_intents_synced": 6, "cp12_request_half_sent": 4}
SWITCHES: dict[str, tuple[Any, ...]] = {
    "offset_mode": ("page", "record"),
    "delete_active": ("accept", "reject_409"),
    "delete_delay_s": (0.0, 0.0, 2.0, 45.0),
    "second_delete": ("accept", "not_found"),
    "batch_mode": ("all_or_nothing", "partial", "absent", "absent_405"),
    "not_found_style": ("400_2775", "404"),
    "empty_202": ('""', ""),
    "count_mode": ("matches", "page"),
    "unknown_fields": (True, False),
    "tags": ("served", "served", "served", "absent"),
}
BEFORE_A_LIST = {"labels_read": 6, "before_the_list_again": 6, "cp8_before_the_look": 3, "cp11_intents_synced": 2}
NEAR_A_LIST = {"labels_read": 6, "before_the_list_again": 4, "after_the_list_again": 2, "cp14_reply_read": 4}
LARGE = 0.6
"""So many worlds look large to janitor."""
BEFORE_ANY_WRITE = ("cp1_before_the_lock", "cp2_lock_held", "cp3_ledger_verified")
"""A disk that forgot a part of the ledger's log, and loses its power once that log was brought into the database and before it
begins anew, has older pages in the log than in the database: SQLite cannot read it, and nothing is deleted any more."""
IN_RECOVERY = "cp4_recovery_looked"
MOST_CRASHES = 4


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Everything that happens, as JSON has it: an act is [its word, what it is given]; a sweep is one among them."""

    seed: int
    switches: Given
    rules: list[Given]
    pace: list[int]
    grace_s: float
    jobs: list[Given]
    steps: list[list[Any]]
    sizes: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return json.dumps(asdict(self))


@dataclass(kw_only=True)
class Played:
    """What came of a walk; `error` is None where all is well."""

    seed: int
    reached: Counter[str] = field(default_factory=Counter)
    sweeps: int = 0
    deletions: int = 0
    crashes: int = 0
    windows: list[float] = field(default_factory=list)
    is_vacuous: bool = False
    error: str | None = None


def draw(seed: int) -> Walk:
    """The walk of a seed."""
    dice = Dice(random=Random(seed), rules=[], looks_large=Random(f"large {seed}").random() < LARGE)
    world = draw_world(dice) | ({"sizes": draw_sizes(dice)} if dice.looks_large else {})
    return Walk(seed=seed, **world, steps=_draw_steps(dice, world["grace_s"]))


def draw_world(dice: Dice) -> Given:
    """All of a walk but its steps."""
    switches = {name: dice.one_of(values) for name, values in SWITCHES.items() if dice.happens(0.5)}
    dice.has_tags = switches.get("tags") != "absent"
    dice.rules += [draw_rule(dice)]
    dice.rules += [draw_rule(dice) for _ in range(dice.pick({0: 3, 1: 1}))]
    rules = list(dice.rules)
    jobs = [draw_legitimate(dice), draw_tempting(dice)]
    jobs += [dice.one_of((draw_legitimate, draw_tempting))(dice) for _ in range(dice.one_of((0, 1, 1, 2, 3)))]
    if dice.happens(0.3):  # a first deletion is asked for singly, and a batch needs two more
        jobs += [draw_legitimate(dice), draw_legitimate(dice), draw_legitimate(dice)]
        switches["batch_mode"] = dice.one_of(("all_or_nothing", "partial"))
    if dice.looks_large:
        jobs += [draw_labelled(dice) for _ in range(dice.one_of((2, 3, 4, 6)))]
        switches["honour_workspace"] = dice.happens(0.7)
    dice.jobs = len(jobs)
    dice.random.shuffle(jobs)
    pace = [dice.pick({1: 1, 2: 1, 1000: 4} | ({1: 0, 2: 0, 4: 1} if dice.looks_large else {})), dice.pick({2: 1, 10_000: 5})]
    grace_s = dice.pick({0.0: 4, 3600.0: 1})
    return {"switches": switches, "rules": rules, "pace": pace, "grace_s": grace_s, "jobs": jobs}


def draw_labelled(dice: Dice) -> Given:
    """A job that may go, with labels that mean nothing, or none."""
    labels = dice.one_of(({}, {}, {"team": "nlp"}, {"team": "x", "cost": "1"}))
    return draw_legitimate(dice) | ({"tags": labels} if labels else {})


def draw_sizes(dice: Dice) -> dict[str, int]:
    """How little is much to janitor."""
    choices = {"many": (2, 2, 3), "ids": (3, 10), "rows": (2, 3, 50, 50), "tagged": (1, 2, 1000), "read": (0, 3, 1000)}
    return {name: dice.one_of(values) for name, values in choices.items()}


def _draw_steps(dice: Dice, grace_s: float) -> list[list[Any]]:
    steps, crashes, was_crash = list[list[Any]](), 0, False
    for _ in range(dice.pick({1: 4, 2: 4, 3: 2, 4: 1})):
        for _ in range(dice.one_of((0, 1, 2, 3, 4))):
            word = dice.pick(BETWEEN)
            steps.append([word, ACTS[word].draw(dice)])
        given = _draw_sweep(dice, may_crash=crashes < MOST_CRASHES, was_crash=was_crash)
        was_crash = "crash" in given
        crashes += was_crash
        steps.append(["sweep", given])
        if grace_s and dice.happens(0.7):
            steps.append(["wait", {"seconds": grace_s + 60}])
    return steps


def _draw_sweep(dice: Dice, *, may_crash: bool, was_crash: bool) -> Given:
    """A sweep, and what befalls it; after a crash the next one may come in the recovery from it."""
    given: Given = {}
    if may_crash and dice.happens(0.3 if dice.looks_large else 0.6):
        point = IN_RECOVERY if was_crash and dice.happens(0.3) else dice.one_of(POINTS)
        given["crash"] = [point, dice.one_of(tuple(Lost)), dice.pick({1: 6, 2: 2, 3: 1})]
    if dice.happens(0.5):
        given["within"] = [draw_within(dice) for _ in range(dice.one_of((1, 1, 2)))]
    if dice.looks_large and dice.happens(0.6):
        given["within"] = [*given.get("within", []), _draw_strike(dice)]
    if dice.happens(0.2):
        given["disk"] = draw_disk_fault(dice)
    return given


def _draw_strike(dice: Dice) -> list[Any]:
    """A fault of the lists by which jobs are looked at or proven gone, or of what tells the labels beside them."""
    return [dice.pick(BEFORE_A_LIST), dice.pick({1: 3, 2: 3, 3: 1}), "strike", draw_list_fault(dice)]


def draw_within(dice: Dice) -> list[Any]:
    word = dice.pick(WITHIN)
    act = ACTS[word]
    everywhere = {point: 1 for point in POINTS if not (act.writes and point in AT_THE_SYNC)}
    near = NEAR_THE_REQUEST | (NEAR_A_LIST if dice.looks_large else {})
    return [dice.pick(everywhere | near), dice.pick({1: 5, 2: 2, 3: 1}), word, act.draw(dice)]


def draw_disk_fault(dice: Dice) -> Given:
    kind = dice.one_of(("write", "sync"))
    code = IOERR_FSYNC if kind == "sync" else dice.one_of((IOERR_WRITE, FULL))
    return {
        "kind": kind,
        "nth": dice.random.randrange(1, 60 if kind == "write" else 16),
        "code": code,
        "for_ever": dice.happens(0.4),
        "is_short": kind == "write" and dice.happens(0.4),
    }


@dataclass(kw_only=True)
class Player:
    """Plays one walk in a folder; `tell` hears of every step."""

    walk: Walk
    folder: Path
    tell: Any = lambda _: None
    kind: Callable[..., Simulation] = Simulation
    simulation: Simulation = field(init=False)

    def __post_init__(self) -> None:
        walk = self.walk
        per_sweep, per_day = walk.pace
        self.simulation = self.kind(
            folder=self.folder,
            switches=Switches(**walk.switches),
            rules=[rule_of(rule) for rule in walk.rules],
            pace=Pace(per_sweep=per_sweep, per_day=per_day),
            grace_s=walk.grace_s,
            sizes=walk.sizes,
        )
        for job in walk.jobs:
            PLATFORM_ACTS["create"].do(self.simulation, job)

    def play(self) -> Played:
        """Step by step, then settle; whatever is wrong is in the answer."""
        error: str | None = None
        try:
            for word, given in self.walk.steps:
                self.tell(f"{word} {json.dumps(given)}")
                self.step(word, given)
            self.tell("settle")
            self.simulation.settle()
        except Exception as found:  # noqa: BLE001  whatever it is, the seed is told with it
            error = f"{type(found).__name__}: {found}"
        return self.sum_up(error)

    def step(self, word: str, given: Given) -> None:
        """Do one act, or sweep; raises Violation where the judge finds something."""
        if word == "sweep":
            self._sweep(given)
        elif ACTS[word].do(self.simulation, given):
            self.simulation.reached[f"act {word}"] += 1

    def _sweep(self, given: Given) -> None:
        happenings = [self._happening(*each) for each in given.get("within", ())]
        if "crash" in given:
            point, lost, nth = given["crash"]
            is_known_gap = self.simulation.had_failed_sync and point in BEFORE_ANY_WRITE
            happenings.append(crash(point, Lost.KEPT if is_known_gap else Lost(lost), nth))
        report = self.simulation.sweep(*happenings, disk_fault=self.fault_of(given), errand=errand_of(self.simulation, given))
        if report is None:
            self.simulation.reached.update((f"crash {given['crash'][0]}", f"lost {given['crash'][1]}"))
        self.tell(f"  {_told(report)}")

    def fault_of(self, given: Given) -> Fault | None:
        """What fails of the disk."""
        return Fault(**given["disk"]) if "disk" in given else None

    def _happening(self, point: str, nth: int, word: str, given: Given) -> Happening:
        def act() -> None:
            self.tell(f"  at {point}: {word} {json.dumps(given)}")
            if ACTS[word].do(self.simulation, given):
                self.simulation.reached[f"within {word}"] += 1

        return meanwhile(point, act, nth)

    def sum_up(self, error: str | None = None) -> Played:
        """What came of it so far."""
        simulation, played = self.simulation, Played(seed=self.walk.seed, error=error)
        requests = simulation.platform.requests
        played.reached = simulation.reached
        played.reached.update(f"fault {request.route} {action}" for request in requests for action in request.faults)
        played.reached.update(_by_lists(simulation))
        played.sweeps = simulation.sweeps
        played.reached["race in the window"] = simulation.evidence.races
        played.deletions = sum(simulation.evidence.deleted().values())
        played.crashes = sum(number for word, number in played.reached.items() if word.startswith("lost "))
        played.is_vacuous = not played.deletions or not simulation.was_tempted
        played.windows = _windows(simulation)
        return played


def _told(report: Any) -> str:
    if report is None:
        return "crashed"
    trouble = report.trouble and f"{report.trouble.code}: {report.trouble.message}"
    refusal = report.refusal and f"refused by {report.refusal.by}"
    return f"{refusal or trouble or 'went well'}; {report.outcomes()}, open {report.recovered}"


def _tells_labels(request: Request) -> bool:
    return request.route == "all_tags" or (request.route == "find_by_tags" and not is_of_a_listing(request))


def _by_lists(simulation: Simulation) -> Iterator[str]:
    """Whether the walk had looks by lists, and which faults struck these lists."""
    lists = [request for request in simulation.platform.requests if request.route == "list" and not is_of_a_listing(request)]
    yield from (f"list {action}" for request in lists for action in request.faults)
    labels = [each for each in simulation.platform.requests if _tells_labels(each)]
    again = Counter((request.process, request.asked) for request in lists if request.status == 200)
    yield from ["list of looks"] * bool(lists) + ["list of labels beside them"] * bool(lists and labels)
    yield from ["list asked again"] * any(number > 1 for number in again.values())


def _windows(simulation: Simulation) -> list[float]:
    """How long before each request for a deletion its process had looked at the job, in seconds of the machine's clock."""
    looked, found = dict[tuple[str, str], float](), list[float]()
    for request in simulation.platform.requests:
        if request.route == "get" or (request.route == "list" and not is_of_a_listing(request)):
            shown = filter(None, map(id_of, rows_of(request))) if request.route == "list" else request.job_ids
            looked |= {(request.process, job_id): request.elapsed for job_id in shown}
        for key in ((request.process, job_id) for job_id in request.job_ids):
            if request.route in ("delete", "batch_delete") and key in looked:
                found.append(round(request.elapsed - looked[key], 3))
    return found


def read_walk(text: str) -> Walk:
    """A walk from its seed, or as it was written down."""
    return draw(int(text)) if text.isdecimal() else Walk(**json.loads(text))


def play(seed: int, folder: Path, tell: Any = lambda _: None) -> Played:
    """Draw the walk of a seed and play it."""
    return Player(walk=draw(seed), folder=folder, tell=tell).play()
