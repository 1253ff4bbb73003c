"""The guards that know the past: each trips just beyond its boundary, and on nothing that happens in an ordinary project."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from shlex import split
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules
from hypothesis import given
from hypothesis import strategies as st

from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.plan import Refusal
from janitor.retention.evaluate import evaluate_all
from janitor.retention.history import NO_HISTORY, History, PastSweep, Reach
from janitor.retention.past_guards import check_past
from janitor.retention.planner import Frame, build_plan
from janitor.retention.policy import Mode, Policy
from janitor.retention.reach import count_reach
from janitor.retention.selector import Selector
from janitor.retention.sight import Known, Sight

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LONG_AGO = NOW - 10 * DAY
DUE = NOW - timedelta(hours=1)


@dataclass(kw_only=True)
class Scene:
    """A sweep as it comes to its guards: the jobs that it lists, what was known of them, and the sweeps before it."""

    jobs: Sequence[Job] = ()
    policies: tuple[Policy, ...] = field(default_factory=lambda: (make_policy(),))
    known: Known = field(default_factory=Known)
    history: History = NO_HISTORY
    workspaces: tuple[str, ...] = ("0",)
    allowance: int = 100_000
    digests: dict[str, str] = field(default_factory=dict)
    target: str = "research"

    def sight(self) -> Sight:
        decisions = evaluate_all(self.jobs, make_rules(*self.policies), NOW)
        frame = Frame(target=self.target, as_of=NOW, policy_digest="d", allowance=self.allowance)
        return Sight(
            target=self.target,
            as_of=NOW,
            jobs=self.jobs,
            workspaces=self.workspaces,
            decisions=decisions,
            plan=build_plan(decisions, frame),
            policies={policy.name: "as before" for policy in self.policies} | self.digests,
            known=self.known,
        )

    def refusals(self) -> tuple[Refusal, ...]:
        return check_past(self.sight(), self.history)

    def tripped(self) -> list[str]:
        return [refusal.by for refusal in self.refusals()]

    def refusal(self) -> Refusal:
        (refusal,) = self.refusals()
        return refusal


def expired(count: int, **changes: Any) -> list[Job]:
    return [make_job(**changes) for _ in range(count)]


def expecting(jobs: Sequence[Job], moved: int = 0) -> Known:
    """That the last believed sweep expected all these to be gone by now."""
    return Known(compared=len(jobs), moved=moved, expected={job.id: DUE for job in jobs})


def past(*, finished: int = 10, planned: int | None = 10, gone: int = 0, **changes: Any) -> History:
    """Ten daily sweeps, or fewer, that listed 100 jobs and planned as much as this."""
    fields: dict[str, Any] = {"listed": 100, "planned": planned, "workspaces": ("0",), "policies": reach(weekly=10)}
    days = [fields | {"started_at": NOW - day * DAY} | changes for day in range(1, min(finished, 10) + 1)]
    sweeps = tuple(PastSweep(**day) for day in days)
    return History(sweeps=sweeps, finished=finished, gone_since=gone)


def reach(digest: str = "as before", **counts: int) -> dict[str, Reach]:
    return {name: Reach(digest=digest, lets_go=count) for name, count in counts.items()}


def test_a_first_sweep_trips_no_guard() -> None:
    assert Scene(jobs=expired(500)).tripped() == []


# crash_loop


@pytest.mark.parametrize(
    ("minutes_ago", "trips"),
    [
        ((1, 2), False),
        ((1, 5, 11), True),
        ((1, 5, 11.1), False),
        ((1, 60, 120, 180), False),
        ((1, 600, 605, 609), True),
        ((609, 1, 605, 600), True),
    ],
)
def test_b3_three_sweeps_that_never_ended_within_10_minutes_refuse(minutes_ago: tuple[float, ...], trips: bool) -> None:
    """However long ago, and whenever else one crashed: it stays until one finishes or somebody acknowledges it."""
    history = replace(past(listed=0), unfinished=tuple(NOW - minutes * MINUTE for minutes in minutes_ago))
    assert Scene(history=history).tripped() == ["crash_loop"] * trips


def test_b3_a_crash_loop_needs_no_sweep_that_finished() -> None:
    history = History(unfinished=(NOW - MINUTE, NOW - 2 * MINUTE, NOW - 3 * MINUTE))
    refusal = Scene(history=history).refusal()
    assert refusal.by == "crash_loop"
    assert refusal.facts == {"unfinished": 3}
    assert "from 2026-11-23 02:57:00Z to 2026-11-23 02:59:00Z" in refusal.message


# listing_shrank and listing_grew


@pytest.mark.parametrize(
    ("listed", "gone", "trips"), [(50, 0, False), (49, 0, True), (0, 0, True), (20, 60, False), (19, 60, True), (0, 100, False)]
)
def test_a16_less_than_half_of_what_the_last_listing_leaves_refuses(listed: int, gone: int, trips: bool) -> None:
    scene = Scene(jobs=expired(listed, days_ago=2), history=past(gone=gone, finished=1))
    assert scene.tripped() == ["listing_shrank"] * trips


def test_a16_a_listing_of_no_workspace_at_all_is_an_empty_one() -> None:
    assert Scene(workspaces=(), history=past()).tripped() == ["listing_shrank"]
    assert Scene(workspaces=(), history=past(listed=1)).tripped() == ["listing_shrank"]
    assert Scene(workspaces=(), history=past(listed=0)).tripped() == []


@pytest.mark.parametrize(
    ("before", "now", "trips"),
    [(("0",), ("0", "1"), ["listing_shrank"]), (("0", "1"), ("0",), []), (("1",), ("0",), []), ((), ("0",), ["listing_shrank"])],
)
def test_a_listing_shrinks_only_against_one_of_workspaces_that_it_covers(
    before: tuple[str, ...], now: tuple[str, ...], trips: list[str]
) -> None:
    assert Scene(jobs=expired(3, days_ago=2), workspaces=now, history=past(workspaces=before)).tripped() == trips


@pytest.mark.parametrize(("old", "trips"), [(200, False), (201, True)])
def test_c18_more_than_twice_as_many_old_jobs_as_the_last_listing_had_refuse(old: int, trips: bool) -> None:
    fresh = [make_job(days_ago=0.5), make_job(days_ago=0.5, created_at=LONG_AGO), make_job(finished_at=None)]
    scene = Scene(jobs=expired(old, days_ago=2) + fresh * 30, history=past(finished=1))
    assert scene.tripped() == ["listing_grew"] * trips
    if trips:
        assert scene.refusal().facts == {"listed": 291, "unexplained": 201, "last_listed": 100}


def test_a_job_that_ended_within_the_clocks_tolerance_before_the_last_listing_explains_itself() -> None:
    began = NOW - DAY
    for early, trips in ((4, []), (6, ["listing_grew"])):
        jobs = expired(2, created_at=LONG_AGO, started_at=LONG_AGO, finished_at=began - early * MINUTE)
        assert Scene(jobs=jobs, history=past(listed=0, finished=1)).tripped() == trips


def test_a_team_that_doubles_its_jobs_trips_nothing() -> None:
    old, fresh = expired(100, days_ago=2), expired(300, days_ago=0.5)
    assert Scene(jobs=old + fresh, known=Known(compared=100), history=past()).tripped() == []


@pytest.mark.parametrize("before", [(), ("1",), ("1", "2")])
def test_other_workspaces_are_no_growth(before: tuple[str, ...]) -> None:
    assert Scene(jobs=expired(300, days_ago=2), history=past(workspaces=before)).tripped() == []


def test_what_an_older_janitor_did_not_write_down_trips_nothing() -> None:
    old = PastSweep(started_at=NOW - DAY)
    assert Scene(jobs=expired(300), history=History(sweeps=(old,) * 10, finished=400)).tripped() == []


# ages_implausible


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": NOW.replace(year=1970)},
        {"finished_at": NOW + 6 * MINUTE},
        {"finished_at": LONG_AGO - 90 * DAY - 4 * 60 * MINUTE},
    ],
    ids=["a unit", "in the future", "ended before it was created"],
)
@pytest.mark.parametrize(("odd", "fine", "trips"), [(4, 3, True), (4, 4, False), (3, 0, False)])
def test_a34_times_that_cannot_be_of_more_than_half_refuse(changes: dict[str, Any], odd: int, fine: int, trips: bool) -> None:
    scene = Scene(jobs=expired(odd, **changes) + expired(fine))
    assert scene.tripped() == ["ages_implausible"] * trips


def test_a33_times_that_are_missing_say_nothing() -> None:
    assert Scene(jobs=expired(20, created_at=None, started_at=None, finished_at=None)).tripped() == []
    assert Scene(jobs=expired(20, started_at=None, never_started=True, finished_at=None)).tripped() == []


@pytest.mark.parametrize(
    ("compared", "moved", "trips"), [(39, 4, True), (40, 4, False), (3, 3, False), (4, 4, True), (0, 0, False)]
)
def test_a34_times_that_are_not_what_they_were_of_more_than_a_tenth_refuse(compared: int, moved: int, trips: bool) -> None:
    scene = Scene(jobs=expired(40), known=Known(compared=compared, moved=moved))
    assert scene.tripped() == ["ages_implausible"] * trips
    if trips:
        assert scene.refusal().facts == {"listed": 40, "impossible": 0, "compared": compared, "moved": moved}


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
        assert scene.refusal().facts == {"unexpected": odd, "ended_since": 0, "median": f"{median}"}


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


def test_each_job_that_ended_since_may_have_taken_the_place_of_an_older_one() -> None:
    """Twelve series that all run on Sundays, with a keep rule each, are an ordinary Monday."""
    scene = jump(30, median=0)
    for ended, trips in ((20, []), (19, ["deletions_jumped"])):
        assert replace(scene, jobs=[*scene.jobs, *expired(ended, days_ago=0.5)]).tripped() == trips


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


# all


def everything_wrong() -> Scene:
    jobs = [*expired(100), *expired(300, created_at=NOW.replace(year=1970))]
    history = past(planned=0, listed=150, policies=reach(weekly=0))
    return Scene(
        jobs=jobs,
        digests={"weekly": "edited"},
        history=replace(history, unfinished=(NOW - MINUTE, NOW - 2 * MINUTE, NOW - 3 * MINUTE)),
        target="team a; rm -r x",
    )


def test_every_guard_that_trips_is_told_in_one_order() -> None:
    grown = ["crash_loop", "listing_grew", "ages_implausible", "policy_changed", "deletions_jumped"]
    scene = everything_wrong()
    assert scene.tripped() == grown
    scene.history = replace(scene.history, sweeps=(replace(scene.history.sweeps[0], listed=1000), *scene.history.sweeps[1:]))
    assert scene.tripped() == ["crash_loop", "listing_shrank", *grown[2:]]


def test_every_message_says_its_numbers_and_the_command_as_a_shell_takes_it() -> None:
    for refusal in everything_wrong().refusals():
        for fact in refusal.facts.values():
            assert str(fact) in refusal.message
        command = refusal.message.rsplit("`", 2)[1]
        wanted = ["janitor", "acknowledge", refusal.by, "--target", "team a; rm -r x", "--reason", "TEXT"]
        assert split(command) == wanted


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
