"""Owns the decision for one job: the seven lines of docs/policies.md, in their order; the first that applies decides."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from janitor.core.duration import format_duration
from janitor.core.errors import Interrupted
from janitor.core.job import Job
from janitor.core.phase import TERMINAL, Phase
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.retention.decisions import Decisions, Ruling, fail
from janitor.retention.hold import Holds
from janitor.retention.marks import NO_MARKS, Marks, parse_marks
from janitor.retention.past import NO_PAST, Past
from janitor.retention.policy import Mode, Policy, Rules
from janitor.retention.selector import ask_all
from janitor.retention.vote import EXPIRED, NO_GROUP, Ballot, Vote, Voter, Word

MATCH_UNKNOWN = "match_unknown"
WORKSPACE_UNKNOWN = "workspace_unknown"
UNKNOWN_PHASE = "unknown_phase"
UNMANAGED = "unmanaged"
OUT_OF_SCOPE = "out_of_scope"
ACTIVE = "active"
HELD = "held"
GRACE = "grace"
NOTICE_MISSING = "notice_missing"
"""From MATCH_UNKNOWN on: codes of reasons, beside those of votes and holds."""


def evaluate(job: Job, rules: Rules, as_of: datetime, past: Past = NO_PAST) -> Decision:
    """Decide about one job, as if it were the only one of its target."""
    return Evaluation(rules, as_of, past).decide([job])[0]


def evaluate_all(jobs: Sequence[Job], rules: Rules, as_of: datetime, past: Past = NO_PAST) -> Decisions:
    """Decide about all jobs of a target, in the order given; one about which deciding fails is undecidable, no other is."""
    return Evaluation(rules, as_of, past).decide(jobs)


class Evaluation:
    """The rules of one target, made ready for all its jobs at one instant.

    1. A hold or its owner's mark covers it, or that cannot be told: held. 2. Its phase is active: kept; unknown:
    undecidable. 3. A policy cannot tell whether it selects the job: undecidable. 4. No policy, then no fallback, selects
    it: unmanaged. 5. Any selecting policy keeps it: kept; any cannot tell: undecidable. 6. All let go: expiring while the grace
    period runs or nobody was told of a mark of which somebody must be, then expired. 7. `observers` name what only observes.
    """

    def __init__(self, rules: Rules, as_of: datetime, past: Past = NO_PAST) -> None:
        self.rules, self.as_of, self.past = rules, as_of, past
        self.voters = tuple(Voter(policy, rules, as_of, past) for policy in rules.policies)
        named, fallbacks = (
            tuple(voter for voter in self.voters if voter.policy.fallback is is_fallback) for is_fallback in (False, True)
        )
        self._rounds = tuple(asked for asked in (named, fallbacks) if asked)
        self._counted: dict[tuple[Word, ...], Ruling] = {}
        self._waiting: dict[tuple[Ruling, str], Ruling] = {}
        self._settled: dict[str, Ruling] = {}
        self._holds = Holds(rules.holds, as_of)
        self._faults: dict[Voter, Exception] = {}
        """Why the groups of a policy could not be ranked; then no job that it selects is let go."""
        self._has_keep = any(policy.keep is not None for policy in rules.policies)

    def decide(self, jobs: Sequence[Job]) -> Decisions:
        """Decide about all jobs: hear the policies on each, rank the groups of their keep rules, count."""
        heard = [self.hear(job) for job in jobs]
        for voter in self.voters:
            self._rank(voter)
        rulings = [said if isinstance(said, Ruling) else self.count(job, said) for job, said in zip(jobs, heard, strict=True)]
        return Decisions(jobs, rulings, self.tell)

    def hear(self, job: Job) -> Ruling | tuple[Word, ...]:
        """What settles it without a vote, or what each selecting policy says; a defect may only ever keep a job."""
        try:
            marks = NO_MARKS if job.description == "" and job.labels == () else parse_marks(job)
            settled = self._settle(job, marks)
            if settled is not None:
                return settled
            for asked in self._rounds:
                selecting = _select(job, asked)
                if selecting is None:
                    return self._shared(Verdict.UNDECIDABLE, MATCH_UNKNOWN)
                if len(selecting) == 1:  # as for most jobs
                    return selecting[0].hear(job, marks).alone
                if selecting:
                    return tuple([voter.hear(job, marks) for voter in selecting])
            return self._shared(Verdict.UNMANAGED, UNMANAGED)
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, the job is kept and the sweep is flagged
            for voter in self.voters:
                voter.forget(job)
            return fail(error)

    def count(self, job: Job, words: tuple[Word, ...]) -> Ruling:
        """The verdict by these votes, once the groups are ranked."""
        try:
            return self._count(job, words)
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001  as above
            return fail(error)

    def tell(self, job: Job, ruling: Ruling) -> Decision:
        """A decision in full."""
        if ruling.words:
            return self._tell_count(job, ruling)
        text = ruling.fault or self._tell_settled(job, ruling.code)
        return Decision(job=job, verdict=ruling.verdict, reason=Reason(code=ruling.code, text=text))

    def votes(self, job: Job, ruling: Ruling) -> list[Vote]:
        """What each selecting policy says of a job, in full."""
        marks = parse_marks(job)
        return [word.voter.vote(job, marks, word.says) for word in ruling.words]

    def _settle(self, job: Job, marks: Marks) -> Ruling | None:
        """What needs no policy: a hold, an active or unknown phase, a workspace beyond the target's."""
        hold = self._holds.find(job)
        if hold is not None:
            return self._shared(Verdict.HELD, hold.code)
        if marks.hold is not None:
            return self._shared(Verdict.HELD, HELD)
        if job.other_phases or job.phase not in TERMINAL:
            phases = job.phases
            if Phase.UNKNOWN in phases:
                return self._shared(Verdict.UNDECIDABLE, UNKNOWN_PHASE)
            if not phases <= TERMINAL:
                return self._shared(Verdict.KEPT, ACTIVE)
        if self.rules.workspaces is not None and job.workspace not in self.rules.workspaces:
            is_known = bool(job.workspace)
            return self._shared(*((Verdict.UNMANAGED, OUT_OF_SCOPE) if is_known else (Verdict.UNDECIDABLE, WORKSPACE_UNKNOWN)))
        return None

    def _rank(self, voter: Voter) -> None:
        """A defect in ranking keeps every job that the policy was asked about."""
        try:
            voter.rank()
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001  as above
            self._faults[voter] = error

    def _count(self, job: Job, words: tuple[Word, ...]) -> Ruling:
        """Any keep wins, then any cannot-tell; else the grace period has its turn."""
        for word in words if self._faults else ():
            if word.voter in self._faults:
                return fail(self._faults[word.voter])
        if self._has_keep:
            words = (
                words[0].voter.final(job, words[0]).alone
                if len(words) == 1
                else tuple([word.voter.final(job, word) for word in words])
            )
        ruling = self._counted.get(words)
        if ruling is None:
            ruling = self._counted[words] = _rule(words)
        if ruling.verdict is Verdict.EXPIRED and (ruling.grace or self.past.marks) and self.as_of < self._deadline(job, ruling):
            code = NOTICE_MISSING if self._lacks_notice(job, ruling) else GRACE
            return self._waiting.setdefault((ruling, code), replace(ruling, verdict=Verdict.EXPIRING, code=code))
        return ruling

    def _deadline(self, job: Job, ruling: Ruling) -> datetime:
        """When the grace period of an expired job is over; without a mark, or a notice that it needs, it begins now at the
        earliest."""
        mark, begins_now = self.past.mark_of(job), self.as_of + ruling.grace
        if mark is None:
            return begins_now
        if ruling.needs_notice:
            return mark.noticed_deadline(ruling.grace) or max(begins_now, self.as_of + mark.grace)
        return mark.deadline(ruling.grace)

    def _lacks_notice(self, job: Job, ruling: Ruling) -> bool:
        """Whether a job is marked and nobody was told, though somebody must be."""
        mark = self.past.mark_of(job)
        return ruling.needs_notice and mark is not None and mark.noticed_at is None

    def _tell_settled(self, job: Job, code: str) -> str:
        if code in _SENTENCES:
            return _SENTENCES[code]
        if code == HELD:
            return parse_marks(job).hold or ""
        if code == ACTIVE:
            return f"it is {min(job.phases - TERMINAL)}"
        if code == MATCH_UNKNOWN:
            return self._tell_doubt(job)
        hold = self._holds.find(job)
        return "" if hold is None else hold.text

    def _tell_doubt(self, job: Job) -> str:
        doubtful = [voter.policy for voter in self.voters if voter.asks(job) is None]
        return describe_doubt(job, min(doubtful, key=lambda policy: (policy.fallback, policy.name)))

    def _tell_count(self, job: Job, ruling: Ruling) -> Decision:
        votes = self.votes(job, ruling)
        names = tuple(sorted(vote.policy.name for vote in votes))
        is_let_go = all(vote.ballot is Ballot.LET_GO for vote in votes)
        decisive = _last(votes) if is_let_go else _decisive(votes)
        known = [vote.eligible_at for vote in votes if vote.eligible_at is not None]
        eligible_at = max(known) if len(known) == len(votes) else None
        reason = decisive.reason
        if is_let_go and eligible_at is not None:
            has_grace = ruling.verdict is Verdict.EXPIRING or self.past.mark_of(job) is not None
            eligible_at = max(eligible_at, self._deadline(job, ruling)) if has_grace else eligible_at
        elif eligible_at is not None:
            eligible_at += ruling.grace
        if ruling.verdict is Verdict.EXPIRING:
            reason = Reason(code=ruling.code, text=self._tell_grace(job, ruling, decisive))
        return Decision(
            job=job,
            verdict=ruling.verdict,
            reason=reason,
            policy=decisive.policy.name,
            policies=names,
            observers=_observers(votes, self.rules) if is_let_go else (),
            eligible_at=eligible_at,
            grace=ruling.grace,
        )

    def _tell_grace(self, job: Job, ruling: Ruling, decisive: Vote) -> str:
        mark = self.past.mark_of(job)
        if mark is None:
            return f"{decisive.reason.text}; its grace period of {format_duration(ruling.grace)} begins when a sweep marks it"
        marked = f"{decisive.reason.text}; marked {mark.since:%Y-%m-%d %H:%MZ}"
        if ruling.code == NOTICE_MISSING:
            return f"{marked}, and its grace period of {format_duration(ruling.grace)} begins when somebody was told of that"
        told = "" if not ruling.needs_notice or mark.noticed_at is None else f", told of {mark.noticed_at:%Y-%m-%d %H:%MZ}"
        return f"{marked}{told}, it may go from {self._deadline(job, ruling):%Y-%m-%d %H:%MZ} on"

    def _shared(self, verdict: Verdict, code: str) -> Ruling:
        ruling = self._settled.get(code)
        if ruling is None:
            ruling = self._settled[code] = Ruling(verdict, code)
        return ruling


