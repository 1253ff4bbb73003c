"""Owns which guards are asked about a plan, in which order, and which of those that trip somebody has lifted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from shlex import quote

from janitor.backends.port import Listing
from janitor.core.canonical import digest
from janitor.core.job import Job
from janitor.core.phase import TERMINAL
from janitor.core.plan import Plan, Refusal
from janitor.core.verdict import Decision
from janitor.ledger.facts import LedgerFacts
from janitor.retention.decisions import EVALUATION_FAILED, Decisions
from janitor.retention.describe import describe_policy
from janitor.retention.guards import check_labels, check_max_share, check_skew, check_went_back
from janitor.retention.history import LIFTABLE, Acknowledgement
from janitor.retention.past_guards import check_crash_loop, check_past
from janitor.retention.pause import check_pause
from janitor.retention.policy import Rules
from janitor.retention.sight import Known, Sight, at_stake
from janitor.sweep.target import Target

DOUBTING = frozenset(LIFTABLE[:5])
"""After one of these, nothing that was decided can be relied on: what a sweep remembers of the jobs stays as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the guards say: `refusal` is the first that trips and is not lifted, with a word about the others.

    `disbelief` is the first that makes the decisions doubtful, whatever else refuses the plan; `is_believed` says that no guard
    of the past speaks against it; `lifted` are those that tripped, and let the plan pass because of somebody's word.
    """

    refusal: Refusal | None
    disbelief: Refusal | None = None
    lifted: tuple[Acknowledgement, ...] = ()
    is_believed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """The guards of one target in one sweep: what is known of its past, and what halts deleting, if anything does."""

    target: Target
    facts: LedgerFacts
    halted: str | None

    def judge(self, plan: Plan, decisions: Sequence[Decision], listing: Listing) -> Judgement:
        """Judge the plan of a complete listing.

        1. A pause. 2. The clock: where it is wrong, the past says nothing. 3. What makes the listing or the decisions doubtful.
        4. The share. 5. What is doubtful about the plan alone.
        """
        clock, words = self._check_clock(plan.as_of)
        has_labels, terminal = listing.has_labels, self.facts.beyond + sum(job.phase in TERMINAL for job in listing.jobs)
        labels = check_labels(self.target.rules, plan.as_of, has_labels=has_labels, had_labels=self.facts.had_labels)
        tripped = self._check_past(plan, decisions, listing) if clock is None else ()
        known = {} if self.facts.history is None else self.facts.history.acknowledged
        words = (*words, *(known[each.by] for each in tripped if each.by in known))
        tripped = tuple(each for each in tripped if each.by not in known)
        doubts = [each for each in (clock, labels, *tripped) if each is not None and each.by not in _OF_THE_PLAN]
        others = [check_max_share(plan, self.target.limits.max_share_percent, terminal)]
        others += [each for each in tripped if each.by in _OF_THE_PLAN]
        refusal = _sum_up(self.target.name, [check_pause(self.facts.standing.pause, self.halted), *doubts, *others])
        return Judgement(refusal=refusal, disbelief=next(iter(doubts), None), lifted=words, is_believed=not tripped)

    def judge_unlisted(self, as_of: datetime) -> Judgement:
        """The same without a listing: what can be told of the time and the past alone."""
        clock, words = self._check_clock(as_of)
        pause = check_pause(self.facts.standing.pause, self.halted)
        return Judgement(refusal=_sum_up(self.target.name, [pause, clock, self._check_crashes(as_of)]), lifted=words)

    def _check_clock(self, as_of: datetime) -> tuple[Refusal | None, tuple[Acknowledgement, ...]]:
        """The clock's refusal, or the word that lifts it: valid only while the server's clock agrees with ours."""
        skew = self.target.backend.traffic().skew
        if (refusal := check_skew(skew)) is not None:
            return refusal, ()
        refusal, word = check_went_back(self.target.name, as_of, self.facts.last_finished), self.facts.lifted_clock
        if refusal is None or word is None or skew is None:
            return refusal, ()
        return None, (word,)

    def _check_crashes(self, as_of: datetime) -> Refusal | None:
        if self.facts.history is None:
            return None
        nothing = Plan(target=self.target.name, as_of=as_of, policy_digest="", entries=(), set_aside=())
        return check_crash_loop(self._sight(nothing, (), Listing(jobs=(), workspaces=()), Known()), self.facts.history)

    def _check_past(self, plan: Plan, decisions: Sequence[Decision], listing: Listing) -> tuple[Refusal, ...]:
        if self.facts.history is None:
            return ()
        shown = replace(listing, jobs=_decided(listing.jobs, decisions))
        known = self.facts.recognise(shown.jobs, {decision.job.id for decision in at_stake(plan, decisions)})
        return check_past(self._sight(plan, decisions, shown, known), self.facts.history)

    def _sight(self, plan: Plan, decisions: Sequence[Decision], listing: Listing, known: Known) -> Sight:
        rules = self.target.rules
        return Sight(
            target=plan.target,
            as_of=plan.as_of,
            jobs=listing.jobs,
            workspaces=listing.workspaces,
            decisions=decisions,
            plan=plan,
            policies=policy_digests(rules),
            keeping=frozenset(policy.name for policy in rules.policies if policy.keep is not None),
            covers_all=rules.workspaces is None,
            known=known,
        )


def policy_digests(rules: Rules) -> dict[str, str]:
    """What each policy of a target says, as a digest by its name."""
    return {policy.name: digest(describe_policy(policy)) for policy in rules.policies}


def _decided(jobs: Sequence[Job], decisions: Sequence[Decision]) -> tuple[Job, ...]:
    """The jobs without those of which deciding failed: what is wrong with one of them must not fail the others."""
    if not isinstance(decisions, Decisions) or all(ruling.code != EVALUATION_FAILED for ruling in decisions.rulings()):
        return tuple(jobs)
    return tuple(job for place, job in enumerate(jobs) if decisions.ruling(place).code != EVALUATION_FAILED)


def _sum_up(target: str, found: Sequence[Refusal | None]) -> Refusal | None:
    """The first refusal; the others are named in it, so that nobody mends one a night."""
    refusals = [each for each in found if each is not None]
    if len(refusals) < 2:
        return next(iter(refusals), None)
    first, others = refusals[0], [each.by for each in refusals[1:]]
    commands = [f"`janitor acknowledge {by} --target {quote(target)} --reason TEXT`" for by in others if by in LIFTABLE]
    text = f"{first.message}. Besides, {' and '.join(others)} would refuse it{': ' if commands else ''}{', '.join(commands)}"
    return Refusal(by=first.by, message=text, facts={**first.facts, "besides": " ".join(others)})


_OF_THE_PLAN = frozenset(LIFTABLE) - DOUBTING
