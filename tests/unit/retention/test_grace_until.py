"""The grace period: mark first, delete after; and how a mark, once made, is counted."""

from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Job
from janitor.core.verdict import Decision, Verdict
from janitor.retention.evaluate import evaluate
from janitor.retention.keep import Keep
from janitor.retention.past import NO_PAST, Mark, Past, key_of
from janitor.retention.policy import Mode, Policy, Since

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
TWO_DAYS = make_policy(grace=2 * DAY)


def decide(
    *policies: Policy, marked: timedelta | None = None, grace: timedelta = timedelta(0), job: Job | None = None
) -> Decision:
    """About a job that was marked so long ago, when so long a grace period was asked for."""
    job = job or make_job()
    marks = {} if marked is None else {key_of(job): Mark(since=NOW - marked, grace=grace)}
    return evaluate(job, make_rules(*policies), NOW, Past(marks=marks))


def test_line_6_an_expired_job_that_has_no_mark_yet_is_expiring() -> None:
    decision = decide(TWO_DAYS)
    assert (decision.verdict, decision.reason.code, decision.policy) == (Verdict.EXPIRING, "grace", "weekly")
    assert (decision.eligible_at, decision.grace) == (NOW + 2 * DAY, 2 * DAY)
    assert decision.reason.text.endswith("lets it go after 1w; its grace period of 2d begins when a sweep marks it")


@pytest.mark.parametrize(
    ("marked", "verdict"),
    [
        (timedelta(0), Verdict.EXPIRING),
        (2 * DAY - SECOND, Verdict.EXPIRING),
        (2 * DAY, Verdict.EXPIRED),
        (9 * DAY, Verdict.EXPIRED),
    ],
)
def test_line_6_a_marked_job_goes_exactly_when_its_grace_period_is_over(marked: timedelta, verdict: Verdict) -> None:
    decision = decide(TWO_DAYS, marked=marked, grace=2 * DAY)
    assert (decision.verdict, decision.eligible_at) == (verdict, NOW - marked + 2 * DAY)


def test_a_running_grace_period_says_when_it_began_and_ends() -> None:
    text = decide(TWO_DAYS, marked=DAY, grace=2 * DAY).reason.text
    assert text.endswith("marked 2026-11-22 03:00Z, it may go from 2026-11-24 03:00Z on")


def test_the_longest_grace_in_force_since_the_mark_counts() -> None:
    """Neither a shorter one in the file of today nor a longer one in that of last week is forgotten."""
    assert decide(TWO_DAYS, marked=3 * DAY, grace=5 * DAY).eligible_at == NOW + 2 * DAY
    assert decide(make_policy(grace=5 * DAY), marked=3 * DAY, grace=2 * DAY).eligible_at == NOW + 2 * DAY
    assert decide(make_policy(), marked=3 * DAY, grace=5 * DAY).verdict is Verdict.EXPIRING


def test_s16_the_longest_grace_of_all_that_select_the_job_counts_of_whatever_mode() -> None:
    watching = make_policy(name="watching", mode=Mode.OBSERVE, grace=5 * DAY)
    decision = decide(TWO_DAYS, watching)
    assert (decision.verdict, decision.eligible_at, decision.observers) == (Verdict.EXPIRING, NOW + 5 * DAY, ("watching",))


@pytest.mark.parametrize(
    "policy",
    [make_policy(after=300 * DAY), make_policy(keep=Keep()), make_policy(keep=Keep(), grace=2 * DAY)],
    ids=["age", "keep", "both"],
)
def test_a_kept_job_does_not_expire_by_its_mark(policy: Policy) -> None:
    assert decide(TWO_DAYS, policy, marked=9 * DAY, grace=2 * DAY).verdict is Verdict.KEPT


def test_a_kept_job_may_go_a_grace_period_after_its_age() -> None:
    assert decide(make_policy(after=101 * DAY, grace=2 * DAY)).eligible_at == NOW + 3 * DAY


def test_an_expired_job_says_since_when_it_may_go() -> None:
    """Not "now": the day on which its policy let it go, or on which its grace period ended."""
    assert decide(make_policy()).eligible_at == NOW - 93 * DAY
    assert decide(TWO_DAYS, marked=9 * DAY, grace=2 * DAY).eligible_at == NOW - 7 * DAY
    assert decide(make_policy(), marked=9 * DAY).eligible_at == NOW - 9 * DAY


@pytest.mark.parametrize(
    "changes",
    [{"id": "another"}, {"created_at": NOW - 101 * DAY}, {"created_at": NOW - 100 * DAY - timedelta(hours=2, seconds=1)}],
)
def test_a_mark_is_of_one_job_and_no_other_that_was_given_its_id(changes: dict[str, Any]) -> None:
    job = make_job()
    other = make_job(**({"id": job.id} | changes))
    past = Past(marks={key_of(job): Mark(since=NOW - 9 * DAY, grace=2 * DAY)})
    assert evaluate(job, make_rules(TWO_DAYS), NOW, past).verdict is Verdict.EXPIRED
    assert evaluate(other, make_rules(TWO_DAYS), NOW, past).verdict is Verdict.EXPIRING


def never_started() -> Job:
    return make_job(started_at=None, finished_at=None, never_started=True)


def test_a_job_that_never_started_expires_by_when_it_was_first_seen_ended() -> None:
    job = never_started()
    for seen, verdict in ((7 * DAY, Verdict.EXPIRED), (7 * DAY - SECOND, Verdict.KEPT)):
        decision = evaluate(job, make_rules(), NOW, Past(first_seen={key_of(job): NOW - seen}))
        assert decision.verdict is verdict
        assert decision.eligible_at == NOW - seen + 7 * DAY
        assert decision.reason.text.startswith("never started, and first seen ended ")


def test_a_job_that_never_started_is_undecidable_until_a_sweep_has_seen_it_ended() -> None:
    decision = evaluate(never_started(), make_rules(), NOW, NO_PAST)
    assert (decision.verdict, decision.reason.code) == (Verdict.UNDECIDABLE, "time_unknown")
    assert (
        decision.reason.text
        == "it never started, and no sweep has seen it ended before; from the next one on that is when it ended"
    )


def test_no_age_counts_from_the_start_of_a_job_that_never_started() -> None:
    job = never_started()
    past = Past(first_seen={key_of(job): NOW - 90 * DAY})
    decision = evaluate(job, make_rules(make_policy(since=Since.STARTED)), NOW, past)
    assert (decision.verdict, decision.reason.text) == (Verdict.UNDECIDABLE, "it never started")


def test_when_it_was_first_seen_says_nothing_of_a_job_whose_end_is_merely_unknown() -> None:
    job = make_job(finished_at=None)
    past = Past(first_seen={key_of(job): NOW - 90 * DAY})
    assert evaluate(job, make_rules(), NOW, past).verdict is Verdict.UNDECIDABLE
