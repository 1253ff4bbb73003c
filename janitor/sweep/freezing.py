"""Owns the making of a plan file's content: steps 1 to 3 as a sweep takes them, then the record that this plan was made."""

from dataclasses import dataclass, field
from datetime import datetime

from janitor.core.secret import Scrubber
from janitor.ledger.anchor import write_anchor
from janitor.ledger.facts import LedgerFacts
from janitor.ledger.store import Ledger
from janitor.retention.plan_file import Binding, FrozenPlan, Surroundings, Tool, freeze
from janitor.sweep.plan_event import draft_plan
from janitor.sweep.planning import Planned, plan_target
from janitor.sweep.records import Scribe
from janitor.sweep.target import Target


@dataclass(kw_only=True)
class Freezer:
    """Plans a target once, and freezes what it planned."""

    bound_to: Binding
    tool: Tool
    scrubber: Scrubber
    only: frozenset[str] = frozenset()
    planned: Planned | None = field(default=None, init=False)
    unread: frozenset[str] = field(default=frozenset(), init=False)

    def plan(self, target: Target, facts: LedgerFacts, as_of: datetime, halted: str | None) -> Planned:
        """Steps 1 to 3, remembered."""
        self.planned = plan_target(target, facts, as_of, halted, self.only)
        self.unread = target.rules.with_holds(facts.standing.holds).unread_fields()
        return self.planned

    def freeze(self, ledger: Ledger, scribe: Scribe) -> FrozenPlan:
        """Freeze it, and record it in the ledger, synced to disk, before anybody can have the file; raises LedgerError."""
        if self.planned is None:
            raise ValueError("nothing was planned yet")
        around = Surroundings(bound_to=self.bound_to, tool=self.tool, ledger=str(ledger.head()), scrub=self.scrubber.scrub)
        frozen = freeze(self.planned.plan, self.planned.listing.jobs, self.unread, around)
        ledger.append([draft_plan(scribe, self.planned, frozen)])
        write_anchor(ledger)
        return frozen
