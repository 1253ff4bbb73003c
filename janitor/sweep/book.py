"""Owns what has become of each expired job so far; the report counts from here, never from intentions."""

from collections import Counter
from dataclasses import dataclass

from janitor.core.plan import Outcome, Plan
from janitor.core.verdict import Decision, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One expired job and its outcome up to now."""

    decision: Decision
    outcome: Outcome
    reason: Reason


class Book:
    """One entry for each expired job; planned ones are `planned` until something happens to them."""

    def __init__(self, plan: Plan) -> None:
        planned = {entry.job.id: Entry(decision=entry, outcome=Outcome.PLANNED, reason=entry.reason) for entry in plan.entries}
        aside = {
            item.decision.job.id: Entry(decision=item.decision, outcome=item.outcome, reason=item.reason)
            for item in plan.set_aside
        }
        self._entries = planned | aside

    def settle(self, job_id: str, outcome: Outcome, reason: Reason | None = None) -> None:
        """Note a job's outcome; without a reason, the reason for which it expired stands."""
        decision = self._entries[job_id].decision
        self._entries[job_id] = Entry(decision=decision, outcome=outcome, reason=reason or decision.reason)

    def counts(self) -> Counter[Outcome]:
        """How many jobs have each outcome."""
        return Counter(entry.outcome for entry in self._entries.values())

    def entries(self) -> tuple[Entry, ...]:
        """Every expired job, planned ones first, each group in the order of the plan."""
        return tuple(self._entries.values())

    def still_planned(self) -> list[Decision]:
        """The planned jobs to which nothing has happened."""
        return [entry.decision for entry in self._entries.values() if entry.outcome is Outcome.PLANNED]
