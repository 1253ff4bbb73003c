"""Owns the decision for one job: the seven lines of docs/policies.md, in their order; the first that applies decides."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from janitor.core.errors import Interrupted
from janitor.core.job import Job
from janitor.core.phase import TERMINAL, Phase
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.retention.decisions import Decisions, Ruling
from janitor.retention.hold import find_hold
from janitor.retention.marks import NO_MARKS, Marks, parse_marks
from janitor.retention.past import NO_PAST, Past
from janitor.retention.policy import Mode, Policy, Rules
from janitor.retention.vote import EXPIRED, KEEP_RULE, Ballot, Vote, Voter, Word

EVALUATION_FAILED = "evaluation_failed"
GRACE = "grace"


def evaluate(job: Job, rules: Rules, as_of: datetime, past: Past = NO_PAST) -> Decision:
    """Decide about one job, as if it were the only one of its target."""
    return Evaluation(rules, as_of, past).decide([job])[0]


def evaluate_all(jobs: Sequence[Job], rules: Rules, as_of: datetime, past: Past = NO_PAST) -> Decisions:
    """Decide about all jobs of a target, in the order given; one about which deciding fails is undecidable, the others are not."""
    return Evaluation(rules, as_of, past).decide(jobs)


class Evaluation:
    """The rules of one target, made ready for all its jobs at one instant.

    1. A hold or its owner's mark covers it, or that cannot be told: held. 2. Its phase is active: kept; unknown:
    undecidable. 3. A policy cannot tell whether it selects the job: undecidable. 4. No policy, then no fallback, selects
    it: unmanaged. 5. Any selecting policy keeps it: kept; any cannot tell: undecidable. 6. All let go: expiring while the grace
    period runs, then expired. 7. `observers` name what only observes.
    """

    def __init__(self, rules: Rules, as_of: datetime, past: Past = NO_PAST) -> None:
        self.rules, self.as_of, self.past = rules, as_of, past
        self.voters, self._fallbacks = (
            tuple(Voter(policy, rules, as_of, past) for policy in rules.policies if policy.fallback is is_fallback)
            for is_fallback in (False, True)
        )
        self._rulings: dict[object, Ruling] = {}
        self._failed: dict[str, str] = {}

    def decide(self, jobs: Sequence[Job]) -> Decisions:
        """Decide about all jobs: hear the policies on each, rank the groups of their keep rules, count."""
        heard = [self._guarded(self._hear, job) for job in jobs]
        for voter in (*self.voters, *self._fallbacks):
            voter.rank()
        rulings = [
            said if isinstance(said, Ruling) else self._guarded(self._count, job, said)
            for job, said in zip(jobs, heard, strict=True)
        ]
        return Decisions(jobs, rulings, self.tell)
