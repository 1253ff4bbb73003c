"""Owns steps 1 to 3: collect, decide, plan. It reads, changes nothing, and is all that a dry run does."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from janitor.backends.port import Listing
from janitor.core.errors import BackendError, ClockSkewed, IdentityDiffers
from janitor.core.job import Job
from janitor.core.plan import Outcome, Plan, Refusal, SetAside
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.ledger.facts import LedgerFacts
from janitor.retention.decisions import EVALUATION_FAILED, of_verdicts, verdicts_of
from janitor.retention.describe import policy_digest
from janitor.retention.evaluate import evaluate_all
from janitor.retention.guards import check_clock, check_identity, check_went_back
from janitor.retention.history import Acknowledgement, Reach
from janitor.retention.past import NO_PAST, Past
from janitor.retention.planner import Frame, allowance, build_plan
from janitor.retention.policy import Rules
from janitor.retention.reach import count_reach
from janitor.sweep.collect import collect
from janitor.sweep.guarding import Guards, policy_digests
from janitor.sweep.stuck import find_stuck
from janitor.sweep.target import Target
from janitor.sweep.turn import rank_failures
from janitor.sweep.unarchived import find_unarchived

EMPTY_LISTING = Listing(jobs=(), workspaces=())
CANARIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What steps 1 to 3 found: the listing, a decision for each job, the plan, and what refuses it or went wrong."""

    plan: Plan
    listing: Listing = EMPTY_LISTING
    decisions: Sequence[Decision] = ()
    past: Past = NO_PAST
    rules: Rules | None = None
    """What was decided by, with the holds of the ledger; None where nothing was."""
    refusal: Refusal | None = None
    error: BackendError | None = None
    is_complete: bool = False
    disbelief: Refusal | None = None
    """What makes the decisions doubtful, whatever else refuses the plan: the clock, labels that are not told, or the listing."""
    is_believed: bool = True
    """Whether no guard of the past speaks against it: then it is what the next sweep expects."""
    lifted: tuple[Acknowledgement, ...] = ()
    """What somebody said of the guards that tripped and let the plan pass."""
    reach: Mapping[str, Reach] | None = None
    """How far each policy goes, where all jobs were listed."""
    canaries: tuple[str, ...] | None = None
    """What must stay visible, where the jobs were named and not listed; None where the listing tells."""
    others: tuple[str, ...] = ()
    """Jobs that a narrow listing left out, and that must stay visible, too."""
    why_full: str | None = None
    """Why all jobs were listed, where a narrow listing was asked for."""

    @property
    def is_by_name(self) -> bool:
        """Whether the jobs were named by somebody, so that nothing was listed."""
        return self.canaries is not None

    def verdicts(self) -> dict[str, int]:
        """How many jobs have each verdict; the sum is the number of jobs listed."""
        counts = Counter(verdict for _, verdict in verdicts_of(self.decisions))
        return {verdict.value: counts[verdict] for verdict in Verdict}

    def unevaluated(self) -> tuple[Decision, ...]:
        """The jobs that are kept because deciding about them failed."""
        doubtful = of_verdicts(self.decisions, Verdict.UNDECIDABLE)
        return tuple(decision for decision in doubtful if decision.reason.code == EVALUATION_FAILED)

    def disbelieved(self, refusal: Refusal) -> "Planned":
        """The same with this refusal, because of which nothing that was decided can be relied on, unless one came before."""
        why = self.refusal or refusal
        return replace(self, plan=refuse_plan(self.plan, why), refusal=why, disbelief=self.disbelief or refusal)

    def survivors(self) -> tuple[str, ...]:
        """A few jobs that the plan leaves alone: when they are not visible either, nothing is gone."""
        if self.canaries is not None:
            return self.canaries
        doomed = {entry.job.id for entry in self.plan.entries}
        return (*[job.id for job in self.listing.jobs if job.id not in doomed][-CANARIES:], *self.others)

    def beside(self) -> dict[str, Job]:
        """For each workspace a listed job that the plan leaves alone, the last one."""
        doomed = {entry.job.id for entry in self.plan.entries}
        return {job.workspace: job for job in self.listing.jobs if job.workspace and job.id not in doomed}


PlanStep = Callable[[Target, LedgerFacts, datetime, str | None], Planned]
"""Steps 1 to 3 of a sweep: of the target, its past, the time for deciding, and what halts deleting, if anything does."""


def plan_target(
    target: Target, facts: LedgerFacts, as_of: datetime, halted: str | None = None, only: frozenset[str] = frozenset()
) -> Planned:
    """Collect, decide and plan; every way in which this can be refused or fail is in the answer, none is raised."""
    return plan_framed(target, facts, replace(make_frame(target, facts, as_of), only=only), halted)


