"""Decisions are made in full when they are read: like a list, each the same every time, and a failure is one too."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.errors import Interrupted
from janitor.core.verdict import Verdict
from janitor.retention.decisions import of_verdicts, verdicts_of
from janitor.retention.evaluate import evaluate, evaluate_all
from janitor.retention.keep import Keep
from janitor.retention.past import Past


def test_d28_a_reason_that_cannot_be_told_is_a_decision_that_failed() -> None:
    """The verdict stood already; read again, and counted again, it is the same."""
    decisions = evaluate_all([make_job(), make_job(owner=None)], make_rules(), NOW, Past(marks={}))
    tell, told = decisions._tell, list[Any]()

    def fail_once(job: Any, ruling: Any) -> Any:
        told.append(job)
        if len(told) == 1:
            raise ZeroDivisionError
        return tell(job, ruling)

    decisions._tell = fail_once
    assert list(decisions.of(Verdict.EXPIRED)) == [decisions[1]]
    assert decisions[0].reason.code == "evaluation_failed"
    assert decisions.counts() == {Verdict.UNDECIDABLE: 1, Verdict.EXPIRED: 1}


@pytest.mark.parametrize("error", [Interrupted("stop"), KeyboardInterrupt()])
def test_d28_being_asked_to_stop_while_groups_are_ranked_votes_counted_or_reasons_told_is_no_defect(error: BaseException) -> None:
    class Stop:
        def get(self, *_: Any) -> Any:
            raise error

    class Halting(datetime):
        def astimezone(self, *_: Any) -> Any:
            raise error

    decisions = evaluate_all([make_job()], make_rules(), NOW)
    decisions._tell = Stop().get
    with pytest.raises(type(error)):
        decisions[0]
    with pytest.raises(type(error)):
        evaluate(make_job(), make_rules(), NOW, Past(marks=cast("Any", Stop())))
    halting = Halting(2026, 6, 1, tzinfo=UTC)
    with pytest.raises(type(error)):
        evaluate(
            make_job(created_at=halting, started_at=halting, finished_at=halting),
            make_rules(make_policy(keep=Keep(daily=1))),
            NOW,
        )


def test_decisions_are_read_like_a_list() -> None:
    jobs = [make_job(), make_job(days_ago=1), make_job()]
    decisions = evaluate_all(jobs, make_rules(), NOW)
    assert [each.job for each in decisions] == jobs
    assert [each.job for each in decisions[1:]] == jobs[1:]
    assert decisions[-1].job == jobs[2]
    assert len(decisions) == 3
    assert decisions.counts() == {Verdict.EXPIRED: 2, Verdict.KEPT: 1}
    assert [each.job for each in decisions.of(Verdict.EXPIRED, Verdict.HELD)] == [jobs[0], jobs[2]]
    assert decisions.ruling(1).verdict is Verdict.KEPT


def test_decisions_that_stand_already_are_sorted_out_like_those_made_when_they_are_read() -> None:
    jobs = [make_job(), make_job(days_ago=1), make_job()]
    lazy = evaluate_all(jobs, make_rules(), NOW)
    for decisions in (lazy, list(lazy)):
        assert [each.job for each in of_verdicts(decisions, Verdict.EXPIRED, Verdict.HELD)] == [jobs[0], jobs[2]]
        assert [verdict for _, verdict in verdicts_of(decisions)] == [Verdict.EXPIRED, Verdict.KEPT, Verdict.EXPIRED]
        assert [job for job, _ in verdicts_of(decisions)] == jobs
