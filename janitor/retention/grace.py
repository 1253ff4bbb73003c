"""Owns which marks a sweep makes, lengthens and takes away: how the grace period of a job begins, and by what it ends early."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from janitor.core.verdict import Decision, Verdict
from janitor.retention.decisions import Decisions
from janitor.retention.hold import HOLD, HOLD_ENDED
from janitor.retention.marks import parse_marks
from janitor.retention.past import Key, Mark, Past, key_of
from janitor.retention.vote import NO_GROUP

FIRM = frozenset({Verdict.KEPT, Verdict.HELD, Verdict.UNMANAGED})
"""Verdicts after which a job that expires again has its whole grace period anew."""
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkChange:
    """What becomes of one job's mark: from now on it is `mark`, or it was and is taken away.

    There is no decision about a job that a complete listing does not show: it is gone, or runs again.
    """

    key: Key
    mark: Mark
    decision: Decision | None = None
    is_taken_away: bool = False


def find_mark_changes(decisions: Decisions, past: Past, now: datetime) -> Iterator[MarkChange]:
    """Every change of a mark that these decisions about a complete listing ask for; what begins, begins now.

    An expiring job without a mark gets one. Where a longer grace period is asked for than its mark has, the mark is lengthened;
    it is never shortened, and never begun anew. Only a firm keep, hold or lack of any policy takes it away, or the job's absence:
    not that something cannot be told, or else a platform that is briefly unreadable would begin every grace period anew.
    """
    for decision in decisions.of(Verdict.EXPIRING):
        key, mark, grace = key_of(decision.job), past.mark_of(decision.job), _whole_seconds(decision.grace)
        if mark is None:
            yield MarkChange(key=key, decision=decision, mark=Mark(since=now, grace=grace))
        elif grace > mark.grace:
            yield MarkChange(key=key, decision=decision, mark=replace(mark, grace=grace))
    left = dict(past.marks)
    for place, job in enumerate(decisions.jobs if left else ()):
        mark = left.pop(key_of(job), None)
        if mark is not None and decisions.ruling(place).verdict in FIRM and is_firm(decisions[place]):
            yield MarkChange(key=key_of(job), decision=decisions[place], mark=mark, is_taken_away=True)
    for key, mark in left.items():
        yield MarkChange(key=key, mark=mark, is_taken_away=True)


def is_firm(decision: Decision) -> bool:
    """Whether it certainly is to stay: a held job, that a hold covers it, or that its owner wrote one which could be read.

    That its group is not known keeps it, and is no certainty.
    """
    if decision.reason.code == NO_GROUP:
        return False
    if decision.verdict is not Verdict.HELD or decision.reason.code in (HOLD, HOLD_ENDED):
        return decision.verdict in FIRM
    job = decision.job
    readable = replace(job, labels=job.labels or (), description=job.description or "")
    return parse_marks(readable).hold is not None


def _whole_seconds(grace: timedelta) -> timedelta:
    """As a mark keeps it, which is never less."""
    return -(-grace // SECOND) * SECOND
