"""Owns the two guards that notice a jump: a policy that reaches much further, and deletions that nobody expected."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from janitor.core.job import CLOCK_TOLERANCE
from janitor.core.plan import Refusal
from janitor.core.verdict import Decision
from janitor.retention.guards import SMALL_PLAN
from janitor.retention.history import History, Reach
from janitor.retention.reach import count_reach
from janitor.retention.sight import Sight, at_stake, is_new, refuse, told

LEAST_HISTORY = 4
"""So many sweeps must have finished before anything is measured by what is usual."""
JUMP = 5
"""Beyond so many times the usual it is no ordinary variance any more."""


def check_policies(sight: Sight, history: History) -> Refusal | None:
    """Refuse when an edited policy lets go more than five times as many jobs as it did at the last good sweep.

    Policies of new names are compared together with those whose names are gone, so that a rename is no jump. What a policy lets
    go counts whatever the mode: one that observes first has its count by the time when it enforces.
    """
    last = history.last
    if last is None or last.policies is None or history.finished < LEAST_HISTORY:
        return None
    stakes = list(at_stake(sight.plan))
    if len(stakes) <= SMALL_PLAN:
        return None
    for edit in _edits(last.policies, count_reach(sight.decisions, sight.policies)):
        if edit.now > JUMP * edit.before and edit.stake(stakes) > SMALL_PLAN:
            return _refuse_edit(edit, sight, last.started_at)
    return None


def check_deletions(sight: Sight, history: History) -> Refusal | None:
    """Refuse when more than five times as many jobs are to go unexpectedly as the last ten sweeps planned (the median).

    Expected is what the last believed sweep expected to go by now, or could not know: that many trials age out on one night,
    that a backlog waited, that a policy enforces what it observed, is no jump. Each job that ended since then explains one more:
    under a keep rule it may have taken the place of an older one.
    """
    last, usual = history.last, [past.planned for past in history.sweeps if past.planned is not None]
    if last is None or history.finished < LEAST_HISTORY or len(usual) < LEAST_HISTORY:
        return None
    since, stakes = last.started_at - CLOCK_TOLERANCE, list(at_stake(sight.plan))
    odd = sum(not (is_new(each.job, since) or _is_due(each, sight)) for each in stakes)
    fresh = sum(job.finished_at is not None and job.finished_at > since for job in sight.jobs)
    middle = median(usual)
    if odd - fresh <= max(SMALL_PLAN, JUMP * middle):
        return None
    text = (
        f"{odd} of {len(stakes)} jobs that would be deleted of target {sight.target} were not expected to go by now, more than the "
        f"{fresh} that ended since the last good sweep may have taken the place of; the last "
        f"{len(usual)} sweeps planned {middle:g} each (median). Holds, labels or times may be lost, or the jobs are another "
        f"project's; look at `janitor plan --target {sight.quoted}`, and at a few of the jobs with `janitor explain`"
    )
    return refuse("deletions_jumped", sight, text, unexpected=odd, at_stake=len(stakes), ended_since=fresh, median=f"{middle:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """Policies that were edited, or renamed, together: how many jobs they let go before and now."""

    names: tuple[str, ...]
    before: int
    now: int

    def stake(self, stakes: list[Decision]) -> int:
        """How many of the jobs at stake they select."""
        return sum(not set(self.names).isdisjoint(decision.policies) for decision in stakes)


def _edits(before: Mapping[str, Reach], now: Mapping[str, Reach]) -> Iterator[_Edit]:
    for name, reach in sorted(now.items()):
        if name in before and before[name].digest != reach.digest:
            yield _Edit(names=(name,), before=before[name].lets_go, now=reach.lets_go)
    fresh, gone = sorted(now.keys() - before.keys()), before.keys() - now.keys()
    yield _Edit(
        names=tuple(fresh), before=sum(before[name].lets_go for name in gone), now=sum(now[name].lets_go for name in fresh)
    )


def _refuse_edit(edit: _Edit, sight: Sight, last: datetime) -> Refusal:
    text = (
        f"policy {' and '.join(edit.names)} of target {sight.target} was edited since the last good sweep, of {told(last)}: it "
        f"lets {edit.now} jobs go now and let {edit.before} go then. It may reach further than was meant; look at "
        f"`janitor plan --target {sight.quoted}`, or compare the two files with `janitor diff OLD NEW --snapshot FILE`"
    )
    return refuse("policy_changed", sight, text, policy=", ".join(edit.names), lets_go=edit.now, let_go=edit.before)


def _is_due(decision: Decision, sight: Sight) -> bool:
    expected = sight.known.expected.get(decision.job.id)
    return expected is not None and expected <= sight.as_of
