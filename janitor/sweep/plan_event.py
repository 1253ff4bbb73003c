"""Owns the event `plan.built`, the same for the plan of a sweep and for one that is written into a file."""

from janitor.core import events
from janitor.core.canonical import timestamp
from janitor.ledger.chain import Draft
from janitor.retention.plan_file import FrozenPlan
from janitor.sweep.planning import Planned
from janitor.sweep.records import Scribe


def draft_plan(scribe: Scribe, planned: Planned, frozen: FrozenPlan | None = None) -> Draft:
    """What was planned, what later sweeps compare themselves with, and which guards this one passes on somebody's word.

    Only a frozen plan has a time at which it expires, and its digest is that of the file.
    """
    plan, reach = planned.plan, planned.reach
    policies = None if reach is None else {name: {"digest": each.digest, "lets_go": each.lets_go} for name, each in reach.items()}
    return scribe.draft(
        events.PLAN_BUILT,
        digest=plan.digest if frozen is None else frozen.digest,
        expires_at=None if frozen is None else timestamp(frozen.expires_at),
        policy_digest=plan.policy_digest,
        planned=len(plan.entries),
        set_aside=len(plan.set_aside),
        verdicts=planned.verdicts(),
        policies=policies,
        lifted=[word.guard for word in planned.lifted],
    )
