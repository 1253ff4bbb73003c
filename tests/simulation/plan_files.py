"""What is done with plan files: one is made, kept as the bytes that it is, and applied later, also twice and after changes."""

from simulation.dice import Given
from simulation.replica import SWEEP, Errand
from simulation.universe import TARGET, Simulation

from janitor.core.secret import Scrubber
from janitor.ledger.store import Ledger
from janitor.retention.plan_file import Binding, FrozenPlan, Tool, read_plan_file
from janitor.sweep.applying import Application
from janitor.sweep.entry import apply_plan, freeze_target
from janitor.sweep.freezing import Freezer
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target, Tools

TOOL = Tool(name="janitor", version="1", digest="d" * 64)


def errand_of(simulation: Simulation, given: Given) -> Errand:
    """What a process is started for: to sweep, to make a plan file, or to apply one of those that were made."""
    if given.get("makes_plan"):
        return Errand(work=lambda *around: make_plan(simulation, *around), is_dry=True)
    if "applies" in given and simulation.plan_files:
        content = simulation.plan_files[given["applies"] % len(simulation.plan_files)]
        return Errand(work=lambda *around: use_plan(simulation, read_plan_file(content), *around))
    return SWEEP


def make_plan(simulation: Simulation, target: Target, ledger: Ledger, tools: Tools) -> TargetReport:
    """Freeze what a sweep would do; the file is there once its record is on the disk."""
    freezer = Freezer(bound_to=_binding(simulation), tool=TOOL, scrubber=Scrubber())
    report, frozen = freeze_target(target, ledger, tools, freezer)
    simulation.clock.check_alive()
    if frozen is not None:
        simulation.plan_files.append(frozen.render().encode("ascii"))
        simulation.evidence.plans[frozen.digest] = {entry.id: entry.created_at for entry in frozen.entries}
    return report


def use_plan(simulation: Simulation, frozen: FrozenPlan, target: Target, ledger: Ledger, tools: Tools) -> TargetReport:
    """Apply it."""
    application = Application(frozen=frozen, bound_to=_binding(simulation), tool=TOOL, ledger=ledger)
    return apply_plan(target, tools, application)


def _binding(simulation: Simulation) -> Binding:
    return Binding(target=TARGET, project_id=simulation.platform.world.account.project_id, backend="modelarts", api="v2")
