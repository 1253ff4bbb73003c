"""A whole simulated world: the platform with its jobs, the machine with its disk, the operator, the janitors that come and go."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from builders import make_policy, make_rules, make_target
from documents import make_document
from faulty_disk import Disk, Fault, Lost, faulty_disk, lay_out
from judge import Rule
from simulation.chronicle import read_events
from simulation.clockwork import SimulatedClock
from simulation.evidence import Evidence
from simulation.reference import Law
from simulation.replica import Happening, Replica
from simulation.wire import Platform
from simulation.witness import Witness, look_into
from small_sweep import empty_ledger

from janitor.backends.port import Backend
from janitor.core.phase import Phase
from janitor.emulator.account import Account
from janitor.emulator.clock import to_ms
from janitor.emulator.faults import Fault as PlatformFault
from janitor.emulator.switches import Switches
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1
from janitor.ledger.history import Word, acknowledge_guard
from janitor.retention.describe import policy_digest
from janitor.retention.history import LASTS, LIFTABLE
from janitor.retention.planner import Pace
from janitor.retention.policy import Mode, Rules
from janitor.retention.selector import Selector
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target

WEEK = Rule(phases=("Completed", "Failed", "Terminated"), days=7)
PHASES = {"Completed": Phase.COMPLETED, "Failed": Phase.FAILED, "Terminated": Phase.TERMINATED}
QUIET_S = 30.0
ROUNDS = 12


@dataclass(kw_only=True)
class Simulation:
    """`folder` is the machine's disk; everything else is made here. `reached` counts points and faults over its life."""

    folder: Path
    switches: Switches = field(default_factory=Switches)
    rules: list[Rule] = field(default_factory=lambda: [WEEK])
    pace: Pace = field(default_factory=lambda: Pace(per_sweep=1000, per_day=10_000))
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    reached: Counter[str] = field(default_factory=Counter)
    evidence: Evidence = field(init=False)
    platform: Platform = field(init=False)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _synced: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        witness = Witness()
        world = World(Account(), self.switches, witness, self.clock.platform)
        witness.look = look_into(world)
        self.platform = Platform(world=world, v1=WorldV1(world), clock=self.clock)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ledger_path.write_bytes(empty_ledger())
        self.evidence = Evidence(platform=self.platform, witness=witness, law=Law(), ledger_path=self.ledger_path)
        self.evidence.law.follow(self.clock.true, self.rules)

    @property
    def ledger_path(self) -> Path:
        return self.folder / "ledger.db"

    # --- what happens on the platform ---------------------------------------------------------------------------------

    def add(self, days_ago: float = 60, phase: str = "Failed", **metadata: Any) -> str:
        """Let a job appear; answers with its id."""
        document = make_document(to_ms(self.clock.true), days_ago, phase, **metadata)
        self.platform.world.add(document)
        return str(document["metadata"]["id"])

    def strike(self, fault: PlatformFault) -> None:
        """Let a fault wait for its request."""
        self.platform.faults.add(fault)

    # --- what janitor does --------------------------------------------------------------------------------------------

    def sweep(self, *happenings: Happening, disk_fault: Fault | None = None) -> TargetReport | None:
        """Let a replica sweep once; None where it crashed. Then judge what was done."""
        with faulty_disk(disk_fault, durable=self._synced) as disk:
            replica = self._replica(disk, happenings)
            try:
                report = replica.sweep(self.target)
            finally:
                self.clock.check_alive = lambda: None
        self.reached.update(replica.passed)
        if replica.ended_at is not None:
            self._leave(replica)
        self._synced = replica.synced()
        self.evidence.note(replica, report)
        return report

    def _replica(self, disk: Disk, happenings: Sequence[Happening]) -> Replica:
        return Replica(
            name=f"replica-{next(self._numbers)}",
            platform=self.platform,
            ledger_path=self.ledger_path,
            disk=disk,
            happenings=tuple(happenings),
        )

    def _leave(self, replica: Replica) -> None:
        """Leave on the disk what the end of a process left there."""
        for suffix in ("", "-wal", "-shm"):
            self.ledger_path.with_name(self.ledger_path.name + suffix).unlink(missing_ok=True)
        lay_out(replica.image(), self.folder)

    def target(self, backend: Backend) -> Target:
        """The target as the policy file has it now."""
        account = self.platform.world.account
        return make_target(
            backend,
            rules=self.janitor_rules(),
            pace=self.pace,
            quiet_period=timedelta(seconds=QUIET_S),
            project_id=account.project_id,
            project_name=account.project_name,
        )

    def janitor_rules(self) -> Rules:
        """The same rules as janitor's own values."""
        policies = [
            make_policy(
                name=f"rule-{number}",
                match=Selector(
                    phase=frozenset(PHASES[phase] for phase in rule.phases),
                    owner=frozenset(rule.owners) or None,
                    name=None if rule.names == ("*",) else rule.names,
                ),
                after=timedelta(days=rule.days),
                mode=Mode.ENFORCE,
            )
            for number, rule in enumerate(self.rules)
        ]
        return make_rules(*policies)

    # --- what the operator does ---------------------------------------------------------------------------------------

    def acknowledge(self, guard: str) -> None:
        """Lift a guard for the policies as they are."""
        assert guard in LIFTABLE, f"{guard} can be lifted by nobody"
        with self._operator() as ledger:
            until = self.clock.now() + LASTS
            word = Word(guard=guard, policy_digest=policy_digest(self.janitor_rules()), reason="simulated", until=until)
            acknowledge_guard(ledger, "research", word)

    def _operator(self) -> Any:
        return Replica(name="operator", platform=self.platform, ledger_path=self.ledger_path, disk=Disk()).open_ledger()

    def settle(self) -> int:
        """Let no more faults come, and sweep until nothing is left to do; answers with how many sweeps that took."""
        self.platform.faults.clear()
        self.clock.offset, self.platform.date_offset_s = timedelta(0), 0.0
        self.evidence.begin_to_settle()
        sweeps = 0
        for _ in range(ROUNDS):
            self.clock.advance(QUIET_S + 1)
            report = self.sweep()
            assert report is not None
            if report.refusal is not None:
                for guard in (report.refusal.by, *str(report.refusal.facts.get("besides", "")).split()):
                    self.acknowledge(guard)
                continue
            sweeps += 1
            assert report.trouble is None or report.trouble.code != "ledger", report.trouble
            if not self.evidence.expired_now() and not self.evidence.open_intents():
                break
        self.evidence.settled(sweeps)
        return sweeps


def crash(point: str, lost: Lost = Lost.KEPT, nth: int = 1) -> Happening:
    """The process ends at a point; what was not synced is kept (as after kill -9), dropped or torn (as after a power cut)."""
    return Happening(point=point, nth=nth, what=lambda replica: replica.crash(point, lost))


def meanwhile(point: str, change: Callable[[], object], nth: int = 1) -> Happening:
    """Something changes while the process is at a point."""
    return Happening(point=point, nth=nth, what=lambda _: _ignore(change()))


def _ignore(_: object) -> None:
    return None


def events_of(simulation: Simulation) -> list[dict[str, Any]]:
    """The audit events as they lie on the disk."""
    return read_events(simulation.ledger_path)
