"""What is expected of jobs that are held: when those go whose holds all end, and of which nothing could be told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.retention.evaluate import evaluate, evaluate_all
from janitor.retention.expectation import expect_released, is_doubtful
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.past import NO_PAST
from janitor.retention.policy import Policy
from janitor.retention.selector import Selector

DAY = timedelta(days=1)
END = datetime(2026, 12, 2, tzinfo=UTC)
"""24 hours after the last day of a hold until the last of November is over."""


def make_hold(*jobs: Job, **changes: Any) -> Hold:
    fields: dict[str, Any] = {
        "name": "h",
        "reason": "x",
        "until": date(2026, 11, 30),
        "job_ids": frozenset(job.id for job in jobs),
    }
    return Hold(**(fields | changes))


def expected(jobs: list[Job], *holds: Hold, policy: Policy | None = None) -> dict[str, datetime]:
    rules = make_rules(policy or make_policy(), holds=holds)
    return expect_released(evaluate_all(jobs, rules, NOW), rules, NOW, NO_PAST)


def test_a_held_job_is_expected_24_hours_after_the_last_day_of_its_hold_or_when_the_policies_let_it_go_later() -> None:
    old, young, free = make_job(), make_job(days_ago=1), make_job(days_ago=2)
    last = (young.finished_at or NOW) + 30 * DAY
    hold, policy = make_hold(old, young), make_policy(after=30 * DAY)
    assert expected([old, young, free], hold, policy=policy) == {old.id: END, young.id: last}
    ended = make_hold(old, until=NOW.date() - DAY)
    assert expected([old], ended) == {old.id: datetime(2026, 11, 24, tzinfo=UTC)}


def test_the_grace_period_comes_on_top() -> None:
    job = make_job()
    assert expected([job], make_hold(job), policy=make_policy(grace=2 * DAY)) == {job.id: END + 2 * DAY}


def test_the_last_end_counts_and_a_hold_without_one_or_a_mark_has_none() -> None:
    job, later = (
        make_job(),
        make_hold(name="i", job_ids=frozenset(), match=Selector(owner=frozenset({"ci-bot"})), until=date(2026, 12, 31)),
    )
    assert expected([job], make_hold(job), later) == {job.id: END + 31 * DAY}
    assert expected([job], make_hold(job), make_hold(job, name="i", until=None)) == {}
    assert expected([marked := make_job(description="janitor-hold")], make_hold(marked)) == {}
    assert expected([job]) == {}


def test_what_no_policy_lets_go_after_the_hold_is_not_expected_at_all() -> None:
    unmanaged, newest = make_job(phase=Phase.TERMINATED), make_job(days_ago=50)
    assert expected([unmanaged], make_hold(unmanaged)) == {}
    older = make_job(days_ago=60)
    keeping = make_policy(keep=Keep(last=1))
    assert expected([older, newest], make_hold(older, newest), policy=keeping) == {older.id: END}
    assert expected([newest, older], make_hold(older), policy=keeping) == {older.id: END}


@pytest.mark.parametrize(
    ("changes", "doubtful"),
    [
        ({"labels": None}, True),
        ({"description": None}, True),
        ({"labels": None, "description": "janitor-hold"}, False),
        ({"description": "janitor-hold"}, False),
        ({"owner": None}, True),
        ({"owner": "held"}, False),
        ({"phase": Phase.UNKNOWN}, True),
        ({}, False),
        ({"days_ago": 1}, False),
    ],
)
def test_a_job_is_in_doubt_where_something_could_not_be_told_and_nothing_else_was_decided(
    changes: dict[str, Any], doubtful: bool
) -> None:
    hold = make_hold(job_ids=frozenset(), match=Selector(owner=frozenset({"held"})))
    assert is_doubtful(evaluate(make_job(**changes), make_rules(holds=(hold,)), NOW)) is doubtful
