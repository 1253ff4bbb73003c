"""Owns the numbers of a policy file against real jobs: what each policy does, what never matters, and what stops deletions."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from janitor.core.job import Job
from janitor.core.verdict import Verdict
from janitor.retention.decisions import EVALUATION_FAILED, Decisions, Ruling
from janitor.retention.doubts import Doubts
from janitor.retention.evaluate import Evaluation
from janitor.retention.keep import Group
from janitor.retention.past import Past
from janitor.retention.policy import Mode, Rules
from janitor.retention.vote import Voter

Counts = dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepSurvey:
    """What the keep rules of a policy meet: their groups, and the selected jobs that are in none as a value is missing.

    `single` groups have one job, and `stuck` ones no more jobs than `last` keeps: there nothing is ever deleted.
    """

    per: Group
    last: int
    groups: int
    single: int
    stuck: int
    jobs_without_group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySurvey:
    """What one policy does: how many jobs its `match` fits, how many it has a say on (`selects`), and what it says of these.

    `says` counts by the codes of reasons (docs/policies.md): excepted, too_young, no_group, keep_rule, min_age, except_unknown,
    time_unknown, and expired where it lets go. `decides` counts the jobs of which it is named as the one that decided; `prevents`
    those that would be deleted if it did not only observe.
    """

    name: str
    fits: int
    cannot_tell: int
    selects: int
    says: Counts
    decides: int
    prevents: int
    keep: KeepSurvey | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All numbers of one target: jobs by verdict, each policy, pairs that select the same jobs, and what cannot be told.

    `stopped_by` counts the undecidable jobs by the fields that stop them: one that lacks two fields counts under both.
    """

    target: str
    as_of: datetime
    verdicts: Counts
    policies: Sequence[PolicySurvey]
    overlaps: Sequence[tuple[str, str, int]]
    stopped_by: Counts

    @property
    def jobs(self) -> int:
        """How many jobs there are."""
        return sum(self.verdicts.values())


def survey_jobs(jobs: Sequence[Job], rules: Rules, as_of: datetime, past: Past) -> Survey:
    """Decide about all jobs, and count."""
    return _Surveyor(jobs, Evaluation(rules, as_of, past)).survey()


class _Surveyor:
    """One evaluation of all jobs of a target, read from several sides."""

    def __init__(self, jobs: Sequence[Job], evaluation: Evaluation) -> None:
        self._jobs, self._evaluation = jobs, evaluation
        self._decisions: Decisions = evaluation.decide(jobs)
        self._rulings = Counter(self._decisions.ruling(place) for place in range(len(jobs)))

    def survey(self) -> Survey:
        """Every number."""
        counts = self._decisions.counts()
        deciders, preventers = self._count_decisions()
        return Survey(
            target=self._evaluation.rules.target,
            as_of=self._evaluation.as_of,
            verdicts={verdict.value: counts[verdict] for verdict in Verdict},
            policies=[
                self._survey_policy(voter, deciders[voter.policy.name], preventers[voter.policy.name])
                for voter in self._evaluation.voters
            ],
            overlaps=self._count_overlaps(),
            stopped_by=dict(sorted(Counter(self._stops()).items())),
        )

    def _survey_policy(self, voter: Voter, decides: int, prevents: int) -> PolicySurvey:
        answers = Counter(voter.asks(job) for job, ruling in self._ruled() if ruling.code != EVALUATION_FAILED)
        says = Counter[str]()
        for ruling, number in self._rulings.items():
            for word in ruling.words:
                says[word.says] += number if word.voter is voter else 0
        return PolicySurvey(
            name=voter.policy.name,
            fits=answers[True],
            cannot_tell=answers[None],
            selects=says.total(),
            says={word: number for word, number in sorted(says.items()) if number},
            decides=decides,
            prevents=prevents,
            keep=self._survey_keep(voter),
        )

    def _survey_keep(self, voter: Voter) -> KeepSurvey | None:
        if voter.groups is None:
            return None
        keep, group_of = voter.groups.keep, voter.groups.group_of
        sizes = [len(members) for members in voter.groups.all().values() if members]
        return KeepSurvey(
            per=keep.per,
            last=keep.last,
            groups=len(sizes),
            single=sum(size == 1 for size in sizes) if keep.last else 0,
            stuck=sum(size <= keep.last for size in sizes),
            jobs_without_group=sum(group_of(job) is None for job in self._selected_by(voter)),
        )

    def _ruled(self) -> Iterator[tuple[Job, Ruling]]:
        return ((job, self._decisions.ruling(place)) for place, job in enumerate(self._jobs))

    def _selected_by(self, voter: Voter) -> Iterator[Job]:
        return (job for job, ruling in self._ruled() if any(word.voter is voter for word in ruling.words))

    def _count_decisions(self) -> tuple[Counter[str], Counter[str]]:
        """For how many jobs each policy is the one that decided, and how many deletions of others it prevents by observing.

        Of the policies that let a job go the one that did so last decides, which differs from job to job; all else is the same
        for all jobs that share a ruling.
        """
        deciders, preventers = Counter[str](), Counter[str]()
        is_enforced = self._evaluation.rules.mode is Mode.ENFORCE
        examples = {self._decisions.ruling(place): place for place in range(len(self._jobs))}
        for ruling, place in examples.items():
            number = self._rulings[ruling]
            if ruling.words and not _is_let_go_by_several(ruling):
                deciders[self._decisions[place].policy or ""] += number
            if ruling.verdict is Verdict.EXPIRED and is_enforced:
                decision = self._decisions[place]
                is_any_enforcing = not set(decision.policies) <= set(decision.observers)
                preventers.update(dict.fromkeys(decision.observers, number) if is_any_enforcing else {})
        for place in range(len(self._jobs)):
            if _is_let_go_by_several(self._decisions.ruling(place)):
                deciders[self._decisions[place].policy or ""] += 1
        return deciders, preventers

    def _count_overlaps(self) -> list[tuple[str, str, int]]:
        """The pairs of policies that have a say on the same jobs; most jobs first."""
        pairs = Counter[tuple[str, str]]()
        for ruling, number in self._rulings.items():
            for pair in combinations(sorted(word.voter.policy.name for word in ruling.words), 2):
                pairs[pair] += number
        return [(one, other, number) for (one, other), number in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))]

    def _stops(self) -> Iterator[str]:
        """For each undecidable job, each field that stops it."""
        doubts = Doubts(self._evaluation)
        for job, ruling in self._ruled():
            if ruling.verdict is Verdict.UNDECIDABLE:
                yield from doubts.fields(job, ruling)


def _is_let_go_by_several(ruling: Ruling) -> bool:
    return len(ruling.words) > 1 and ruling.verdict in (Verdict.EXPIRED, Verdict.EXPIRING)