def make_frame(target: Target, facts: LedgerFacts, as_of: datetime) -> Frame:
    """What a plan of a target is built for now, before anything narrows it."""
    return Frame(
        target=target.name,
        as_of=as_of,
        policy_digest=policy_digest(target.rules),
        allowance=allowance(target.pace, facts.intents_today),
        open_jobs=frozenset(intent.job_id for intent in facts.open_intents),
        stuck={stuck.job_id: stuck.reason for stuck in find_stuck(facts.open_intents, as_of)},
        unarchived=find_unarchived(target.name, target.rules.policies),
    )


def plan_framed(target: Target, facts: LedgerFacts, frame: Frame, halted: str | None) -> Planned:
    """The same for a frame."""
    return ask_guarded(
        target, facts, frame, lambda: decide_about(target, facts, collect(target.backend, facts.survivors), frame, halted)
    )


def supposing(as_of: datetime | None, plan: PlanStep) -> PlanStep:
    """The same, deciding as of that time instead of the clock's, where one is given.

    The ledger vouches for the clock itself, and says nothing of a time that somebody supposes. So no guard that knows the past
    is asked: by that time other sweeps would have come between, and nothing is deleted by what is supposed.
    """

    def plan_supposed(target: Target, facts: LedgerFacts, now: datetime, halted: str | None) -> Planned:
        time = as_of or now
        refusal = check_ledger_time(target, facts, now)
        if refusal is None:
            return plan(target, replace(facts, last_finished=None, history=None), time, halted)
        frame = Frame(target=target.name, as_of=time, policy_digest=policy_digest(target.rules), allowance=0)
        return Planned(plan=build_plan((), frame), refusal=refusal)

    return plan if as_of is None else plan_supposed


def ask_guarded(target: Target, facts: LedgerFacts, frame: Frame, ask: Callable[[], Planned]) -> Planned:
    """Ask the platform once the guards that need no job let it; what refuses or fails is in the answer."""
    empty = build_plan((), frame)
    try:
        refusal = _check_before_asking(target, facts, frame.as_of)
        return ask() if refusal is None else Planned(plan=empty, refusal=refusal)
    except ClockSkewed as error:
        refusal = check_clock(target.backend.traffic().skew, frame.as_of, None) or Refusal(by="clock", message=str(error))
        return Planned(plan=empty, refusal=refusal)
    except IdentityDiffers as error:
        return Planned(plan=empty, refusal=Refusal(by="identity", message=str(error)))
    except BackendError as error:
        return Planned(plan=empty, error=error)


def decide_about(target: Target, facts: LedgerFacts, listing: Listing, frame: Frame, halted: str | None) -> Planned:
    """Steps 2 and 3, of a listing; raises LedgerError."""
    rules = target.rules.with_holds(facts.standing.holds)
    past = facts.recall(listing.jobs, rules.must_hear)
    decisions = evaluate_all(listing.jobs, rules, frame.as_of, past)
    expired = [decision.job.id for decision in of_verdicts(decisions, Verdict.EXPIRED)]
    plan = build_plan(decisions, replace(frame, failed=rank_failures(facts.failures(expired))))
    judgement = Guards(target=replace(target, rules=rules), facts=facts, halted=halted).judge(plan, decisions, listing)
    refusal = judgement.refusal
    return Planned(
        plan=plan if refusal is None else refuse_plan(plan, refusal),
        listing=listing,
        decisions=decisions,
        past=past,
        rules=rules,
        refusal=refusal,
        is_complete=True,
        disbelief=judgement.disbelief,
        is_believed=judgement.is_believed,
        lifted=judgement.lifted,
        reach=count_reach(decisions, policy_digests(rules)),
    )


def _check_before_asking(target: Target, facts: LedgerFacts, as_of: datetime) -> Refusal | None:
    """The guards that need no job: our clock against the ledger, then the project's identity where a name is given."""
    refusal = check_ledger_time(target, facts, as_of)
    if refusal is None and target.project_name is not None:
        refusal = check_identity(target.project_id, target.project_name, target.backend.list_projects())
    return refusal


def check_ledger_time(target: Target, facts: LedgerFacts, now: datetime) -> Refusal | None:
    """Our clock against the ledger; where somebody spoke for it, the server is asked for its time first."""
    return None if facts.lifted_clock is not None else check_went_back(target.name, now, facts.last_finished)


def refuse_plan(plan: Plan, refusal: Refusal) -> Plan:
    """The same plan with nothing left to do: a refusal refuses it whole."""
    reason = Reason(code=refusal.by, text=refusal.message)
    refused = [SetAside(decision=entry, outcome=Outcome.REFUSED, reason=reason) for entry in plan.entries]
    return replace(plan, entries=(), set_aside=(*plan.set_aside, *refused))
