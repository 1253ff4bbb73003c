"""Owns the application of a frozen plan: whether it may be applied at all, and the record that it is, before anything is sent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from janitor.core import events
from janitor.core.canonical import timestamp
from janitor.core.job import CLOCK_TOLERANCE
from janitor.core.plan import Refusal
from janitor.core.verdict import Reason
from janitor.ledger.chain import Draft, Head
from janitor.ledger.facts import LedgerFacts
from janitor.ledger.plans import PlanRecord, Use, find_plan, is_in_chain
from janitor.ledger.store import Fence, Ledger
from janitor.retention.plan_file import Binding, FrozenPlan, Tool
from janitor.retention.planner import build_plan
from janitor.sweep.book import Book
from janitor.sweep.fates import Fate, list_fates
from janitor.sweep.planning import Planned, check_ledger_time, make_frame, plan_framed
from janitor.sweep.records import Note, Scribe, subject_of, subject_of_event
from janitor.sweep.report import Applied, Dropped
from janitor.sweep.target import Target, say_nothing

AT_ONCE = 500
"""Events written by one commit: other writers wait meanwhile."""
AGAIN = "make a new one with `janitor plan -o FILE`"


@dataclass(kw_only=True)
class Application:
    """One frozen plan that is to be applied to the target that it names; `bound_to` is that target as it is configured now."""

    frozen: FrozenPlan
    bound_to: Binding
    tool: Tool
    ledger: Ledger
    say: Callable[..., None] = say_nothing
    use: Use | None = field(default=None, init=False)
    fates: tuple[Fate, ...] = field(default=(), init=False)
    notes: tuple[str, ...] = field(default=(), init=False)

    def plan(self, target: Target, facts: LedgerFacts, as_of: datetime, halted: str | None) -> Planned:
        """Steps 1 to 3 of a sweep, held to the frozen plan.

        1. The clock, by which it may have expired. 2. The plan itself: for this target, made here, unexpired, unused. 3. Collect
        and decide everything again; only what the frozen plan has, and as it has it, is planned.
        """
        frame, refusal = make_frame(target, facts, as_of), check_ledger_time(target, facts, as_of)
        if refusal is None:
            refusal, self.use = check_plan(self.frozen, self.bound_to, self.ledger, as_of)
        if refusal is not None:
            return Planned(plan=build_plan((), frame), refusal=refusal)
        frame = replace(frame, frozen=self.frozen.fingerprints, compared=self.frozen.compared)
        planned = plan_framed(target, facts, frame, halted)
        self.notes = tuple(tell_changes(self.frozen, planned.plan.policy_digest, self.tool))
        if planned.is_complete:
            self.fates = list_fates(self.frozen, Book(planned.plan).entries(), planned.decisions)
        return planned

    def record(self, fence: Fence, scribe: Scribe, planned: Planned) -> None:
        """Use the plan up, unless something refuses it: from the first request on it counts as applied. Raises LedgerError."""
        if planned.refusal is not None or not planned.is_complete:
            return
        applied, drafts = self._draft(scribe, planned), self._left_alone(scribe, planned)
        self.ledger.append([applied, *islice(drafts, AT_ONCE)], fence)
        while some := list(islice(drafts, AT_ONCE)):
            self.ledger.append(some, fence)
        self.say(applied.event, target=applied.target, sweep_id=applied.sweep_id, **applied.fields)

    def summary(self) -> Applied:
        """What the report tells of it."""
        dropped = tuple(
            Dropped(id=fate.entry.id, name=fate.entry.name, reason=f"{fate.word}: {fate.reason.text}")
            for fate in self.fates
            if fate.is_dropped
        )
        return Applied(digest=self.frozen.digest, entries=len(self.frozen.entries), dropped=dropped, notes=self.notes)

    @property
    def _lost(self) -> list[Fate]:
        """Those of its jobs that are left alone for good."""
        return [fate for fate in self.fates if fate.is_dropped or fate.is_changed]

    def _draft(self, scribe: Scribe, planned: Planned) -> Draft:
        return scribe.draft(
            events.PLAN_APPLIED,
            digest=self.frozen.digest,
            as_of=timestamp(self.frozen.as_of),
            expires_at=timestamp(self.frozen.expires_at),
            policy_digest=self.frozen.policy_digest,
            tool_digest=self.frozen.tool.digest,
            entries=len(self.frozen.entries),
            planned=len(planned.plan.entries),
            dropped=len(self._lost),
            resumed=self.use is not None,
        )

    def _left_alone(self, scribe: Scribe, planned: Planned) -> Iterator[Draft]:
        """Each of its jobs that is left alone, with the reason."""
        return (scribe.deletion(events.DELETION_SKIPPED, _note(fate, planned.plan.policy_digest)) for fate in self._lost)


def check_plan(
    frozen: FrozenPlan, bound_to: Binding, ledger: Ledger | None, as_of: datetime
) -> tuple[Refusal | None, Use | None]:
    """Refuse a plan that expired, is for anything else, was not made here or was used; and how far it was used, where it was.

    Raises LedgerError where the ledger cannot be read.
    """
    refusal = _check_expiry(frozen, as_of) or _check_binding(frozen, bound_to)
    record = None if ledger is None or refusal is not None else find_plan(ledger, frozen.digest)
    if refusal is None and (record is None or ledger is None or not _is_its_own(record, frozen, ledger)):
        text = f"the ledger of this policy file has no record that this plan was made, so nobody can say who made it; {AGAIN}"
        refusal = Refusal(by="plan_foreign", message=text)
    use = None if record is None else record.use
    if refusal is None and use is not None and not use.is_cut_off:
        text = f"this plan was applied by sweep {use.sweep_id} at {_time(use.at)}, and a plan is applied once; {AGAIN}"
        refusal = Refusal(by="plan_used", message=text)
    return refusal, use


def _is_its_own(record: PlanRecord, frozen: FrozenPlan, ledger: Ledger) -> bool:
    return record.target == frozen.bound_to.target and is_in_chain(ledger, Head.parse(frozen.ledger))


def _check_expiry(frozen: FrozenPlan, as_of: datetime) -> Refusal | None:
    """A plan from the future is none: the clock was wrong when it was made, or is now."""
    if as_of >= frozen.expires_at:
        return Refusal(by="plan_expired", message=f"this plan expired at {_time(frozen.expires_at)}; {AGAIN}")
    if as_of < frozen.as_of - CLOCK_TOLERANCE:
        text = f"this plan was made at {_time(frozen.as_of)}, but this machine says {_time(as_of)}; set this machine's clock"
        return Refusal(by="clock", message=text)
    return None


def _check_binding(frozen: FrozenPlan, bound_to: Binding) -> Refusal | None:
    if frozen.bound_to == bound_to:
        return None
    pairs = ((name, getattr(frozen.bound_to, name), getattr(bound_to, name)) for name in ("project_id", "backend", "api"))
    what = ", ".join(f"{name} is {now}, and the plan is for {was}" for name, was, now in pairs if was != now)
    return Refusal(by="plan_foreign", message=f"of target {bound_to.target}, {what}; {AGAIN}")


def tell_changes(frozen: FrozenPlan, policies: str, tool: Tool) -> Iterator[str]:
    """A sentence for each thing that decides and changed since the plan was made."""
    if policies != frozen.policy_digest:
        yield "the policies changed since the plan was made; today's decide, and the plan can only shrink"
    if tool != frozen.tool:
        yield f"the plan was made by {_name(frozen.tool)}, and this is {_name(tool)}, which decides; the plan can only shrink"


def _note(fate: Fate, digest: str) -> Note:
    reason = Reason(code=fate.reason.code, text=f"left out of the plan that is applied: {fate.word}: {fate.reason.text}")
    if fate.decision is not None:
        return Note(subject=subject_of(fate.decision, digest), reason=reason)
    entry = fate.entry
    known = {"job_id": entry.id, "job_name": entry.name, "created_at": entry.created_at, "owner": entry.owner}
    return Note(subject=subject_of_event(known), reason=reason)


def _name(tool: Tool) -> str:
    return f"{tool.name} {tool.version} ({tool.digest[:12]})"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
