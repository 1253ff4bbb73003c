"""Owns what has become of each job of a frozen plan by now: it would still go, it would not any more, and why."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from janitor.core.fingerprint import fingerprint
from janitor.core.plan import Outcome
from janitor.core.verdict import Decision, Reason
from janitor.retention.decisions import verdicts_of
from janitor.retention.plan_file import FrozenEntry, FrozenPlan
from janitor.retention.planner import CHANGED
from janitor.sweep.book import Entry

GONE = Reason(code="gone", text="the listing does not show it any more: it is gone, or runs again")
_WAITING = frozenset({Outcome.DEFERRED.value, Outcome.REFUSED.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """One job of the plan: `word` is `planned`, `changed`, `gone`, the outcome for which it is set aside, or its verdict now."""

    entry: FrozenEntry
    word: str
    reason: Reason
    decision: Decision | None = None

    @property
    def is_planned(self) -> bool:
        """Whether it would go now."""
        return self.word == Outcome.PLANNED.value

    @property
    def is_changed(self) -> bool:
        """Whether it would go, but is not the job that the plan was made for any more."""
        return self.word == CHANGED.code

    @property
    def is_dropped(self) -> bool:
        """Whether it is not to be deleted any more; what waits still is."""
        return not (self.is_planned or self.is_changed or self.word in _WAITING)


def list_fates(plan: FrozenPlan, entries: Iterable[Entry], decisions: Sequence[Decision]) -> tuple[Fate, ...]:
    """What becomes of each job of the plan, in its order, by what was found on a complete listing now."""
    wanted = plan.fingerprints
    expired = {entry.decision.job.id: entry for entry in entries if entry.decision.job.id in wanted}
    places = {job.id: place for place, (job, _) in enumerate(verdicts_of(decisions)) if job.id in wanted}
    fates = (_fate_of(each, plan, expired.get(each.id)) or _settled(each, places, decisions) for each in plan.entries)
    return tuple(fates)


def list_new(plan: FrozenPlan, entries: Iterable[Entry]) -> Iterator[Entry]:
    """The jobs that would go now and that the plan does not have."""
    known = plan.fingerprints
    return (entry for entry in entries if entry.outcome is Outcome.PLANNED and entry.decision.job.id not in known)


def _fate_of(frozen: FrozenEntry, plan: FrozenPlan, found: Entry | None) -> Fate | None:
    """Of a job that is expired."""
    if found is None:
        return None
    is_same = fingerprint(found.decision.job, plan.compared) == frozen.fingerprint
    if found.outcome is Outcome.SKIPPED or (found.outcome is Outcome.PLANNED and not is_same):
        return Fate(entry=frozen, word=CHANGED.code, reason=CHANGED, decision=found.decision)
    return Fate(entry=frozen, word=found.outcome.value, reason=found.reason, decision=found.decision)


def _settled(frozen: FrozenEntry, places: dict[str, int], decisions: Sequence[Decision]) -> Fate:
    """Of a job that is not."""
    if frozen.id not in places:
        return Fate(entry=frozen, word=GONE.code, reason=GONE)
    decision = decisions[places[frozen.id]]
    return Fate(entry=frozen, word=decision.verdict.value, reason=decision.reason, decision=decision)
