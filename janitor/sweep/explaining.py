"""Owns what `explain` asks about one job of one target: a look and, where its rank counts, a listing. It writes nothing."""

from dataclasses import dataclass
from datetime import datetime

from janitor.core.errors import BackendError, JobNotFound
from janitor.core.job import Job
from janitor.core.plan import Outcome, Refusal
from janitor.ledger.facts import read_facts
from janitor.ledger.past import read_past
from janitor.ledger.standing import Standing, read_standing
from janitor.ledger.store import Ledger
from janitor.retention.decisions import Decisions
from janitor.retention.describe import policy_digest
from janitor.retention.planner import Pace
from janitor.retention.trace import Trace, trace_job
from janitor.sweep.entry import preview_target
from janitor.sweep.guarding import Guards
from janitor.sweep.report import TargetReport, Trouble
from janitor.sweep.target import Target, Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """When an expired job has its turn: `older` jobs go before it, and it goes in about that sweep from now; None for never.

    Older ones go before it, and so does every other one where its own latest deletion failed.
    """

    older: int
    sweep: int | None
    pace: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What one target tells of a job; without a trace it does not show it, or, with `trouble`, could not be asked.

    With both, its jobs could not be listed. `refusal` is what lets nothing be deleted there now, whatever is decided.
    """

    target: str
    as_of: datetime
    is_hypothetical: bool = False
    trace: Trace | None = None
    first_seen: datetime | None = None
    """When a sweep first saw it ended, of a job that never started."""
    turn: Turn | None = None
    refusal: Refusal | None = None
    trouble: Trouble | None = None
    is_listing_refused: bool = False

    @property
    def exit_code(self) -> int:
        """The exit code of this target alone."""
        if self.trouble is not None:
            return self.trouble.exit_code
        return 4 if self.is_listing_refused else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Explainer:
    """Where a job is looked for, and as of which time it is decided about: the clock's, where none is supposed."""

    target: Target
    ledger: Ledger | None
    tools: Tools
    supposed: datetime | None = None

    def explain(self, job_id: str) -> Explanation:
        """Look at a job and say why it is decided as it is; what went wrong is in the answer, or LedgerError or Interrupted."""
        now = self.tools.clock.now()
        try:
            job = self.target.backend.get_job(job_id)
        except JobNotFound:
            return Explanation(target=self.target.name, as_of=self.supposed or now)
        except BackendError as error:
            return Explanation(target=self.target.name, as_of=self.supposed or now, trouble=_trouble(error))
        report = self._list() if any(policy.keep is not None for policy in self.target.rules.policies) else None
        return self._explain(job, now, report)

    def _list(self) -> TargetReport:
        return preview_target(self.target, self.ledger, self.tools, as_of=self.supposed)

    def _explain(self, job: Job, now: datetime, report: TargetReport | None) -> Explanation:
        target, as_of = self.target, self.supposed or (now if report is None else report.as_of)
        standing = Standing() if self.ledger is None else read_standing(self.ledger, target.name)
        others = report.decisions.jobs if report is not None and isinstance(report.decisions, Decisions) else ()
        is_listed = report is None or report.is_complete
        past = read_past(self.ledger, target.name, (job, *others), max(now, as_of), target.rules.must_hear)
        rules = target.rules.with_holds(standing.holds)
        return Explanation(
            target=target.name,
            as_of=as_of,
            is_hypothetical=self.supposed is not None,
            trace=trace_job(job, rules, as_of, past, others if is_listed else None),
            first_seen=past.finish_of(job) if job.never_started else None,
            turn=None if report is None else _turn(job.id, report, target.pace),
            refusal=self._refusal(now) if report is None else report.refusal,
            trouble=report.trouble if report is not None and not report.is_complete else None,
            is_listing_refused=not is_listed,
        )

    def _refusal(self, now: datetime) -> Refusal | None:
        """What is known to let nothing go without a listing: a pause, a clock that is wrong, sweeps that never end."""
        facts = read_facts(self.ledger, self.target.name, now, policy_digest(self.target.rules))
        return Guards(target=self.target, facts=facts, halted=self.tools.halted()).judge_unlisted(now).refusal


def _trouble(error: BackendError) -> Trouble:
    return Trouble(code=error.code, message=str(error), exit_code=error.exit_code)


def _turn(job_id: str, report: TargetReport, pace: Pace) -> Turn | None:
    """A job's place among those that wait to go, in the order of the plan; None where it is not one of them."""
    queue = [entry.decision.job.id for entry in report.entries if entry.outcome is Outcome.PLANNED]
    planned = len(queue)
    queue += [
        entry.decision.job.id for entry in report.entries if entry.outcome is Outcome.DEFERRED and entry.reason.code == "pace"
    ]
    if job_id not in queue:
        return None
    older = queue.index(job_id)
    if older < planned:
        return Turn(older=older, sweep=1, pace=pace)
    a_day = min(pace.per_sweep, pace.per_day)
    return Turn(older=older, sweep=2 + (older - planned) // a_day if a_day else None, pace=pace)
