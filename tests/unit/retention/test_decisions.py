"""Decisions are made when they are read: whoever asks for some of them, or for verdicts alone, has no others made."""

import pytest
from builders import make_job

from janitor.core.errors import Interrupted
from janitor.core.job import Job
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.retention.decisions import Decisions, Ruling, of_verdicts, verdicts_of

JOBS = [make_job() for _ in range(3)]
VERDICTS = [Verdict.KEPT, Verdict.EXPIRED, Verdict.KEPT]


def decided(told: list[str], error: Exception | None = None) -> Decisions:
    def tell(job: Job, ruling: Ruling) -> Decision:
        if error is not None:
            raise error
        told.append(job.id)
        return Decision(job=job, verdict=ruling.verdict, reason=Reason(code=ruling.code, text=""))

    return Decisions(JOBS, [Ruling(verdict, "code") for verdict in VERDICTS], tell)


def test_only_those_of_the_wanted_verdicts_are_made() -> None:
    told = list[str]()
    (found,) = of_verdicts(decided(told), Verdict.EXPIRED)
    assert (found.job, told) == (JOBS[1], [JOBS[1].id])
    assert [each.job for each in of_verdicts(tuple(decided([])), Verdict.KEPT, Verdict.HELD)] == [JOBS[0], JOBS[2]]


def test_for_the_verdicts_none_is_made() -> None:
    told = list[str]()
    expected = list(zip(JOBS, VERDICTS, strict=True))
    assert (list(verdicts_of(decided(told))), told) == (expected, [])
    assert list(verdicts_of(tuple(decided([])))) == expected


def test_the_wish_to_stop_is_no_failure_of_a_decision() -> None:
    with pytest.raises(Interrupted):
        list(decided([], Interrupted("stop")))
