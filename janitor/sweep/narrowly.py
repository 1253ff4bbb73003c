"""Owns steps 1 to 3 by a narrow listing: of the jobs old enough to go, where the last full listing vouches for the others."""

from dataclasses import dataclass, replace
from datetime import datetime

from janitor.backends.port import Listing
from janitor.core.errors import NotNarrowed
from janitor.core.span import Span
from janitor.ledger.facts import LedgerFacts
from janitor.retention.history import GoodSweep
from janitor.retention.narrow import Inventory, horizon_of, like_with_like, why_full, why_unknown
from janitor.retention.planner import Frame
from janitor.sweep.collect import collect
from janitor.sweep.planning import CANARIES, Planned, ask_guarded, decide_about, make_frame
from janitor.sweep.target import Target

ALL_GROUPS = "a policy ranks jobs within groups, or none governs the target"
HOLDS_CHANGED = "holds or pauses changed since the last full listing"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """What a narrow listing asks for, and what it is measured by."""

    span: Span
    inventory: Inventory
    whole: GoodSweep


def plan_sweep(
    target: Target, facts: LedgerFacts, as_of: datetime, halted: str | None = None, only: frozenset[str] = frozenset()
) -> Planned:
    """As `plan_target`, but by a narrow listing where the target asks for one and nothing speaks against it.

    Whatever a narrow listing cannot tell for certain, or makes a guard trip, is settled by a full one, in the same sweep.
    """
    frame = replace(make_frame(target, facts, as_of), only=only)
    return ask_guarded(target, facts, frame, lambda: _plan(target, facts, frame, halted))


def _plan(target: Target, facts: LedgerFacts, frame: Frame, halted: str | None) -> Planned:
    choice = _choose(target, facts, frame) if target.is_narrow else None
    if isinstance(choice, _Choice):
        found = _plan_narrowly(target, facts, frame, halted, choice)
        if isinstance(found, Planned):
            return found
        choice = found
    listing = collect(target.backend, facts.survivors)
    return replace(decide_about(target, facts, listing, frame, halted), why_full=choice)


def _choose(target: Target, facts: LedgerFacts, frame: Frame) -> _Choice | str:
    """What to ask for; or why it has to be everything."""
    horizon, history = horizon_of(target.rules, frame.as_of), facts.history
    if horizon is None or history is None:
        return ALL_GROUPS
    why, whole = why_full(history, frame.policy_digest, horizon, frame.as_of), history.whole
    if why is not None or whole is None:
        return why or ALL_GROUPS
    if whole.seq is None or facts.standing.version > whole.seq:
        return HOLDS_CHANGED
    inventory = facts.inventory(horizon)
    if inventory.oldest is None or (why := why_unknown(inventory)) is not None:
        return why or ALL_GROUPS
    return _Choice(span=Span(first=min(inventory.oldest, horizon), last=horizon), inventory=inventory, whole=whole)


def _plan_narrowly(target: Target, facts: LedgerFacts, frame: Frame, halted: str | None, choice: _Choice) -> Planned | str:
    """The plan of a narrow listing; or why only a full one will do."""
    inventory, history = choice.inventory, facts.history
    try:
        listing = collect(target.backend, (*facts.survivors, *inventory.survivors), choice.span)
    except NotNarrowed as error:
        return str(error)
    listed = {job.id for job in listing.jobs}
    moved = facts.recognise(listing.jobs, ()).moved
    why = _why_unlike(listing, choice.whole) or inventory.why_incredible(listed, moved)
    if why is not None:
        return why
    compared = None if history is None else like_with_like(history, inventory)
    narrowed = replace(facts, beyond=inventory.beyond, history=compared)
    planned = decide_about(target, narrowed, listing, frame, halted)
    left_out = tuple(job_id for job_id in facts.survivors if job_id not in listed)
    return _why_doubted(planned) or replace(planned, others=left_out[:CANARIES])


def _why_unlike(listing: Listing, whole: GoodSweep) -> str | None:
    """What the last full listing covered has to be what this one covers."""
    if set(listing.workspaces) != set(whole.workspaces):
        return "the last full listing was of other workspaces"
    if listing.has_labels != whole.has_labels:
        return "the platform told labels then and does not now, or the other way round"
    return None


def _why_doubted(planned: Planned) -> str | None:
    """A guard that trips is asked again of everything: neither a false alarm nor a blind eye comes of what was left out."""
    refusal = planned.disbelief or planned.refusal
    if planned.is_believed and (refusal is None or refusal.by not in ("labels_unavailable", "max_share")):
        return None
    return f"a guard has to see every job{'' if refusal is None else f': {refusal.by}'}"
