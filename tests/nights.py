"""One target that is swept night after night, on virtual time and a backend in memory: for guards that know the past."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from another_hand import another_hand
from builders import FakeClock, make_rules, make_target, make_tools
from scripted import ScriptedBackend

from janitor.core import events
from janitor.core.job import Job
from janitor.ledger.chain import Draft, find_break
from janitor.ledger.derivation import find_difference
from janitor.ledger.history import Word, acknowledge_guard
from janitor.ledger.store import Ledger
from janitor.retention.describe import policy_digest
from janitor.retention.history import LASTS
from janitor.retention.policy import Policy, Rules
from janitor.sweep.entry import delete_jobs, preview_target, sweep_target
from janitor.sweep.manual import Order
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target, Tools

DAY = timedelta(days=1)


@dataclass(kw_only=True)
class Nights:
    """The jobs on the platform, and the policies and limits of the nights to come."""

    ledger: Ledger
    clock: FakeClock
    backend: ScriptedBackend = field(default_factory=ScriptedBackend)
    rules: Rules = field(default_factory=make_rules)
    changes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.backend.skew = timedelta(0)

    @property
    def target(self) -> Target:
        return make_target(self.backend, rules=self.rules, **self.changes)

    @property
    def tools(self) -> Tools:
        return make_tools(self.clock, new_id=lambda: str(uuid.uuid4()))

    def add(self, *jobs: Job) -> None:
        """Let jobs appear."""
        self.backend.jobs |= {job.id: job for job in jobs}

    def remove(self, *jobs: Job) -> None:
        """Let jobs vanish, by nobody's word."""
        for job in jobs:
            del self.backend.jobs[job.id]

    def follow(self, *policies: Policy) -> None:
        """From now on these are the policies."""
        self.rules = replace(self.rules, policies=policies)

    def sweep(self, *, nights: int = 1) -> TargetReport:
        """Sweep in the last of so many nights, and in those before; whatever happens, log and tables agree."""
        for _ in range(nights):
            self.clock.advance(DAY.total_seconds())
            report = sweep_target(self.target, self.ledger, self.tools)
            assert report.trouble is None, report.trouble
        assert find_break(self.ledger.rows())[0] is None
        assert find_difference(self.ledger) is None
        return report

    def preview(self, **given: Any) -> TargetReport:
        """What a sweep would do now."""
        return preview_target(self.target, self.ledger, self.tools, **given)

    def delete(self, *jobs: Job) -> TargetReport:
        """Delete jobs by hand."""
        order = Order(job_ids=tuple(job.id for job in jobs), reason="by hand")
        return delete_jobs(self.target, self.ledger, self.tools, order)

    def acknowledge(self, guard: str) -> None:
        """Lift a guard for the policies as they are."""
        word = Word(guard=guard, policy_digest=policy_digest(self.rules), reason="we know", until=self.clock.now() + LASTS)
        acknowledge_guard(self.ledger, self.target.name, word)

    def crash(self, *, kind: str = "sweep") -> None:
        """Let a sweep begin that never ends, a minute later."""
        self.clock.advance(60)
        began = Draft(event=events.SWEEP_STARTED, target=self.target.name, sweep_id=str(uuid.uuid4()), fields={"kind": kind})
        self.ledger.append([began])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the tables say."""
        with another_hand(self.ledger) as hand:
            return hand.execute(query)

    def written(self, event: str) -> list[dict[str, Any]]:
        """The events of this name, in their order."""
        return [found for row in self.ledger.rows() if (found := row.event())["event"] == event]


def refused_by(report: TargetReport) -> str | None:
    """The word of the refusal, whose report has its exit code."""
    assert (report.exit_code == 4) == (report.refusal is not None)
    return None if report.refusal is None else report.refusal.by


def lifted(report: TargetReport) -> list[str]:
    """The guards that tripped and were lifted."""
    return [word.guard for word in report.lifted]
