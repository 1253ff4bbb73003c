"""The two guards that notice a jump: an edited policy that reaches much further, and deletions that nobody expected."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, make_policy, make_rules
from hypothesis import given
from hypothesis import strategies as st
from past_scene import DAY, MINUTE, Scene, expecting, expired, past, reach

from janitor.core.phase import Phase
from janitor.retention.evaluate import evaluate_all
from janitor.retention.keep import Keep
from janitor.retention.policy import Mode
from janitor.retention.reach import count_reach
from janitor.retention.selector import Selector
from janitor.retention.sight import Known

# policy_changed


def edited(before: int, now: int, **given: Any) -> Scene:
    """An edited policy that let go so many jobs and lets go so many now, all of them unexpectedly."""
    history = past(planned=1000, listed=now, policies=reach(weekly=before), **given)
    return Scene(jobs=expired(now), digests={"weekly": "edited"}, history=history)


@pytest.mark.parametrize(
    ("before", "now", "trips"), [(10, 51, True), (10, 50, False), (0, 11, True), (0, 10, False), (1, 10, False), (2, 11, True)]
)
def test_c27_an_edited_policy_that_lets_go_over_five_times_as_many_refuses(before: int, now: int, trips: bool) -> None:
    scene = edited(before, now)
    assert scene.tripped() == ["policy_changed"] * trips
    if trips:
        assert scene.refusal().facts == {"policy": "weekly", "lets_go": now, "let_go": before}


def test_an_edit_after_a_quiet_day_is_compared_with_what_is_usual() -> None:
    """As where a policy lets go 10 a day, and none of a Sunday's jobs."""
    scene = edited(10, 50)
    sweeps = scene.history.sweeps
    for quiet, trips in ((4, []), (5, ["policy_changed"])):
        sundays = tuple(replace(sweep, policies=reach(weekly=9)) for sweep in sweeps[:quiet])
        scene.history = replace(scene.history, sweeps=(*sundays, *sweeps[quiet:9], replace(sweeps[9], policies={})))
        assert scene.tripped() == trips


def test_c27_it_applies_from_the_fifth_sweep_on() -> None:
    assert edited(0, 50, finished=3).tripped() == []
    assert edited(0, 50, finished=4).tripped() == ["policy_changed"]


def test_c27_what_the_pace_defers_counts_or_it_would_be_nothing_new_tomorrow() -> None:
    scene = edited(0, 50)
    scene.allowance = 0
    assert scene.tripped() == ["policy_changed"]


def test_an_edit_that_is_not_what_lets_the_jobs_go_trips_nothing() -> None:
    """A better description, on the day when 300 trials age out that were expected to."""
    scene = edited(0, 300)
    scene.known = expecting(scene.jobs)
    assert scene.tripped() == []
    scene.known = expecting(scene.jobs[11:])
    assert scene.tripped() == ["policy_changed"]


def test_c27_edits_of_several_policies_are_told_apart() -> None:
    """What surprises must be of the policy that jumped."""
    nightly = make_policy(name="nightly", match=Selector(phase=frozenset({Phase.TERMINATED})))
    jobs = [*expired(60), *(job for job in expired(12, phase=Phase.TERMINATED))]
    scene = Scene(
        jobs=jobs,
        policies=(make_policy(), nightly),
        digests={"weekly": "edited", "nightly": "edited"},
        history=past(planned=1000, policies=reach(weekly=60, nightly=2)),
    )
    assert scene.refusal().facts["policy"] == "nightly"
    scene.known = expecting(jobs[60:])
    assert scene.tripped() == []


@pytest.mark.parametrize(("before", "trips"), [(10, []), (9, ["policy_changed"])])
def test_policies_that_are_renamed_or_split_are_compared_with_those_that_are_gone(before: int, trips: list[str]) -> None:
    split_up = tuple(
        make_policy(name=name, match=Selector(phase=frozenset({phase})))
        for name, phase in (("broken", Phase.FAILED), ("done", Phase.COMPLETED))
    )
    jobs = [*expired(25), *expired(25, phase=Phase.COMPLETED)]
    scene = Scene(jobs=jobs, policies=split_up, history=past(planned=1000, policies=reach(weekly=before)))
    assert scene.tripped() == trips
    assert [refusal.facts["policy"] for refusal in scene.refusals()] == ["broken, done"] * len(trips)


