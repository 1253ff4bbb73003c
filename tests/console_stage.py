"""Sweeps on the ledger of a test, so that the console has something to show."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from builders import NOW, FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from console_client import Console, Desk, Reply, make_settings
from scripted import ScriptedBackend

from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.ledger.jobs import remember_jobs
from janitor.ledger.store import Ledger
from janitor.sweep.entry import sweep_target
from janitor.sweep.report import TargetReport

SEEN = NOW - timedelta(hours=1)


@dataclass(kw_only=True)
class ConsoleStage:
    """A ledger, what sweeps it, and the pages on it."""

    ledger: Ledger
    clock: FakeClock
    backend: ScriptedBackend = field(default_factory=ScriptedBackend)
    policies: tuple[Any, ...] = field(default_factory=lambda: (make_policy(),))
    named: int = 0

    def __post_init__(self) -> None:
        self.desk = Desk(ledger=self.ledger, clock=self.clock, settings=make_settings(policies=self.policies))
        self.console = Console(desk=self.desk, live="/live")

    def get(self, address: str, status: int = 200) -> Reply:
        """A page, which has to have this status."""
        reply = self.console.get(address)
        assert reply.status == status, (address, reply.status, reply.text[:2000])
        return reply

    def sweep(self, *jobs: Job, **changes: Any) -> TargetReport:
        """One sweep of these jobs, added to those that are there; then a second goes by."""
        self.backend.jobs.update({job.id: job for job in jobs})
        self.named += 1
        tools, prefix = make_tools(self.clock), f"s{self.named}"
        target = make_target(self.backend, **({"rules": make_rules(*self.policies)} | changes))
        report = sweep_target(target, self.ledger, replace(tools, new_id=lambda: f"{prefix}-{tools.new_id()}"))
        self.clock.advance(1)
        return report

    def list(self, *decisions: Decision, target: str = "research") -> None:
        """Remember these as a listing, without a sweep."""
        remember_jobs(self.ledger, target, decisions, SEEN)


def decide(number: int, **changes: Any) -> Decision:
    """A kept job of that number that may go in so many days; any field of the decision or the job may be changed."""
    own: dict[str, Any] = {"verdict": Verdict.KEPT, "policy": "weekly", "eligible_at": NOW + timedelta(days=number % 40, hours=1)}
    own |= {name: changes.pop(name) for name in [*own] if name in changes}
    reason = Reason(code="young", text=changes.pop("reason", f"it is number {number}"))
    fields: dict[str, Any] = {
        "id": f"{number:08x}-0000-4000-8000-000000000000",
        "name": f"trial-{number}",
        "phase": Phase.COMPLETED,
        "days_ago": number % 17,
    }
    return Decision(job=make_job(**(fields | changes)), reason=reason, **own)
