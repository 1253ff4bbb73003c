"""Owns the sweep of one target: the eight steps, in order, each one call into the module that owns it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from janitor.core import events
from janitor.core.defect import defect_of
from janitor.core.errors import BackendError, Interrupted, JanitorError, LedgerError, NoSuchJob
from janitor.core.plan import Outcome, Refusal
from janitor.core.verdict import Reason
from janitor.ledger.anchor import write_anchor
from janitor.ledger.facts import read_facts, remember_survivors
from janitor.ledger.store import Fence, Ledger
from janitor.retention.decisions import EVALUATION_FAILED
from janitor.retention.describe import policy_digest
from janitor.retention.guards import check_set
from janitor.sweep.attempt import Attempt
from janitor.sweep.book import Book
from janitor.sweep.canary import Canary
from janitor.sweep.confirm import Confirmation
from janitor.sweep.ending import premature, trouble_of, worse_end, worse_trouble
from janitor.sweep.endurance import Endurance, over_of
from janitor.sweep.execute import Execution
from janitor.sweep.journal import Journal
from janitor.sweep.look import INTERRUPTED
from janitor.sweep.moment import Moment, read_moment
from janitor.sweep.noting import Notes
from janitor.sweep.planning import Planned, PlanStep, plan_target
from janitor.sweep.purge import Purge
from janitor.sweep.records import Scribe
from janitor.sweep.recover import recover
from janitor.sweep.report import TargetReport, Trouble
from janitor.sweep.target import Target, Tools, unheard
from janitor.sweep.unarchived import trouble_of_archives


def nothing_more(_fence: Fence, _scribe: Scribe, _planned: Planned) -> None:
    """Write nothing more than every sweep does."""


@dataclass(kw_only=True)
class Sweep:
    """One pass over one target, and what is known of it so far."""

    target: Target
    tools: Tools
    plan: PlanStep = plan_target
    before_deleting: Callable[[Fence, Scribe, Planned], None] = nothing_more
    """What else is written once the plan stands, and before the first request of step 4."""
    kind: str = "sweep"
    dry_run: bool = False
    supposed: datetime | None = None
    """In a preview, the time as of which is decided instead of the clock's."""
    moment: Moment = field(init=False)
    until: float = field(init=False)
    """When the sweep has lasted its `max_duration`, in monotonic seconds; only proving may take longer, by `confirm_within`."""
    scribe: Scribe = field(init=False)
    book: Book | None = None
    found: TargetReport = field(init=False)

    def __post_init__(self) -> None:
        """Read the clock, for deciding, once; from here on nobody who is told can stop the sweep."""
        if self.supposed is not None and not self.dry_run:
            raise ValueError("what is written and deleted is decided by the clock, never as of a supposed time")
        self.tools = replace(self.tools, say=unheard(self.tools.say))
        self.moment = read_moment(self.tools.clock)
        self.until = self.moment.started + self.target.max_duration.total_seconds()
        self.target.backend.end_by(self.until)
        self.scribe = Scribe(target=self.target.name, project_id=self.target.project_id, sweep_id=self.tools.new_id())
        self.found = TargetReport(
            target=self.target.name,
            sweep_id=self.scribe.sweep_id,
            as_of=self.supposed or self.as_of,
            is_hypothetical=self.supposed is not None,
            dry_run=self.dry_run,
            kind=self.kind,
        )

    @property
    def as_of(self) -> datetime:
        """The time for deciding."""
        return self.moment.as_of

    def run(self, ledger: Ledger, fence: Fence) -> None:
        """The eight steps.

        0. Recover what an earlier sweep left open. 1-3. Collect, decide, plan. 4-6. Look again, intend, delete. 7. Confirm.
        8. Report: the outcomes are in the book, the counts in `sweep.finished`, the head beside the ledger.
        """
        began = {"epoch": fence.epoch, "project_id": self.target.project_id, "kind": self.kind}
        ledger.append([self.scribe.draft(events.SWEEP_STARTED, **began)], fence)
        try:
            recovery = recover(self.target, ledger, fence, self.scribe, self.moment)
            self.found = replace(self.found, recovered=recovery.counts, stuck=recovery.stuck)
            planned = self.make_plan(ledger)
            self.note_plan(planned)
            self._notes(ledger, fence).write(planned)
            self.note_verdicts(planned)
            self.before_deleting(fence, self.scribe, planned)
            end = self._delete(ledger, fence, planned)
        except (BackendError, Interrupted, NoSuchJob) as error:
            ended = self._abort(ledger, fence, error)
        except (JanitorError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001  its intents stay open, for the next sweep to look at
            defect = defect_of(error)
            self.give_up(defect)
            ended = self._abort(ledger, fence, defect)
        else:
            ended = self._finish(ledger, fence, planned, end)
        self.found = replace(self.found, head=str(write_anchor(ledger)), ended=ended)
        counts = self._counted().outcomes()
        self.tools.say(ended, target=self.target.name, sweep_id=self.scribe.sweep_id, head=self.found.head, **counts)

    def _abort(self, ledger: Ledger, fence: Fence, error: JanitorError) -> str:
        """Record that the sweep ended before its time, with what came of it so far."""
        self.note_trouble(error)
        ledger.append([self.scribe.draft(events.SWEEP_ABORTED, code=self._code(), reason=str(error), **self._counts())], fence)
        return events.SWEEP_ABORTED

    def _notes(self, ledger: Ledger, fence: Fence) -> Notes:
        return Notes(
            ledger=ledger,
            fence=fence,
            scribe=self.scribe,
            tools=self.tools,
            as_of=self.as_of,
            kind=self.kind,
            purge=Purge(keep_for=self.target.tombstones.keep_for, per_day=self.target.pace.per_day),
        )

    def make_plan(self, ledger: Ledger | None) -> Planned:
        """Steps 1 to 3, with what the ledger knows of the target's past; nothing is left of them where the clock was set."""
        as_of, digest = max(self.as_of, self.supposed or self.as_of), policy_digest(self.target.rules)
        facts = read_facts(ledger, self.target.name, as_of, digest, self.scribe.sweep_id)
        planned = self.plan(self.target, facts, self.as_of, self.tools.halted())
        refusal = check_set(self.moment.set_by(), self.target.backend.traffic().skew)
        return planned if refusal is None else planned.disbelieved(refusal)

    def _delete(self, ledger: Ledger, fence: Fence, planned: Planned) -> Reason | None:
        """Steps 4 to 7; the answer is why they ended early, if they did."""
        if self.book is None or not planned.plan.entries:
            return None
        journal = Journal(
            ledger=ledger,
            fence=fence,
            scribe=self.scribe,
            book=self.book,
            policy_digest=planned.plan.policy_digest,
            tools=self.tools,
        )
        self.target.backend.end_by(self._latest)
        endurance = Endurance(moment=self.moment, until=self.until, reason=over_of(self.kind))
        execution = Execution(
            target=self.target,
            tools=self.tools,
            journal=journal,
            as_of=self.as_of,
            endurance=endurance,
            beside=planned.beside(),
        )
        attempts = execution.run(planned.plan)
        if execution.flaw is not None:
            self.found = replace(self.found, trouble=self.found.trouble or trouble_of(execution.flaw))
        unconfirmed = self._confirm(journal, planned, attempts)
        return INTERRUPTED if self.tools.stop.is_set() else worse_end(premature(execution.end), unconfirmed)

    @property
    def _latest(self) -> float:
        """When proving ends at the latest."""
        return self.until + self.target.confirm_within.total_seconds()

    def _confirm(self, journal: Journal, planned: Planned, attempts: list[Attempt]) -> Reason | None:
        canary = Canary(
            backend=self.target.backend,
            job_ids=planned.survivors(),
            project_id=self.target.project_id,
            project_name=self.target.project_name,
        )
        confirmation = Confirmation(target=self.target, tools=self.tools, journal=journal, canary=canary, latest=self._latest)
        confirmation.run(attempts)
        return confirmation.end

    def _finish(self, ledger: Ledger, fence: Fence, planned: Planned, end: Reason | None) -> str:
        """Write the counts, and answer with the event that says how it ended.

        A sweep that was refused or did not end well is aborted, with the reason.
        So what a finished sweep says of its time and its survivors can be believed later.
        """
        end = end or self.moment.why_not()
        if end is not None:
            self.found = replace(self.found, trouble=worse_trouble(self.found.trouble, trouble_of(end)))
        reasons = [str(planned.error or ""), planned.refusal.message if planned.refusal else "", end.text if end else ""]
        if any(reasons):
            reason = "; ".join(filter(None, reasons))
            ledger.append([self.scribe.draft(events.SWEEP_ABORTED, code=self._code(), reason=reason, **self._counts())], fence)
            return events.SWEEP_ABORTED
        lifted = [word.guard for word in planned.lifted]
        finished = self.scribe.draft(events.SWEEP_FINISHED, lifted=lifted, **self._counts())
        remember_survivors(ledger, self.scribe.sweep_id, planned.survivors(), [finished], fence)
        return events.SWEEP_FINISHED

    def _counts(self) -> dict[str, dict[str, int]]:
        """What came of the expired jobs, and how many requests of each kind were sent for all of it."""
        return {"outcomes": self._counted().outcomes(), "requests": dict(self.target.backend.traffic().requests)}

    def _code(self) -> str | None:
        """The word for what ended it before its time."""
        if self.found.trouble is not None:
            return self.found.trouble.code
        return None if self.found.refusal is None else self.found.refusal.by

    def note_plan(self, planned: Planned) -> None:
        """Take over what steps 1 to 3 found."""
        self.book = Book(planned.plan)
        self.found = replace(
            self.found,
            is_complete=planned.is_complete,
            workspaces=planned.listing.workspaces,
            listed_to=None if planned.listing.span is None else planned.listing.span.last,
            why_full=planned.why_full,
            decisions=planned.decisions,
            refusal=planned.refusal,
            lifted=planned.lifted,
            trouble=self.found.trouble or trouble_of_archives(planned.plan),
        )
        if planned.error is not None:
            self.note_trouble(planned.error)
        self.note_verdicts(planned)

    def note_verdicts(self, planned: Planned) -> None:
        """Count the verdicts, again once every sentence was told: telling why can fail too, and then the job is undecidable."""
        self.found = replace(self.found, verdicts=planned.verdicts())
        if failed := planned.unevaluated():
            message = f"{len(failed)} job(s) could not be decided, first {failed[0].job.id}: {failed[0].reason.text}"
            self.found = replace(self.found, trouble=Trouble(code=EVALUATION_FAILED, message=message, exit_code=1))

    def note_trouble(self, error: JanitorError) -> None:
        """Take over an error as what went wrong."""
        known = (code for kind, code in _CODES.items() if isinstance(error, kind))
        code = error.code if isinstance(error, BackendError) else next(known, "unexpected")
        trouble = Trouble(code=code, message=str(error), exit_code=error.exit_code)
        self.found = replace(self.found, trouble=trouble)

    def give_up(self, error: JanitorError) -> None:
        """Take over an error that ends the sweep at once: what was not begun is left alone, and cannot be recorded any more."""
        self.note_trouble(error)
        if self.book is not None and self.found.trouble is not None:
            reason = Reason(code=self.found.trouble.code, text=self.found.trouble.message)
            for decision in self.book.still_planned():
                self.book.settle(decision.job.id, Outcome.SKIPPED, reason)

    def refuse(self, ledger: Ledger, refusal: Refusal) -> None:
        """Take over a refusal from before the sweep began, and record it."""
        self.found = replace(self.found, refusal=refusal)
        told = {"by": refusal.by, "reason": refusal.message, "facts": dict(refusal.facts)}
        try:
            ledger.append([self.scribe.draft(events.PLAN_REFUSED, **told)])
        except LedgerError as error:
            self.note_trouble(error)

    def report(self) -> TargetReport:
        """The report as far as things went."""
        lasted = self.tools.clock.monotonic() - self.moment.started
        return replace(self._counted(), traffic=self.target.backend.traffic(), duration_ms=round(lasted * 1000))

    def _counted(self) -> TargetReport:
        return self.found if self.book is None else replace(self.found, entries=self.book.entries())


_CODES: dict[type[JanitorError], str] = {
    LedgerError: "ledger_failed",
    Interrupted: "interrupted",
    NoSuchJob: "no_such_job",
}