def test_a_policy_that_enforces_what_it_observed_trips_nothing() -> None:
    scene = edited(300, 300)
    scene.known = expecting(scene.jobs)
    scene.history = past(planned=0, policies=reach(weekly=300), listed=300)
    assert scene.tripped() == []


def test_a_new_policy_that_only_observes_trips_nothing() -> None:
    observing = make_policy(name="new", mode=Mode.OBSERVE, match=Selector(phase=frozenset({Phase.TERMINATED})))
    jobs = [*expired(300, phase=Phase.TERMINATED), *expired(20)]
    scene = Scene(jobs=jobs, policies=(make_policy(), observing), history=past(policies=reach(weekly=20), listed=320))
    assert scene.tripped() == []


def test_how_far_policies_go_is_counted_the_same_of_shared_and_of_single_decisions() -> None:
    overlapping = make_policy(name="trials", match=Selector(phase=frozenset({Phase.FAILED})), grace=DAY)
    keeping = make_policy(name="keeping", match=Selector(phase=frozenset({Phase.COMPLETED})), after=timedelta(days=500))
    jobs = [*expired(7), *expired(5, phase=Phase.COMPLETED), *expired(2, days_ago=1)]
    rules, digests = make_rules(make_policy(), overlapping, keeping), {"weekly": "w", "trials": "t", "keeping": "k"}
    decisions = evaluate_all(jobs, rules, NOW)
    expected = reach("w", weekly=7) | reach("t", trials=7) | reach("k", keeping=0)
    assert count_reach(decisions, digests) == count_reach(list(decisions), digests) == expected


# deletions_jumped


def jump(odd: int, *, expected: int = 0, median: int | None = 10, **given: Any) -> Scene:
    """So many deletions that nobody expected, and others that somebody did."""
    jobs = expired(odd + expected)
    return Scene(jobs=jobs, known=expecting(jobs[odd:]), history=past(planned=median, listed=odd + expected, **given))


@pytest.mark.parametrize(
    ("odd", "median", "trips"), [(51, 10, True), (50, 10, False), (11, 0, True), (10, 0, False), (11, 2, True), (15, 3, False)]
)
@pytest.mark.parametrize("expected", [0, 300])
def test_unexpected_deletions_over_five_times_the_usual_refuse(odd: int, median: int, trips: bool, expected: int) -> None:
    scene = jump(odd, median=median, expected=expected)
    assert scene.tripped() == ["deletions_jumped"] * trips
    if trips:
        assert scene.refusal().facts == {"unexpected": odd, "displaced": 0, "median": f"{median}"}


def test_300_trials_that_age_out_on_one_night_trip_nothing() -> None:
    """Nor does a backlog after a pause, or a weekly schedule: the last believed sweep expected it all to go by now."""
    assert jump(0, expected=300).tripped() == []


def test_a_job_that_was_expected_later_is_a_surprise() -> None:
    """As when a clock or the times have moved."""
    scene = jump(0, expected=300)
    scene.known = Known(expected={job.id: NOW + MINUTE for job in scene.jobs})
    assert scene.tripped() == ["deletions_jumped"]
    scene.known = Known(expected={job.id: NOW for job in scene.jobs})
    assert scene.tripped() == []


def test_jobs_younger_than_the_last_sweep_are_none() -> None:
    """Of a monthly schedule: what came and went in between could not be expected."""
    scene = jump(300, started_at=NOW - 101 * DAY)
    assert scene.tripped() == []


