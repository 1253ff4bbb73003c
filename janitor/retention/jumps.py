"""Owns the two guards that notice a jump: a policy that reaches much further, and deletions that nobody expected."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from janitor.core.job import CLOCK_TOLERANCE
from janitor.core.plan import Refusal
from janitor.core.verdict import Decision
from janitor.retention.decisions import verdicts_of
from janitor.retention.guards import SMALL_PLAN
from janitor.retention.history import History, Reach
from janitor.retention.reach import count_reach
from janitor.retention.sight import Sight, at_stake, is_new, refuse, told

LEAST_HISTORY = 4
"""So many sweeps must have finished before anything is measured by what is usual."""
JUMP = 5
"""Beyond so many times the usual it is no ordinary variance any more."""


def check_policies(sight: Sight, history: History) -> Refusal | None:
    """Refuse when an edited policy lets go more than five times as many jobs as it did.

    What it did is its count of the last good sweep, or the median of the last ten where that is more: on a Sunday little ends.
    More than 10 jobs that it selects must be unexpected, too: else the edit is not what lets them go. Policies of new names are
    compared together with those whose names are gone, so that a rename is no jump. What a policy lets go counts whatever the
    mode: one that observed has its count by the time when it enforces.
    """
    last = history.last
    if last is None or last.policies is None or history.finished < LEAST_HISTORY:
        return None
    surprises = Counter(decision.policies for decision in _unexpected(sight, history))
    if surprises.total() <= SMALL_PLAN:
        return None
    for edit in _edits(history, last.policies, count_reach(sight.decisions, sight.policies)):
        if edit.now > JUMP * edit.before and edit.count_selected(surprises) > SMALL_PLAN:
            return _refuse_edit(edit, sight, last.started_at)
    return None


def check_deletions(sight: Sight, history: History) -> Refusal | None:
    """Refuse when more than five times as many jobs are to go unexpectedly as the last ten sweeps planned (the median).

    So neither many trials that age out on one night, nor a backlog that waited, nor a policy that enforces what it observed is
    a jump. Each job that ended since the last good sweep explains one more of each policy with a keep rule that selects it: it
    may have taken the place of an older one.
    """
    last, usual = history.last, [past.planned for past in history.sweeps if past.planned is not None]
    if last is None or history.finished < LEAST_HISTORY or len(usual) < LEAST_HISTORY:
        return None
    surprises = [decision.policies for decision in _unexpected(sight, history)]
    odd, ended = len(surprises), _count_displaced(surprises, sight, last.started_at - CLOCK_TOLERANCE)
    middle = median(usual)
    if odd - ended <= max(SMALL_PLAN, JUMP * middle):
        return None
    text = (
        f"{odd} jobs that would go of target {sight.target} were not expected to go by now, and at most {ended} of them make "
        f"room under a keep rule for jobs that ended since the last good sweep; the last {len(usual)} sweeps planned {middle:g} "
        "(median). Holds, labels or times may be lost, or the jobs are another project's; look at "
        f"`janitor plan --target {sight.quoted}`, and at a few of the jobs with `janitor explain`"
    )
    return refuse("deletions_jumped", sight, text, unexpected=odd, displaced=ended, median=f"{middle:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """Policies that were edited, or that took the place of others: how many jobs they let go before and now."""

    names: tuple[str, ...]
    before: int
    now: int

    def count_selected(self, selecting: Counter[tuple[str, ...]]) -> int:
        """How many jobs they select, of those counted by the policies that do."""
        return sum(count for names, count in selecting.items() if not set(self.names).isdisjoint(names))


def _edits(history: History, last: Mapping[str, Reach], now: Mapping[str, Reach]) -> Iterator[_Edit]:
    for name, reach in sorted(now.items()):
        if name in last and last[name].digest != reach.digest:
            yield _Edit(names=(name,), before=_let_go(history, name), now=reach.lets_go)
    fresh, gone = sorted(now.keys() - last.keys()), last.keys() - now.keys()
    let_go = sum(_let_go(history, name) for name in gone)
    yield _Edit(names=tuple(fresh), before=let_go, now=sum(now[name].lets_go for name in fresh))


def _let_go(history: History, name: str) -> int:
    """How many jobs a policy of the last good sweep let go then, or usually where that is more."""
    counts = [past.policies[name].lets_go for past in history.sweeps if past.policies is not None and name in past.policies]
    return max(counts[0], int(median(counts)))


def _refuse_edit(edit: _Edit, sight: Sight, last: datetime) -> Refusal:
    which = ", ".join(edit.names)
    text = (
        f"the policies of target {sight.target} were edited since the last good sweep, of {told(last)}: {which} lets {edit.now} "
        f"jobs go now, where it was {edit.before}. The edit may reach further than was meant; look at "
        f"`janitor plan --target {sight.quoted}`, or compare the two files with `janitor diff OLD NEW --snapshot FILE`"
    )
    return refuse("policy_changed", sight, text, policy=which, lets_go=edit.now, let_go=edit.before)


def _count_displaced(surprises: Iterable[tuple[str, ...]], sight: Sight, since: datetime) -> int:
    """How many jobs, selected by these policies, may have made room under a keep rule for one that ended since then."""
    room, count = Counter(_room_made(sight, since)), 0
    for names in surprises:
        found = next((name for name in names if room[name] > 0), None)
        if found is not None:
            room[found] -= 1
            count += 1
    return count


def _room_made(sight: Sight, since: datetime) -> Iterator[str]:
    """The policies with a keep rule that select a job that ended since then, once for each such job."""
    for place, (job, _) in enumerate(verdicts_of(sight.decisions) if sight.keeping else ()):
        if job.finished_at is not None and job.finished_at > since:
            yield from sight.keeping.intersection(sight.decisions[place].policies)


def _unexpected(sight: Sight, history: History) -> Iterator[Decision]:
    """The jobs at stake that the last believed sweep did not expect to go by now, though it could have known."""
    expected = sight.known.expected
    for decision in at_stake(sight.plan, sight.decisions):
        due = expected.get(decision.job.id)
        if due is not None and decision.eligible_at is not None and due <= decision.eligible_at:
            continue  # it goes no earlier than it was expected to, as where its grace period begins today
        shown = history.last_to_show(decision.job.created_at)
        is_fresh = shown is not None and is_new(decision.job, shown.started_at - CLOCK_TOLERANCE)
        if not is_fresh and (due is None or due > sight.as_of):
            yield decision
