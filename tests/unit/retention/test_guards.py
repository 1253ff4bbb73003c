"""Limits and guards: when they refuse, when they do not, and that the message says the numbers and what to do."""

from datetime import timedelta

import pytest
from builders import NOW, make_job, make_policy, make_rules
from hypothesis import given
from hypothesis import strategies as st

from janitor.core.plan import Plan
from janitor.retention.evaluate import evaluate
from janitor.retention.guards import SMALL_PLAN, check_clock, check_identity, check_labels, check_max_share, check_set
from janitor.retention.hold import Hold
from janitor.retention.planner import Frame, build_plan
from janitor.retention.selector import Selector


def plan_of(size: int, allowed: int | None = None) -> Plan:
    made = [evaluate(make_job(), make_rules(), NOW) for _ in range(size)]
    return build_plan(
        made, Frame(target="research", as_of=NOW, policy_digest="d", allowance=size if allowed is None else allowed)
    )


@pytest.mark.parametrize(
    ("planned", "percent", "listed", "refused"),
    [
        (25, 25, 100, False),
        (26, 25, 100, True),
        (10, 1, 10, False),
        (11, 99, 11, True),
        (11, 100, 11, False),
        (11, 0, 10_000, True),
    ],
)
def test_max_share_compares_exactly_and_spares_plans_of_10(planned: int, percent: int, listed: int, refused: bool) -> None:
    refusal = check_max_share(plan_of(planned), percent, listed)
    assert (refusal is not None) is refused
    if refusal is not None:
        assert refusal.by == "max_share"
        assert f"{planned} of {listed}" in refusal.message


@given(planned=st.integers(0, 14), percent=st.integers(0, 100), listed=st.integers(0, 60), rest=st.integers(0, 14))
def test_c21_both_caps_apply_and_shares_say_nothing_of_a_few_jobs(planned: int, percent: int, listed: int, rest: int) -> None:
    """1 of 2 jobs is 50 %: a plan of 10 jobs or fewer is never refused by its share, whatever the pace lets through."""
    listed = max(listed, planned)
    plan = plan_of(planned, allowed=rest)
    assert len(plan.entries) == min(planned, rest)
    refused = check_max_share(plan, percent, listed) is not None
    assert refused is (len(plan.entries) > SMALL_PLAN and len(plan.entries) * 100 > percent * listed)


@pytest.mark.parametrize("listed", [1, 2, 10])
def test_c21_even_a_share_of_nothing_spares_a_plan_of_ten(listed: int) -> None:
    assert check_max_share(plan_of(listed), 0, listed) is None


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a23_a_clock_that_differs_by_over_5_minutes_refuses_and_says_by_how_much(minutes: int) -> None:
    refusal = check_clock(timedelta(minutes=minutes), NOW, None)
    assert refusal is not None
    assert (refusal.by, "360 s" in refusal.message) == ("clock", True)


def test_a_clock_that_went_back_against_the_ledger_refuses() -> None:
    refusal = check_clock(None, NOW, NOW + timedelta(minutes=6))
    assert refusal is not None
    assert refusal.by == "clock"


@pytest.mark.parametrize(
    ("set_min", "skew_min", "told"), [(6, None, 360), (-6, 0, -360), (4, 2, 360), (-4, -2, -360), (6, -6, 360)]
)
def test_b25_a_clock_that_was_set_since_it_was_read_refuses_and_says_by_how_much(
    set_min: int, skew_min: int | None, told: int
) -> None:
    """Two small differences may add up, and two large ones must not cancel each other."""
    refusal = check_set(timedelta(minutes=set_min), None if skew_min is None else timedelta(minutes=skew_min))
    assert refusal is not None
    assert (refusal.by, f"by {told:+d} s" in refusal.message, dict(refusal.facts)) == ("clock", True, {"set_by_s": told})


