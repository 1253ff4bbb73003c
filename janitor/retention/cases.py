"""Owns tests of policies: one case is a few jobs at one instant, and what must be decided about each; nothing is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from janitor.core.job import Job
from janitor.core.verdict import Decision, Verdict
from janitor.retention.evaluate import evaluate_all
from janitor.retention.past import NO_PAST, Past
from janitor.retention.policy import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What must be decided about a job; None where anything will do. `because` must stand in the reason's sentence.

    `deleted` says whether a sweep may delete it: it has expired, and no policy that selects it, nor its target, only observes.
    """

    verdict: Verdict | None = None
    deleted: bool | None = None
    policy: str | None = None
    reason: str | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case; `place` is where it stands, `others` what is expected of every job that `expected` does not name by its id."""

    name: str
    place: str
    as_of: datetime
    rules: Rules
    jobs: tuple[Job, ...]
    expected: Mapping[str, Expectation]
    others: Expectation | None = None
    past: Past = NO_PAST


Told = Mapping[str, str | bool | None]
"""What is said of a decision, by the fields of an expectation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One job about which something else was decided: what was expected, and what came, in full with the reason's sentence."""

    job: Job
    wanted: Told
    came: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a case; it passed where nothing failed."""

    case: Case
    failures: tuple[Failure, ...] = field(default=())

    @property
    def is_passed(self) -> bool:
        """Whether everything was decided as expected."""
        return not self.failures


def run_case(case: Case) -> Outcome:
    """Decide about the jobs of a case, all of them together, and compare; every job is compared with something.

    Raises ValueError where a job has no expectation, or an expectation no job: such a case would look green for nothing.
    """
    ids = {job.id for job in case.jobs}
    lost = sorted(case.expected.keys() - ids) or sorted(() if case.others is not None else ids - case.expected.keys())
    if lost or len(ids) != len(case.jobs):
        raise ValueError(f"case {case.name!r}: jobs and expectations do not fit together: {', '.join(lost) or 'an id twice'}")
    decisions = evaluate_all(case.jobs, case.rules, case.as_of, case.past)
    failures = (_compare(decision, case.expected.get(decision.job.id, case.others)) for decision in decisions)
    return Outcome(case=case, failures=tuple(failure for failure in failures if failure is not None))


def _compare(decision: Decision, expectation: Expectation | None) -> Failure | None:
    wanted = {word: value for word in Expectation.__slots__ if (value := getattr(expectation, word)) is not None}
    came = _tell(decision)
    because = wanted.get("because", "")
    differing = [word for word, value in wanted.items() if word != "because" and value != came[word]]
    if not differing and because in decision.reason.text:
        return None
    return Failure(job=decision.job, wanted=wanted, came=came)


def _tell(decision: Decision) -> dict[str, str | bool | None]:
    return {
        "verdict": decision.verdict.value,
        "deleted": is_deletable(decision),
        "policy": decision.policy,
        "reason": decision.reason.code,
        "because": decision.reason.text,
    }


def is_deletable(decision: Decision) -> bool:
    """Whether a sweep may delete the job: it has expired, and nobody who has a say only observes."""
    return decision.verdict is Verdict.EXPIRED and not decision.observers
