"""The guards that know the past: each trips just beyond its boundary, and on nothing that happens in an ordinary project."""

from dataclasses import replace
from shlex import split
from typing import Any

import pytest
from builders import NOW, make_job
from past_scene import DAY, LONG_AGO, MINUTE, Scene, expired, past, reach

from janitor.retention.history import GoodSweep, History
from janitor.retention.sight import Known


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
    assert "from 2026-11-23 02:57:00Z to 2026-11-23 02:59:00Z never recorded an end: killed, as by" in refusal.message
    assert "or their ledger could not be written" in refusal.message


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


def test_a16_a_workspace_that_vanished_is_no_narrower_scope_where_all_are_meant() -> None:
    scene = Scene(jobs=expired(3, days_ago=2), workspaces=("0",), history=past(workspaces=("0", "w1")), covers_all=True)
    assert scene.tripped() == ["listing_shrank"]


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
    old = GoodSweep(started_at=NOW - DAY)
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
