"""A whole simulated world: the platform with its jobs, the machine with its disk, the operator, the janitors that come and go."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from builders import make_target
from documents import make_document
from faulty_disk import Disk, Fault
from judge import Rule
from simulation.chronicle import Violation
from simulation.clockwork import SimulatedClock
from simulation.evidence import Evidence
from simulation.machine import Machine
from simulation.old_jobs import JUDGED, look_at_old
from simulation.passages import Sizes
from simulation.policies import rules_of_janitor
from simulation.reference import Law
from simulation.replica import SWEEP, Errand, Happening, Replica
from simulation.wire import Platform
from simulation.witness import Witness, look_into
from small_sweep import empty_ledger

from janitor.backends.port import Backend
from janitor.emulator.account import Account
from janitor.emulator.clock import to_ms
from janitor.emulator.faults import Fault as PlatformFault
from janitor.emulator.switches import Switches
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1
from janitor.ledger.history import Word, acknowledge_guard
from janitor.ledger.lock import lock_path
from janitor.ledger.place import free_bytes
from janitor.ledger.standing_changes import pause_sweeping, resume_sweeping
from janitor.ledger.store import Ledger
from janitor.retention.describe import policy_digest
from janitor.retention.history import LASTS, LIFTABLE
from janitor.retention.planner import Pace
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target

WEEK = Rule(phases=("Completed", "Failed", "Terminated"), days=7)
TARGET = "research"
QUIET_S = 30.0
DAY_S = 86_400.0
WAITS_S = (QUIET_S + 1, QUIET_S + 1, QUIET_S + 1, QUIET_S + 1, DAY_S + 60, DAY_S + 60, 8 * DAY_S)
"""How long is waited before each healthy sweep: the quiet period, then a pace or a grace period, then until what was accepted
and never done is given up; the last one again and again."""
ROUNDS = 24
PLENTY = 100
"""From so many deletions a day on, the pace of a day never keeps a walk waiting."""


@dataclass(kw_only=True)
class Simulation(Machine):
    """`folder` is the machine's disk; everything else is made here. `reached` counts points and faults over its life.

    `jobs` are the ids of all jobs that ever were, in their order; `grace_s` is how long the policies let a marked job wait.
    """

    switches: Switches = field(default_factory=Switches)
    api: str = "v2"
    rules: list[Rule] = field(default_factory=lambda: [WEEK])
    pace: Pace = field(default_factory=lambda: Pace(per_sweep=1000, per_day=10_000))
    grace_s: float = 0.0
    sizes: Sizes = field(default_factory=dict)
    room: Callable[[Path], int] = free_bytes
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    reached: Counter[str] = field(default_factory=Counter)
    jobs: list[str] = field(default_factory=list)
    is_paused: bool = False
    resumed: int = 0
    sweeps: int = 0
    had_failed_sync: bool = False
    """Whether the last sweep had a sync that failed, so that the ledger's log may lack on the disk what everybody reads in it."""
    was_tempted: bool = False
    """Whether some sweep deleted, and had jobs before it that had to stay."""
    copies: list[tuple[int, dict[str, bytes]]] = field(default_factory=list)
    """The ledger after each sweep, with how many events it had."""
    plan_files: list[bytes] = field(default_factory=list)
    evidence: Evidence = field(init=False)
    platform: Platform = field(init=False)
    _visitors: list[tuple[Replica, TargetReport | None]] = field(default_factory=list)
    _idle: set[str] = field(default_factory=set)
    """The replicas that ran while sweeping was paused."""

    def __post_init__(self) -> None:
        witness = Witness()
        world = World(Account(), self.switches, witness, self.clock.platform)
        self.platform = Platform(world=world, v1=WorldV1(world), clock=self.clock)
        witness.look = look_into(world) if self.api == "v2" else look_at_old(self.platform.v1)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ledger_path.write_bytes(empty_ledger())
        evidence = Evidence(platform=self.platform, witness=witness, law=Law(), ledger_path=self.ledger_path)
        self.evidence = evidence if self.api == "v2" else replace(evidence, names=JUDGED)
        self.evidence.law.follow(self.clock.true, self.rules)

    def stand_still(self, seconds: float) -> None:
        """Let time pass, while a process stands still if one is under way."""
        self.clock.advance(seconds)

    def lose_lock(self) -> None:
        """Let the target's lock be free although somebody holds it."""
        lock_path(self.ledger_path, TARGET).unlink(missing_ok=True)

    def add(self, days_ago: float = 60, phase: str = "Failed", **metadata: Any) -> str:
        """Let a job appear; answers with its id."""
        return self.create(make_document(to_ms(self.clock.true), days_ago, phase, **({"description": "a trial"} | metadata)))

    def create(self, document: dict[str, Any]) -> str:
        """Let a job appear as it is; answers with its id."""
        self.platform.world.add(document)
        job_id = str(document["metadata"]["id"])
        if job_id not in self.jobs:
            self.jobs.append(job_id)
        return job_id

    def strike(self, fault: PlatformFault) -> None:
        """Let a fault wait for its request."""
        self.platform.faults.add(fault)

    def sweep(self, *happenings: Happening, disk_fault: Fault | None = None, errand: Errand = SWEEP) -> TargetReport | None:
        """Let a replica sweep once, or do another errand; None where it crashed. Then judge what was done.

        Within another one's sweep it is a second replica on the same machine, which is judged once the first one has ended.
        """
        is_visitor, was_paused, resumed = self.is_busy, self.is_paused, self.resumed
        replica, report = self.run(happenings, disk_fault, errand)
        if was_paused and resumed == self.resumed:
            self._idle.add(replica.name)
        self._visitors.append((replica, report))
        if any(request.process == replica.name for request in self.platform.deletions()):
            self.was_tempted |= self.platform.world.count() > len(self.evidence.expired_now())
        if not is_visitor:
            self._judge()
            self.copies.append((len(self.evidence.events), self.ledger_files()))
        return report

    def run(
        self, happenings: Sequence[Happening], disk_fault: Fault | None = None, errand: Errand = SWEEP
    ) -> tuple[Replica, TargetReport | None]:
        """Let a replica do its errand once, and leave on the disk what it left; judges nothing."""
        alive, self.sweeps = self.clock.check_alive, self.sweeps + 1
        with self.on_disk(disk_fault) as disk:
            on_sync, replica = disk.on_sync, self._replica(disk, happenings, errand)
            try:
                report = replica.sweep(self.target, self.api)
            finally:
                self.clock.check_alive, disk.on_sync = alive, on_sync
        self.reached.update(replica.passed)
        self.had_failed_sync = bool(disk_fault is not None and disk_fault.kind == "sync" and disk.failed)
        if disk_fault is not None and disk.failed:
            lasts = "for ever" if disk_fault.for_ever else "once"
            self.reached.update({f"disk {disk_fault.kind} {'short' if disk_fault.is_short else lasts}"})
        if replica.ended_at is not None:
            self.leave(replica)
        return replica, report

    def _judge(self) -> None:
        """Judge all who were there, the first of them last in the list; raises Violation."""
        ended, self._visitors = self._visitors[::-1], []
        for replica, report in ended[1:]:
            self.evidence.meet(replica, report)
        for replica, report in ended:
            self.evidence.note(replica, report)
            if report is not None and report.trouble is not None and "defect" in report.trouble.message:
                raise Violation(f"S-19: {replica.name} met a defect: {report.trouble.message}")
            if replica.name in self._idle and self.evidence.requests:
                raise Violation(f"S-12: {replica.name} asked for a deletion while sweeping was paused")

    def _replica(self, disk: Disk, happenings: Sequence[Happening], errand: Errand) -> Replica:
        return Replica(
            name=f"replica-{self.sweeps}",
            platform=self.platform,
            ledger_path=self.ledger_path,
            disk=disk,
            room=self.room,
            sizes=self.sizes,
            happenings=tuple(happenings),
            errand=errand,
        )

    def target(self, backend: Backend) -> Target:
        """The target as the policy file has it now."""
        account = self.platform.world.account
        return make_target(
            backend,
            rules=rules_of_janitor(self.rules, self.grace_s),
            pace=self.pace,
            quiet_period=timedelta(seconds=QUIET_S),
            project_id=account.project_id,
            project_name=account.project_name,
        )

    def acknowledge(self, guard: str) -> None:
        """Lift a guard for the policies as they are."""
        assert guard in LIFTABLE, f"{guard} can be lifted by nobody"
        with self.operator() as ledger:
            until = self.clock.now() + LASTS
            word = Word(
                guard=guard,
                policy_digest=policy_digest(rules_of_janitor(self.rules, self.grace_s)),
                reason="simulated",
                until=until,
            )
            acknowledge_guard(ledger, TARGET, word)

    def pause(self) -> None:
        """Let nothing be deleted until further notice."""
        with self.operator() as ledger:
            pause_sweeping(ledger, TARGET, "simulated")
        self.is_paused = True

    def resume(self) -> None:
        """Let it go on."""
        with self.operator() as ledger:
            resume_sweeping(ledger, TARGET)
        self.is_paused, self.resumed = False, self.resumed + 1

    @contextmanager
    def operator(self) -> Iterator[Ledger]:
        """The ledger, as a command of an operator opens it, also while a sweep is under way."""
        with self.on_disk() as disk:
            person = Replica(name="operator", platform=self.platform, ledger_path=self.ledger_path, disk=disk)
            disk.note("begin operator")
            try:
                with person.open_ledger() as ledger:
                    yield ledger
            finally:
                disk.note("end operator")

    def heal(self) -> None:
        """Let no more faults come: the platform is well, both clocks are right, the disk has room, sweeping goes on.

        A platform whose not-found has another status than the documented one proves nothing gone; from now on it has that one.
        """
        self.platform.faults.clear()
        self.platform.world.switches = replace(self.platform.world.switches, not_found_style="400_2775")
        self.clock.offset, self.platform.date_offset_s, self.room = timedelta(0), 0.0, free_bytes
        if self.is_paused:
            self.resume()

    def settle(self) -> int:
        """Heal, and sweep until nothing is left to do; answers with how many sweeps that took, without those refused."""
        self.heal()
        self.evidence.begin_to_settle()
        sweeps = 0
        for number in range(ROUNDS):
            self.clock.advance(max(self._wait_s(number), self._told_ahead_s() if number >= len(WAITS_S) else 0.0))
            waiting = self._ready()
            report = self.sweep()
            assert report is not None
            assert report.trouble is None or report.trouble.code != "ledger_failed", report.trouble
            if report.refusal is not None:
                for guard in (report.refusal.by, *str(report.refusal.facts.get("besides", "")).split()):
                    self.acknowledge(guard)
                continue
            sweeps += bool(waiting)  # the others can but look whether what is open has come to its end
            if not self.evidence.expired_now() and not self.evidence.open_intents():
                break
        self.evidence.settled()
        return sweeps

    def _told_ahead_s(self) -> float:
        """How long until the times at which what is open was asked for, as a clock that ran ahead told them, are over."""
        left = [each for each in self.evidence.ledger.intents.values() if each.is_open]
        told = [datetime.fromisoformat(event["at"]) for each in left for event in each.events]
        return max([(at - self.clock.now()).total_seconds() + QUIET_S + 1 for at in told], default=0.0)

    def _ready(self) -> set[str]:
        """The jobs that a healthy sweep could ask for: none that is open, and none whose age counts from when janitor saw it."""
        world, found = self.platform.world, self.evidence.expired_now() - set(self.evidence.open_intents().values())
        jobs = {job_id: world.get(job_id) for job_id in found}
        return {job_id for job_id, job in jobs.items() if job is not None and job["status"]["start_time"]}

    def _wait_s(self, number: int) -> float:
        """How long is waited before the nth healthy sweep, so that neither grace nor the pace of a day keeps it from its work."""
        day_s = 0.0 if self.pace.per_day >= PLENTY else DAY_S
        return max(WAITS_S[min(number, len(WAITS_S) - 1)], day_s + 60, self.grace_s + 60)