def test_each_job_that_ended_since_may_have_taken_the_place_of_an_older_one_under_a_keep_rule() -> None:
    """Twelve series that all run on Sundays, with a keep rule each, are an ordinary Monday."""
    scene = jump(30, median=0)
    scene.policies = (make_policy(keep=Keep(last=0)),)
    for ended, trips in ((20, []), (19, ["deletions_jumped"])):
        assert replace(scene, jobs=[*scene.jobs, *expired(ended, days_ago=0.5)]).tripped() == trips
    assert replace(scene, policies=(make_policy(),), jobs=[*scene.jobs, *expired(30, days_ago=0.5)]).tripped() == [
        "deletions_jumped"
    ]


def test_a_keep_rule_explains_at_most_as_many_as_ended_of_its_own_policy() -> None:
    """What ends under one policy displaces nothing of another, and nothing twice where two select it."""
    done = Selector(phase=frozenset({Phase.COMPLETED}))
    policies = (
        make_policy(keep=Keep(last=0)),
        make_policy(name="done", match=done),
        make_policy(name="kept", match=done, keep=Keep(last=0)),
    )
    scene = replace(jump(20, median=0), policies=policies)
    for phase, count, trips in ((Phase.TERMINATED, 30, True), (Phase.FAILED, 10, False), (Phase.FAILED, 9, True)):
        jobs = [*scene.jobs, *expired(count, phase=phase, days_ago=0.5)]
        assert replace(scene, jobs=jobs).tripped() == ["deletions_jumped"] * trips
    refusal = replace(scene, jobs=[*scene.jobs, *expired(5, phase=Phase.COMPLETED, days_ago=0.5)]).refusal()
    assert refusal.facts["displaced"] == 5


def test_it_measures_from_the_fifth_sweep_on_and_only_by_sweeps_that_say_what_they_planned() -> None:
    assert jump(300, finished=3).tripped() == []
    assert jump(300, finished=4).tripped() == ["deletions_jumped"]
    assert jump(300, median=None).tripped() == []
    scene = jump(300)
    silent = tuple(replace(sweep, planned=None) for sweep in scene.history.sweeps[:7])
    scene.history = replace(scene.history, sweeps=(*silent, *scene.history.sweeps[7:]))
    assert scene.tripped() == []


def test_what_waits_for_the_pace_counts_or_it_would_be_expected_tomorrow() -> None:
    assert replace(jump(300), allowance=0).tripped() == ["deletions_jumped"]


@pytest.mark.parametrize(("mode", "trips"), [(Mode.ENFORCE, ["deletions_jumped"]), (Mode.OBSERVE, [])])
def test_what_waits_for_its_grace_period_counts_or_it_would_be_expected_by_its_end(mode: Mode, trips: list[str]) -> None:
    policies = (make_policy(grace=2 * DAY, mode=mode),)
    assert replace(jump(300), policies=policies).tripped() == trips
    assert replace(jump(0, expected=300), policies=policies).tripped() == []


@given(
    odd=st.integers(0, 40),
    due=st.integers(0, 40),
    ended=st.integers(0, 5),
    usual=st.lists(st.integers(0, 12), min_size=10, max_size=10),
    forgotten=st.integers(0, 40),
)
def test_knowing_less_of_what_was_expected_never_lifts_a_refusal(
    odd: int, due: int, ended: int, usual: list[int], forgotten: int
) -> None:
    """Nor does a past that planned less: not knowing may only lead to fewer deletions."""
    jobs = expired(odd + due)
    history = past(listed=len(jobs))
    sweeps = tuple(replace(sweep, planned=planned) for sweep, planned in zip(history.sweeps, usual, strict=True))
    scene = Scene(
        jobs=[*jobs, *expired(ended, days_ago=0.5)],
        digests={"weekly": "edited"},
        known=expecting(jobs[odd:]),
        history=replace(history, sweeps=sweeps),
    )
    before = scene.tripped()
    assert set(before) <= set(replace(scene, known=expecting(jobs[odd + forgotten :])).tripped())
    idle = replace(scene.history, sweeps=tuple(replace(sweep, planned=0) for sweep in sweeps))
    assert set(before) <= set(replace(scene, history=idle).tripped())
