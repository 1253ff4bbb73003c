"""The matrix: every crash point, under every class of answer to the first deletion, with everything that a disk may do."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from faulty_disk import Lost
from simulation.old_jobs import FAILED, FIRST, KILLED, old_job
from simulation.replica import crash
from simulation.universe import Simulation

from janitor.emulator.document_v1 import RUNNING
from janitor.emulator.faults import Action, Fault
from janitor.emulator.switches import Switches

POINTS = (
    "cp1_before_the_lock",
    "cp2_lock_held",
    "cp3_ledger_verified",
    "cp4_recovery_looked",
    "cp5_half_the_listing",
    "cp6_listing_done",
    "cp7_plan_written",
    "cp8_before_the_look",
    "cp9_after_the_look",
    "cp10_intents_not_synced",
    "cp11_intents_synced",
    "cp12_request_half_sent",
    "cp13_request_sent",
    "cp14_reply_read",
    "cp15_outcomes_not_synced",
    "cp16_outcomes_synced",
)
ANSWERS: dict[str, tuple[Action, dict[str, object]] | None] = {
    "202": None,
    "200_false": ("false_success", {}),
    "404_job": ("status", {"status": 404, "code": "ModelArts.2775"}),
    "404_other": ("status", {"status": 404, "code": "APIG.0101"}),
    "400_code": ("status", {"status": 400, "code": "ModelArts.2775"}),
    "409": ("status", {"status": 409, "code": "ModelArts.2878"}),
    "429": ("status", {"status": 429, "code": "ModelArts.0429"}),
    "500_applied": ("status_after", {"status": 500}),
    "500_not": ("status", {"status": 500}),
    "reset_applied": ("reset_after", {}),
    "reset_not": ("reset_before", {}),
    "hang": ("late_delete", {"seconds": 20.0}),
}
"""The twelve classes; only 202, the two `applied` and `hang` delete the job, the last one long after janitor gave up waiting."""
LATE = frozenset({"cp4_recovery_looked"})
"""Reached only where an earlier sweep left something open."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One cell: it names itself in what fails."""

    point: str
    answer: str
    lost: Lost
    singly: bool = True
    api: str = "v2"

    @property
    def routes(self) -> tuple[str, ...]:
        """Those by which its jobs are deleted."""
        if self.api == "v1":
            return ("v1_delete",)
        return ("delete",) if self.singly else ("delete", "batch_delete")

    def __str__(self) -> str:
        return f"{self.point}-{self.answer}-{self.lost}-{'singly' if self.singly else 'batch'}-{self.api}"


def cases(*, singly: bool = True) -> list[Case]:
    """All 576 of them."""
    return [Case(point=point, answer=answer, lost=lost, singly=singly) for point in POINTS for answer in ANSWERS for lost in Lost]


def play(case: Case, folder: Path) -> Simulation:
    """Let a sweep meet the answer and the crash, then let healthy sweeps settle it; raises Violation where something is wrong."""
    simulation = _new_world(case, folder) if case.api == "v2" else _old_world(folder)
    answer = ANSWERS[case.answer]
    if answer is not None:
        for route in case.routes:
            simulation.strike(Fault(route, answer[0], **answer[1]))  # type: ignore[arg-type]  # all are deletions
    if case.point in LATE:
        simulation.sweep(crash("cp13_request_sent", case.lost))
        simulation.clock.advance(60)
    reached = simulation.reached[case.point]
    report = simulation.sweep(crash(case.point, case.lost))
    assert report is None, f"{case}: the crash point was not reached"
    assert simulation.reached[case.point] > reached
    if answer is not None:
        _let_strike(simulation, case)
    simulation.settle()
    return simulation


def _let_strike(simulation: Simulation, case: Case) -> None:
    """An answer that waits still, as the process died before its first deletion, is the next sweep's."""
    if not any(scripted.struck for scripted in simulation.platform.faults.scripted()):
        simulation.clock.advance(60)
        simulation.sweep()
    assert any(scripted.struck for scripted in simulation.platform.faults.scripted()), f"{case}: nothing met the answer"


def _new_world(case: Case, folder: Path) -> Simulation:
    """Three jobs that may go, and three that may not."""
    switches = Switches(batch_mode="absent") if case.singly else Switches()
    simulation = Simulation(folder=folder, switches=switches)
    for days_ago in (60, 50, 40):
        simulation.add(days_ago)
    simulation.add(2)
    simulation.add(60, "Running")
    simulation.add(60, description="janitor-hold")
    return simulation


def _old_world(folder: Path) -> Simulation:
    """The same of the first generation, with versions: of one that may not go, the last has ended and the first runs again."""
    simulation = Simulation(folder=folder, api="v1")
    endings = [(60, (KILLED, FAILED), ""), (50, (FAILED,), ""), (40, (FAILED,), ""), (2, (FAILED, KILLED), "")]
    endings += [(60, (FAILED, FAILED), ""), (60, (FAILED,), "janitor-hold")]
    for number, (days_ago, statuses, description) in enumerate(endings, FIRST):
        simulation.platform.v1.add(old_job(number, simulation.clock.true, days_ago, statuses, description))
    simulation.platform.v1.set_status(FIRST + 4, (FIRST + 4) * 100 + 1, RUNNING)
    return simulation


def deletions(simulation: Simulation) -> Counter[str]:
    """How often each job was deleted for a request."""
    return simulation.evidence.deleted()
