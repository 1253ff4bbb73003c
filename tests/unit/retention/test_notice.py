"""With `notice: required` the grace period begins with the delivered notice of the mark, and never without one (B39)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.verdict import Decision, Verdict
from janitor.retention.change import Case, next_change
from janitor.retention.describe import describe_policy
from janitor.retention.evaluate import GRACE, NOTICE_MISSING, evaluate, evaluate_all
from janitor.retention.foresee import Horizon, foresee
from janitor.retention.grace import find_mark_changes
from janitor.retention.past import NO_PAST, Mark, Past, key_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOLD = make_policy(grace=48 * HOUR, needs_notice=True)
RULES = make_rules(TOLD)
JOB = make_job()


def past_of(since: timedelta, told: timedelta | None, grace: timedelta = 48 * HOUR) -> Past:
    """A mark made so long ago, of which somebody was told so long ago."""
    return Past(marks={key_of(JOB): Mark(since=NOW - since, grace=grace, noticed_at=None if told is None else NOW - told)})


def decide(past: Past, *others: object) -> Decision:
    return evaluate(JOB, make_rules(TOLD, *others) if others else RULES, NOW, past)  # type: ignore[arg-type]


@pytest.mark.parametrize("since", [HOUR, 48 * HOUR, 400 * DAY])
def test_b39_s28_a_mark_of_which_nobody_was_told_keeps_its_job_however_old_it_is(since: timedelta) -> None:
    decision = decide(past_of(since, None))
    assert (decision.verdict, decision.reason.code) == (Verdict.EXPIRING, NOTICE_MISSING)
    assert "begins when somebody was told of that" in decision.reason.text
    assert decision.eligible_at == NOW + 48 * HOUR


@pytest.mark.parametrize(("told", "verdict"), [(47 * HOUR, Verdict.EXPIRING), (48 * HOUR, Verdict.EXPIRED)])
def test_b39_the_grace_period_counts_from_the_notice_and_not_from_the_older_mark(told: timedelta, verdict: Verdict) -> None:
    decision = decide(past_of(30 * DAY, told))
    assert decision.verdict is verdict
    assert decision.reason.code == (GRACE if verdict is Verdict.EXPIRING else "expired")
    if verdict is Verdict.EXPIRING:
        assert decision.eligible_at == NOW + HOUR
        assert f"told of {NOW - told:%Y-%m-%d %H:%MZ}, it may go from {NOW + HOUR:%Y-%m-%d %H:%MZ} on" in decision.reason.text


def test_b39_a_notice_that_says_it_is_older_than_its_mark_lets_nothing_go_early() -> None:
    assert decide(past_of(HOUR, 90 * DAY)).verdict is Verdict.EXPIRING


def test_the_longest_grace_asked_for_since_the_mark_counts_from_the_notice() -> None:
    assert decide(past_of(9 * DAY, 3 * DAY, grace=5 * DAY)).verdict is Verdict.EXPIRING
    assert decide(past_of(9 * DAY, None, grace=5 * DAY)).eligible_at == NOW + 5 * DAY


def test_b39_one_of_several_policies_is_enough_to_ask_for_a_notice() -> None:
    assert decide(past_of(30 * DAY, None), make_policy(name="other")).reason.code == NOTICE_MISSING


def test_a_policy_that_asks_for_none_goes_by_the_mark_alone() -> None:
    rules = make_rules(replace(TOLD, needs_notice=False))
    assert evaluate(JOB, rules, NOW, past_of(48 * HOUR, None)).verdict is Verdict.EXPIRED
    assert "told" not in evaluate(JOB, rules, NOW, past_of(HOUR, HOUR)).reason.text


def test_a_job_without_a_mark_gets_one_and_one_that_waits_for_a_notice_no_other() -> None:
    assert decide(NO_PAST).reason.code == GRACE
    (change,) = find_mark_changes(evaluate_all([JOB], RULES, NOW), NO_PAST, NOW)
    assert change.mark == Mark(since=NOW, grace=48 * HOUR)
    waiting = past_of(90 * DAY, None)
    assert list(find_mark_changes(evaluate_all([JOB], RULES, NOW, waiting), waiting, NOW)) == []


def test_a_notice_without_a_grace_period_is_no_policy() -> None:
    with pytest.raises(ValueError, match="a notice is waited for in a grace period, and there is none"):
        make_policy(needs_notice=True)


def test_only_a_required_notice_is_described_so_that_older_policies_keep_their_digest() -> None:
    assert describe_policy(TOLD)["notice"] == "required"
    assert "notice" not in describe_policy(make_policy())


@pytest.mark.parametrize(
    ("past", "at"),
    [
        (past_of(9 * DAY, HOUR), NOW + 47 * HOUR),
        (past_of(9 * DAY, None), NOW + 6 * HOUR + 48 * HOUR),
        (NO_PAST, NOW + 6 * HOUR + 48 * HOUR),
    ],
)
def test_the_forecast_takes_the_next_sweep_to_tell_what_nobody_was_told(past: Past, at: object) -> None:
    horizon = Horizon(as_of=NOW, days=7, sweeps=tuple(NOW + (6 + 24 * day) * HOUR for day in range(7)))
    (expiry,) = foresee([JOB], RULES, past, horizon)
    assert expiry.at == at
    assert foresee([JOB], RULES, past_of(9 * DAY, None), replace(horizon, sweeps=())) == []


@pytest.mark.parametrize(("past", "at"), [(past_of(9 * DAY, HOUR), NOW + 47 * HOUR), (past_of(9 * DAY, None), NOW + 48 * HOUR)])
def test_explain_says_when_it_goes_if_somebody_is_told_now(past: Past, at: object) -> None:
    change = next_change(Case(JOB, RULES, None), decide(past), NOW, past)
    assert change is not None
    assert (change.at, change.then.verdict, change.what) == (at, Verdict.EXPIRED, "its grace period is over")


def test_who_must_hear_is_asked_only_where_a_policy_asks_that_somebody_does() -> None:
    heard = frozenset({"ann"})
    assert replace(RULES, with_channel=heard).must_hear == heard
    assert replace(make_rules(replace(TOLD, needs_notice=False)), with_channel=heard).must_hear is None