def describe_doubt(job: Job, policy: Policy) -> str:
    """Say why a policy cannot tell whether it selects a job."""
    why = "a field that it reads is missing"
    if policy.match.match_phase(job) is None:
        why = f"parts of it ended differently ({', '.join(sorted(job.phases))}), and it names only some of these phases"
    return f"whether policy {policy.name} selects it cannot be told: {why}"


def _select(job: Job, asked: tuple[Voter, ...]) -> list[Voter] | None:
    """Those that select a job; None where any of them cannot tell."""
    selecting = []
    for voter in asked:
        answer = ask_all(voter.match, job)
        if answer:
            selecting.append(voter)
        elif answer is None:
            return None
    return selecting


def _rule(words: tuple[Word, ...]) -> Ruling:
    """What these votes come to, before any grace period."""
    grace = max(word.voter.policy.grace for word in words)
    needs_notice = any(word.voter.policy.needs_notice for word in words)
    for ballot, verdict in ((Ballot.KEEP, Verdict.KEPT), (Ballot.CANNOT_TELL, Verdict.UNDECIDABLE)):
        found = [word for word in words if word.ballot is ballot]
        if found:
            decisive = min(found, key=lambda word: (word.says == NO_GROUP, word.voter.policy.name))
            return Ruling(verdict, decisive.says, words, grace, needs_notice)
    return Ruling(Verdict.EXPIRED, EXPIRED, words, grace, needs_notice)


def _decisive(votes: list[Vote]) -> Vote:
    keeps = [vote for vote in votes if vote.ballot is Ballot.KEEP]
    doubts = [vote for vote in votes if vote.ballot is Ballot.CANNOT_TELL]
    return min(keeps or doubts, key=lambda vote: (vote.reason.code == NO_GROUP, vote.policy.name))


def _last(votes: list[Vote]) -> Vote:
    """The policy that let the job go last; of several the first by name."""
    latest = max(vote.eligible_at for vote in votes if vote.eligible_at is not None)
    return min((vote for vote in votes if vote.eligible_at == latest), key=lambda vote: vote.policy.name)


def _observers(votes: list[Vote], rules: Rules) -> tuple[str, ...]:
    policies = sorted(vote.policy.name for vote in votes if vote.policy.mode is Mode.OBSERVE)
    return (*policies, "target") if rules.mode is Mode.OBSERVE else tuple(policies)


_SENTENCES = {
    UNKNOWN_PHASE: "its phase is not one that janitor knows",
    OUT_OF_SCOPE: "it is in a workspace that this target does not cover",
    WORKSPACE_UNKNOWN: "which workspace it is in is not known",
    UNMANAGED: "no policy selects it",
}
