"""Tests of policies: a case fails for exactly what is not as expected, and nothing in it goes unchecked."""

from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.verdict import Verdict
from janitor.retention.cases import Case, Expectation, run_case
from janitor.retention.keep import Keep
from janitor.retention.policy import Mode

OLD, NEW = make_job(id="old", days_ago=8), make_job(id="new", days_ago=6)


def make_case(**changes: Any) -> Case:
    fields: dict[str, Any] = {
        "name": "c",
        "place": "cases.yaml:7",
        "as_of": NOW,
        "rules": make_rules(),
        "jobs": (OLD,),
        "expected": {"old": Expectation(verdict=Verdict.EXPIRED)},
    }
    return Case(**(fields | changes))


@pytest.mark.parametrize(
    ("wanted", "is_met"),
    [
        (Expectation(verdict=Verdict.EXPIRED, deleted=True, policy="weekly", reason="expired", because="after 1w"), True),
        (Expectation(), True),
        (Expectation(verdict=Verdict.KEPT), False),
        (Expectation(deleted=False), False),
        (Expectation(policy="week"), False),
        (Expectation(reason="expire"), False),
        (Expectation(because="after 2w"), False),
        (Expectation(verdict=Verdict.EXPIRED, because="after 2w"), False),
        (Expectation(policy="other", because="after 1w"), False),
    ],
)
def test_every_word_of_an_expectation_counts(wanted: Expectation, is_met: bool) -> None:
    outcome = run_case(make_case(expected={"old": wanted}))
    assert outcome.is_passed is is_met
    if not is_met:
        (failure,) = outcome.failures
        assert failure.wanted == {word: getattr(wanted, word) for word in wanted.__slots__ if getattr(wanted, word) is not None}
        assert failure.came == {
            "verdict": "expired",
            "deleted": True,
            "policy": "weekly",
            "reason": "expired",
            "because": "finished 8d ago, and policy weekly lets it go after 1w",
        }


def test_an_expired_job_that_is_only_observed_is_not_deleted() -> None:
    rules = make_rules(make_policy(mode=Mode.OBSERVE))
    assert run_case(make_case(rules=rules, expected={"old": Expectation(verdict=Verdict.EXPIRED, deleted=False)})).is_passed
    assert run_case(make_case(jobs=(NEW,), expected={"new": Expectation(deleted=False)})).is_passed


def test_others_is_expected_of_every_job_that_is_not_named() -> None:
    jobs = (OLD, NEW, make_job(id="newer", days_ago=5), make_job(id="older", days_ago=9))
    outcome = run_case(make_case(jobs=jobs, others=Expectation(verdict=Verdict.KEPT)))
    assert [failure.job.id for failure in outcome.failures] == ["older"]


def test_the_jobs_of_a_case_are_decided_about_together() -> None:
    """Alone, each would be the newest of its group."""
    rules = make_rules(make_policy(keep=Keep(last=1), after=timedelta(days=2)))
    case = make_case(
        jobs=(OLD, NEW), rules=rules, expected={"new": Expectation(reason="keep_rule")}, others=Expectation(deleted=True)
    )
    assert run_case(case).is_passed


@pytest.mark.parametrize(
    "changes",
    [
        {"jobs": (OLD, NEW)},
        {"jobs": (NEW,), "others": Expectation()},
        {"jobs": (OLD, OLD), "others": Expectation()},
    ],
)
def test_a_case_that_would_leave_something_unchecked_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="do not fit together"):
        run_case(make_case(**changes))
