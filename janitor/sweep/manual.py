"""Owns steps 1 to 3 of a deletion by hand: the named jobs are read one by one, and all of them go or none."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from janitor.backends.port import Backend
from janitor.core.errors import BackendError, JobNotFound, NoSuchJob
from janitor.core.job import Job, differing_fields
from janitor.core.plan import Refusal
from janitor.core.text import inert
from janitor.core.verdict import Decision, Verdict
from janitor.ledger.facts import LedgerFacts
from janitor.retention.describe import policy_digest
from janitor.retention.guards import check_labels
from janitor.retention.manual import evaluate_manual
from janitor.retention.planner import Frame, allowance, build_plan
from janitor.sweep.guarding import Guards
from janitor.sweep.planning import Planned, ask_guarded, refuse_plan
from janitor.sweep.target import Target
from janitor.sweep.turn import rank_failures

REMEDIES = {
    "hold": "`janitor hold list` shows it; what a hold covers is deleted once the hold is removed, and not before",
    "mark": "its owner takes the mark out of the tags or the description, or whatever keeps them from being read is mended",
    "phase": "only a job that ended can be deleted",
    "workspace": "name it to a target that covers its workspace",
    "kind": "let a policy of the target name its kind",
    "min_age": "wait until it is old enough",
    "mode": "`mode: enforce` lets what observes delete",
    "changed": "look at it again",
    "open_intent": "the next sweep settles it",
}
"""What to do about each obstacle."""

NEVER_OLD_ENOUGH = (
    "waiting does not help: a job whose end is not known is not deleted by janitor, and one that never started only once a sweep "
    "saw that it had ended"
)
SPECIAL_REMEDIES = {
    ("min_age", Verdict.UNDECIDABLE): NEVER_OLD_ENOUGH,
    ("mode", Verdict.UNDECIDABLE): (
        "let the policy that only observes say for sure whether it selects the job (all phases in which its parts ended, or "
        "none of them), or give it `mode: enforce`"
    ),
}
"""In place of the general remedy, where the obstacle is of this verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody asks for: which jobs, why, and the jobs as they were shown, where they were."""

    job_ids: tuple[str, ...]
    reason: str
    shown: tuple[Job, ...] = ()


def plan_named(target: Target, facts: LedgerFacts, as_of: datetime, halted: str | None, order: Order) -> Planned:
    """Read the named jobs, decide, plan; raises NoSuchJob, and every other way to be refused or fail is in the answer."""
    frame = Frame(target=target.name, as_of=as_of, policy_digest=policy_digest(target.rules), allowance=len(order.job_ids))
    return ask_guarded(target, facts, frame, lambda: _decide(target, facts, frame, halted, order))


def _decide(target: Target, facts: LedgerFacts, frame: Frame, halted: str | None, order: Order) -> Planned:
    jobs = _get_jobs(target, order.job_ids)
    canaries = tuple(_visible(target.backend, [each for each in facts.survivors if each not in order.job_ids]))
    rules = target.rules.with_holds(facts.standing.holds)
    past = facts.recall(jobs, rules.must_hear)
    decisions = tuple(evaluate_manual(job, rules, order.reason, frame.as_of, past) for job in jobs)
    plan = build_plan(decisions, replace(frame, failed=rank_failures(facts.failures(order.job_ids))))
    judgement = Guards(target=target, facts=facts, halted=halted).judge_unlisted(frame.as_of)
    refusal = (
        judgement.refusal
        or check_labels(rules, frame.as_of, has_labels=target.backend.has_labels, had_labels=facts.had_labels)
        or _check_jobs(decisions, facts, order, rules.unread_fields())
        or _check_pace(target, facts, len(order.job_ids))
    )
    if refusal is not None:
        plan = refuse_plan(plan, refusal)
    return Planned(plan=plan, decisions=decisions, refusal=refusal, canaries=canaries, lifted=judgement.lifted)


def _get_jobs(target: Target, job_ids: Iterable[str]) -> list[Job]:
    """Every job named; raises NoSuchJob with all those that the platform says it does not have."""
    found, missing = list[Job](), list[str]()
    for job_id in job_ids:
        try:
            found.append(target.backend.get_job(job_id))
        except JobNotFound:
            missing.append(job_id)
    if missing:
        raise NoSuchJob(
            f"target {target.name} has no job {', '.join(missing)}, so nothing was deleted; `janitor explain ID` knows what "
            "janitor deleted"
        )
    return found


def _visible(backend: Backend, job_ids: Iterable[str]) -> Iterator[str]:
    """Those survivors of the last sweep that are still there; one that is gone would prove nothing."""
    for job_id in job_ids:
        try:
            if backend.has_job(job_id):
                yield job_id
        except (BackendError, ValueError):
            continue


def _check_jobs(decisions: Iterable[Decision], facts: LedgerFacts, order: Order, unread: frozenset[str]) -> Refusal | None:
    """Refuse all where any may not go: the word of the first obstacle, every job with its own, and what to do."""
    obstacles = [(decision, *obstacle) for decision in decisions if (obstacle := _obstacle(decision, facts, order, unread))]
    if not obstacles:
        return None
    each = "; ".join(f"{one.job.id} ({inert(one.job.name or 'no name', 64)}): {text}" for one, _, text in obstacles)
    remedies = dict.fromkeys(f"{by}: {_remedy(decision, by)}" for decision, by, _ in obstacles)
    return Refusal(by=obstacles[0][1], message=f"nothing was deleted, because of {each}. {'. '.join(remedies)}")


def _remedy(decision: Decision, by: str) -> str:
    return SPECIAL_REMEDIES.get((by, decision.verdict), REMEDIES[by])


def _obstacle(decision: Decision, facts: LedgerFacts, order: Order, unread: frozenset[str]) -> tuple[str, str] | None:
    """What stands against one job: its own decision, a change since it was shown, an earlier deletion still open."""
    if decision.verdict is not Verdict.EXPIRED or decision.observers:
        return decision.reason.code, decision.reason.text
    shown = next((job for job in order.shown if job.id == decision.job.id), decision.job)
    if changed := differing_fields(shown, decision.job, unread):
        return "changed", f"since it was shown, its {', '.join(changed)} changed"
    if any(intent.job_id == decision.job.id for intent in facts.open_intents):
        return "open_intent", "an earlier deletion of it is not settled yet"
    return None


def _check_pace(target: Target, facts: LedgerFacts, wanted: int) -> Refusal | None:
    left = allowance(target.pace, facts.intents_today)
    if wanted <= left:
        return None
    text = (
        f"{wanted} jobs are named, but the pace lets {left} through now; name fewer, wait, or raise the pace in the policy file"
    )
    return Refusal(by="pace", message=text)
