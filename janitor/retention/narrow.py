"""Owns when a narrow listing is enough: up to which creation jobs can be let go, and what only a listing of all jobs can tell."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from janitor.core.job import CLOCK_TOLERANCE, EARLIEST
from janitor.retention.history import GoodSweep, History
from janitor.retention.past_guards import FEW_JOBS
from janitor.retention.policy import Policy, Rules

FRESH_FOR = timedelta(days=7)
"""So long the last full listing vouches for what a narrow one leaves out."""
MARGIN = 3 * CLOCK_TOLERANCE
"""Created, started, finished: each pair may be out of order by the tolerance, and a filter may cut times to whole seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What the ledger knows of a target's jobs but for those that janitor deleted: of those created by a time, and the others.

    `inside` are the ids of the former, `beyond` counts the others that had ended; `oldest` is the earliest creation of all.
    `has_marks_beyond` says whether one of the others is marked to go. `survivors` are a few of the former that were to stay.
    """

    inside: frozenset[str] = frozenset()
    beyond: int = 0
    oldest: datetime | None = None
    has_marks_beyond: bool = False
    survivors: tuple[str, ...] = ()

    def why_incredible(self, listed: Collection[str], moved: int = 0) -> str | None:
        """Why a narrow listing of these jobs is not believed; None where as good as all that are known are in it, as they were.

        So many of them have other times now; one that is missing may have been created after what was asked for now.
        """
        missing = sum(job_id not in listed for job_id in self.inside)
        if missing + moved <= FEW_JOBS or (missing + moved) * 10 <= len(self.inside):
            return None
        others = f", and {moved} have other times than then" if moved else ""
        return f"{missing} of {len(self.inside)} jobs that it should show are not in it{others}"


def horizon_of(rules: Rules, as_of: datetime) -> datetime | None:
    """The latest creation of a job that any policy could let go now; None where ranks count, which need whole groups.

    Nothing is let go before its age, counted from its creation, its start or its end, none of which comes before its creation,
    nor before `min_age`, counted from its end.
    """
    if not rules.policies or any(policy.keep is not None for policy in rules.policies):
        return None
    shortest = min(max(_shortest_age(policy), rules.min_age) for policy in rules.policies)
    return as_of - shortest + MARGIN


def _shortest_age(policy: Policy) -> timedelta:
    return min(policy.ages) if policy.shorten_to is None else min(*policy.ages, policy.shorten_to)


def why_full(history: History, policy_digest: str, horizon: datetime, as_of: datetime) -> str | None:
    """Why all jobs have to be listed now; None where the last full listing can vouch for those left out."""
    whole = history.whole
    if whole is None or whole.listed is None or whole.policy_digest is None:
        return "the ledger has no full listing that was believed"
    reasons = {
        "the last full listing is older than 7 days": not as_of - FRESH_FOR <= whole.started_at <= as_of,
        "the last full listing was made by other policies": not whole.policy_digest == history.listed_by == policy_digest,
        "jobs that are younger than the last full listing may go": horizon > whole.started_at,
        "somebody lifted a guard, which is for a full listing": bool(history.acknowledged),
        "the last full listing was refused, or its sweep did not end well": not history.is_whole_latest,
    }
    return next((reason for reason, is_so in reasons.items() if is_so), None)


def why_unknown(inventory: Inventory) -> str | None:
    """Why what the ledger knows of the jobs does not do for a narrow listing."""
    if inventory.oldest is None or inventory.oldest < EARLIEST:
        return "when the oldest job was created is not known"
    if inventory.has_marks_beyond:
        return "a job that it would leave out is marked to go"
    return None


def like_with_like(history: History, inventory: Inventory) -> History:
    """The past as a narrow listing is compared with it: what was listed is what it should show."""
    whole: GoodSweep | None = history.whole
    return replace(history, last_whole=None if whole is None else replace(whole, listed=len(inventory.inside)), gone_since=0)
