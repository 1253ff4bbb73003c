"""Owns what notices say of a sweep: gathered from its report and the ledger once it is over; it decides nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from janitor.core import events
from janitor.core.errors import BackendError, Interrupted
from janitor.core.job import Job
from janitor.core.plan import Outcome
from janitor.core.verdict import Decision, Verdict
from janitor.ledger.past import read_past
from janitor.ledger.standing import read_standing
from janitor.ledger.store import Ledger
from janitor.notify.digest import MOST_NAMED
from janitor.notify.news import Marked, Named, News, Stop
from janitor.retention.decisions import of_verdicts, verdicts_of
from janitor.retention.foresee import DAY, Expiry, Horizon, foresee
from janitor.retention.past import NO_PAST, Mark, Past
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target

DAYS = 7
CLOCK = "clock"
_LEFT = frozenset({Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.ALREADY_GONE})
_WHY = "the reason is in the audit log"
"""What owners are told of a refusal or trouble in place of its text, which may name the jobs of others."""
_BAD = frozenset({Outcome.FAILED, Outcome.UNKNOWN})
_HAPPENED = {
    Outcome.CONFIRMED: events.DELETION_CONFIRMED,
    Outcome.FAILED: events.DELETION_FAILED,
    Outcome.UNKNOWN: events.DELETION_UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """A job that is marked to go and its mark, of which nobody was told."""

    decision: Decision
    mark: Mark

    @property
    def job(self) -> Job:
        """The job."""
        return self.decision.job


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What there is to tell of one sweep, whomever it is told; `coming` is None where no complete listing was seen.

    `observed` counts the marked jobs of each owner that would go, were they not only observed: nobody is told that they go.
    """

    report: TargetReport
    mode: str
    untold: Sequence[Untold]
    observed: Mapping[str | None, int]
    coming: Sequence[Expiry] | None

    def occasions(self) -> frozenset[str]:
        """The events of the sweep on which a channel may ask for its digest."""
        report = self.report
        found = {events.SWEEP_FINISHED if report.ended == events.SWEEP_FINISHED else events.SWEEP_ABORTED}
        found |= {_HAPPENED[entry.outcome] for entry in report.entries if entry.outcome in _HAPPENED}
        found |= {events.JOB_MARKED} if self.untold else set()
        found |= {events.PLAN_REFUSED} if report.refusal is not None else set()
        found |= {events.LISTING_FAILED} if report.trouble is not None and not report.is_complete else set()
        return frozenset(found)

    def news(self, quota: tuple[int, int] | None) -> News:
        """What is told to everybody."""
        owners = Counter(entry.decision.job.owner for entry in self.report.entries)
        ranked = sorted(owners.items(), key=lambda each: (-each[1], each[0] or ""))
        return replace(self._about(None), quota=quota, owners=ranked)

    def news_of(self, owner: str) -> News | None:
        """What is told to the owner of some jobs; None where there is nothing about any of them."""
        news = self._about(owner)
        is_about_them = news.marked is not None or any(news.outcomes.values())
        return news if is_about_them else None

    def untold_of(self, owner: str | None) -> list[Untold]:
        """The marks to tell of, of one owner's jobs or of all."""
        return [each for each in self.untold if owner is None or each.job.owner == owner]

    def _about(self, owner: str | None) -> News:
        report, refusal, trouble = self.report, self.report.refusal, self.report.trouble
        entries = [entry for entry in report.entries if owner is None or entry.decision.job.owner == owner]
        counts = Counter(entry.outcome.value for entry in entries)
        return News(
            target=report.target,
            mode=self.mode,
            as_of=report.as_of,
            owner=owner,
            outcomes={outcome.value: counts[outcome.value] for outcome in Outcome},
            marked=_marked(self.untold_of(owner), report.as_of),
            observed=sum(self.observed.values()) if owner is None else self.observed.get(owner, 0),
            coming=None if self.coming is None else list(_by_day(self.coming, owner, report.as_of)),
            refusal=None if refusal is None else Stop(by=refusal.by, text=refusal.message if owner is None else _WHY),
            trouble=None if trouble is None else Stop(by=trouble.code, text=trouble.message if owner is None else _WHY),
            failures=[_named(entry.decision.job) for entry in entries if entry.outcome in _BAD],
        )


def gather(target: Target, ledger: Ledger, report: TargetReport) -> Gathered:
    """Read what the report does not have: which marks nobody was told of, and what expires in the coming days."""
    expiring = list(of_verdicts(report.decisions, Verdict.EXPIRING))
    going = [each for each in expiring if not each.observers]
    is_sure = report.is_complete and not _is_clock_doubted(report)
    past = (
        read_past(ledger, target.name, [each.job for each in going], report.as_of, target.rules.with_channel)
        if is_sure
        else NO_PAST
    )
    return Gathered(
        report=report,
        mode=target.rules.mode.value,
        untold=list(_untold(going, past)),
        observed=Counter(each.job.owner for each in expiring if each.observers),
        coming=_foresee(target, ledger, report) if report.is_complete else None,
    )


def read_quota(target: Target, report: TargetReport) -> tuple[int, int] | None:
    """What of the quota is used, and its limit; None where the platform does not say, or answered this sweep badly."""
    if not report.is_complete:
        return None
    try:
        quota = target.backend.read_quota()
    except (BackendError, Interrupted):
        return None
    return None if quota is None else (quota.used, quota.limit)


def _is_clock_doubted(report: TargetReport) -> bool:
    """Then no mark is told of: recorded at a time in the past, a notice would seem older than it is."""
    refusal, trouble = report.refusal, report.trouble
    return (refusal is not None and refusal.by == CLOCK) or (trouble is not None and trouble.code == CLOCK)


def _untold(going: Sequence[Decision], past: Past) -> Iterator[Untold]:
    for decision in going:
        mark = past.mark_of(decision.job)
        if mark is not None and mark.noticed_at is None:
            yield Untold(decision=decision, mark=mark)


def _foresee(target: Target, ledger: Ledger, report: TargetReport) -> list[Expiry]:
    """As if the target were swept once a day; what this sweep deleted does not come."""
    gone = {entry.decision.job.id for entry in report.entries if entry.outcome in _LEFT}
    jobs = [job for job, _ in verdicts_of(report.decisions) if job.id not in gone]
    horizon = Horizon(as_of=report.as_of, days=DAYS, sweeps=tuple(report.as_of + day * DAY for day in range(1, DAYS)))
    rules = target.rules.with_holds(read_standing(ledger, target.name).holds)
    return foresee(jobs, rules, read_past(ledger, target.name, jobs, report.as_of, rules.must_hear), horizon)


def _by_day(coming: Sequence[Expiry], owner: str | None, as_of: datetime) -> Iterator[tuple[date, int]]:
    ours = (each.at for each in coming if owner is None or each.job.owner == owner)
    days = Counter(at.date() for at in ours if at > as_of)
    yield from ((as_of.date() + day * DAY, days[as_of.date() + day * DAY]) for day in range(DAYS))


def _marked(untold: Sequence[Untold], as_of: datetime) -> Marked | None:
    """From when on the first of them may go, counted from now where somebody has to be told."""
    if not untold:
        return None
    first = min(max(as_of, each.decision.eligible_at or as_of) for each in untold)
    return Marked(count=len(untold), first=[_named(each.job) for each in untold[:MOST_NAMED]], from_=first)


def _named(job: Job) -> Named:
    return Named(id=job.id, name=job.name, owner=job.owner)