def test_b27_a_clock_that_was_set_by_minutes_is_tolerated() -> None:
    assert check_set(timedelta(minutes=5), None) is None
    assert check_set(timedelta(minutes=-5), timedelta(minutes=4)) is None


@pytest.mark.parametrize("skew", [None, timedelta(minutes=5), timedelta(minutes=-5)])
def test_b27_small_differences_are_tolerated(skew: timedelta | None) -> None:
    assert check_clock(skew, NOW, None) is None
    assert check_clock(skew, NOW, NOW + timedelta(minutes=5)) is None
    assert check_clock(skew, NOW, NOW - timedelta(days=900)) is None


@pytest.mark.parametrize(
    ("expected", "seen", "refused"),
    [
        (("p1", "eu-de"), (("p1", "eu-de"),), False),
        (("p1", "eu-de"), (("p2", "eu-de"),), True),
        (("p1", "eu-de"), (("p1", "other"),), True),
        (("p1", "eu-de"), (("p1", "eu-de"), ("p2", "eu-de")), True),
        (("p1", "eu-de"), (), True),
        (("p1", None), (("p2", "b"), ("p1", "a")), False),
        (("p1", None), (("p2", "b"),), True),
    ],
)
def test_c18_identity_wants_exactly_the_configured_project(
    expected: tuple[str, str | None], seen: tuple[tuple[str, str], ...], refused: bool
) -> None:
    refusal = check_identity(*expected, seen)
    assert (refusal is not None) is refused
    assert refusal is None or "p1" in refusal.message


BY_TEAM = Selector(labels=(("team", frozenset({"nlp"})),))


def labelled_hold(ended_days_ago: int | None = None) -> Hold:
    until = None if ended_days_ago is None else (NOW - timedelta(days=ended_days_ago)).date()
    return Hold(name="h", reason="audited", match=BY_TEAM, until=until)


@pytest.mark.parametrize(
    ("policies", "holds", "named"),
    [
        ([make_policy(name="p", match=BY_TEAM)], [], "policy p"),
        ([make_policy(), make_policy(name="q", except_=BY_TEAM)], [], "policy q"),
        ([make_policy()], [labelled_hold()], "hold h"),
        ([make_policy()], [labelled_hold(1)], "hold h"),
        ([make_policy(name="p", match=BY_TEAM)], [labelled_hold()], "policy p and hold h"),
        ([make_policy()], [labelled_hold(5)], None),
        ([make_policy()], [Hold(name="h", reason="x", job_ids=frozenset({"j"}))], None),
        ([make_policy()], [Hold(name="h", reason="x", match=Selector(owner=frozenset({"ann"})))], None),
    ],
)
def test_who_needs_labels_refuses_a_target_that_has_none(policies: list, holds: list, named: str | None) -> None:  # type: ignore[type-arg]
    rules = make_rules(*policies, holds=tuple(holds))
    assert check_labels(rules, NOW, has_labels=True) is None
    refusal = check_labels(rules, NOW, has_labels=False)
    if named is None:
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.by == "labels_unavailable"
        assert refusal.message.startswith(f"{named} asks for labels, and the platform of target research")
        assert "remove `labels`" in refusal.message


@pytest.mark.parametrize("policies", [[], [make_policy(name="p", match=BY_TEAM)]])
def test_a29_where_labels_were_told_before_none_now_refuses_the_target_whatever_its_policies(policies: list) -> None:  # type: ignore[type-arg]
    rules = make_rules(*policies)
    refusal = check_labels(rules, NOW, has_labels=False, had_labels=True)
    assert refusal is not None
    assert refusal.by == "labels_unavailable"
    assert refusal.message.startswith("the last sweep of target research read the tags of its jobs, and the platform says now")
    assert "give the target another name" in refusal.message
    assert check_labels(rules, NOW, has_labels=True, had_labels=True) is None
    assert check_labels(make_rules(), NOW, has_labels=False, had_labels=False) is None
