"""The guards that know the past, through whole sweeps: each trips on its disaster, and not on what is ordinary."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from builders import NOW, FakeClock, make_job, make_policy
from nights import DAY, Nights, lifted, refused_by

from janitor.backends.port import Listing
from janitor.core import events
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.ledger.opening import open_ledger
from janitor.ledger.standing_changes import pause_sweeping, resume_sweeping
from janitor.ledger.store import Ledger, Pen
from janitor.render import render_report
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits

JOBS = "SELECT job_id, seen_at, expected_at FROM jobs ORDER BY job_id"
LIFTED = "SELECT guard, is_spent FROM acknowledgements ORDER BY seq"


@pytest.fixture(scope="module")
def five_nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Job]]:
    """Twelve jobs were kept, one went each night."""
    clock, folder = FakeClock(), tmp_path_factory.mktemp("five_nights")
    with open_ledger(folder / "ledger.db", Pen(now=clock.now, actor="test@here"), create=True) as ledger:
        scene = Nights(ledger=ledger, clock=clock)
        scene.add(*(make_job(phase=Phase.TERMINATED) for _ in range(12)))
        for _ in range(5):
            scene.add(make_job())
            assert refused_by(scene.sweep()) is None
    return folder, scene.backend.jobs


@pytest.fixture
def nights(five_nights: tuple[Path, dict[str, Job]], tmp_path: Path, clock: FakeClock) -> Iterator[Nights]:
    """A month of which the first five nights are over."""
    folder, jobs = five_nights
    copytree(folder, tmp_path, dirs_exist_ok=True)
    clock.advance((5 * DAY).total_seconds())
    with open_ledger(tmp_path / "ledger.db", Pen(now=clock.now, actor="test@here"), create=False) as ledger:
        scene = Nights(ledger=ledger, clock=clock)
        scene.add(*jobs.values())
        yield scene


def ended_now(nights: Nights, count: int, ago: timedelta = 0 * DAY, **changes: Any) -> list[Job]:
    """Jobs whose whole life was at this time, or so long before."""
    time = nights.clock.now() - ago
    return [make_job(created_at=time, started_at=time, finished_at=time, **changes) for _ in range(count)]


def jobs_of(nights: Nights) -> list[Job]:
    return list(nights.backend.jobs.values())


def test_a16_a_listing_that_shrank_is_refused_night_after_night_and_nothing_is_learned_from_it(nights: Nights) -> None:
    nights.add(due := make_job())
    nights.remove(*jobs_of(nights)[:8])
    before = nights.rows(JOBS)
    for _ in range(2):
        report = nights.sweep()
        assert (refused_by(report), due.id in nights.backend.jobs) == ("listing_shrank", True)
        assert nights.rows(JOBS) == before
    assert report.as_json()["refused"] | {"message": ""} == {
        "by": "listing_shrank",
        "message": "",
        "listed": 5,
        "last_listed": 13,
        "gone_since": 1,
    }
    assert nights.written(events.PLAN_REFUSED)[-1]["facts"] == {"listed": 5, "last_listed": 13, "gone_since": 1}


def test_an_acknowledged_guard_lets_one_plan_pass_and_is_used_up_by_the_sweep_that_finishes_with_it(nights: Nights) -> None:
    nights.remove(*jobs_of(nights)[:8])
    assert refused_by(nights.sweep()) == "listing_shrank"
    nights.acknowledge("listing_shrank")
    report = nights.sweep()
    assert (refused_by(report), lifted(report)) == (None, ["listing_shrank"])
    assert "listing_shrank lifted: acknowledged by test@here on 2026-11-29 03:" in render_report(report)
    assert ": we know" in render_report(report)
    assert report.as_json()["lifted"][0]["guard"] == "listing_shrank"
    (plan, end) = (nights.written(name)[-1] for name in (events.PLAN_BUILT, events.SWEEP_FINISHED))
    assert plan["lifted"] == end["lifted"] == ["listing_shrank"]
    assert nights.rows(LIFTED) == [("listing_shrank", 1)]
    nights.remove(*jobs_of(nights)[:3])
    assert refused_by(nights.sweep()) == "listing_shrank"


@pytest.mark.some(1)
@pytest.mark.parametrize("kind", ["holds of the policy file", "marks on the jobs"])
def test_a_word_for_one_jump_is_no_word_for_the_next(ledger: Ledger, clock: FakeClock, kind: str) -> None:
    """Fifteen jobs were let go on purpose; the night after, a hundred others lose what held them."""
    nights = Nights(ledger=ledger, clock=clock)
    mark = "janitor-hold" if kind == "marks on the jobs" else ""
    meant, others = ([make_job(days_ago=90, description=mark) for _ in range(count)] for count in (15, 100))
    nights.add(*meant, *others, *(make_job(days_ago=0) for _ in range(100)))
    holds = [
        Hold(name=name, reason="x", job_ids=frozenset(job.id for job in some)) for name, some in (("a", meant), ("b", others))
    ]
    nights.rules = replace(nights.rules, holds=() if mark else tuple(holds))
    assert refused_by(nights.sweep(nights=4)) is None
    nights.rules = replace(nights.rules, holds=() if mark else (holds[1],))
    nights.add(*(replace(job, description="") for job in meant))
    assert refused_by(nights.sweep()) == "deletions_jumped"
    nights.acknowledge("deletions_jumped")
    report = nights.sweep()
    assert (lifted(report), report.outcomes()["confirmed"]) == (["deletions_jumped"], 15)
    nights.rules = replace(nights.rules, holds=())
    nights.add(*(replace(job, description="") for job in others))
    report = nights.sweep()
    assert (refused_by(report), report.outcomes()["confirmed"]) == ("deletions_jumped", 0)


def test_a_word_for_odd_times_lasts_until_a_sweep_passes_without_it(nights: Nights) -> None:
    """They are as odd the next night."""
    nights.add(*(make_job(created_at=nights.clock.now(), started_at=NOW - DAY, finished_at=NOW) for _ in range(20)))
    assert refused_by(nights.sweep()) == "ages_implausible"
    nights.acknowledge("ages_implausible")
    for _ in range(2):
        report = nights.sweep()
        assert (refused_by(report), lifted(report)) == (None, ["ages_implausible"])
    nights.add(*ended_now(nights, 20))
    assert refused_by(nights.sweep()) is None
    assert nights.rows(LIFTED) == [("ages_implausible", 1)]


def test_a_listing_that_shrank_by_deletions_of_janitor_is_no_trouble(nights: Nights) -> None:
    """By a sweep or by hand; and the one by hand is no sweep, so it does not become what the next listing is compared with."""
    nights.add(*ended_now(nights, 20))
    nights.sweep()
    nights.clock.advance((6 * DAY).total_seconds())
    assert (refused_by(nights.sweep()), len(nights.backend.jobs)) == (None, 12)
    by_hand = ended_now(nights, 20)
    nights.add(*by_hand)
    assert refused_by(nights.sweep(nights=2)) is None
    nights.delete(*by_hand)
    assert refused_by(nights.sweep()) is None


def test_a16_a_workspace_that_vanished_with_most_jobs_is_refused_where_all_are_meant(nights: Nights) -> None:
    """And is not in the target's scope any more where the policy file names the others."""
    listed = nights.backend.list_jobs

    def listing() -> Listing:
        return replace(listed(), workspaces=("0", "w1"))

    nights.backend.list_jobs = listing  # type: ignore[method-assign]
    nights.add(*ended_now(nights, 14, workspace="w1"))
    assert refused_by(nights.sweep()) is None
    nights.backend.list_jobs = listed  # type: ignore[method-assign]
    nights.remove(*[job for job in jobs_of(nights) if job.workspace == "w1"])
    assert refused_by(nights.preview()) == "listing_shrank"
    nights.rules = replace(nights.rules, workspaces=frozenset({"0"}))
    assert refused_by(nights.preview()) is None


@pytest.mark.parametrize(("keep", "refusal"), [(None, "deletions_jumped"), (Keep(last=0), None)])
def test_jobs_that_end_explain_no_lost_holds_where_no_policy_keeps_any(
    nights: Nights, keep: Keep | None, refusal: str | None
) -> None:
    nights.follow(make_policy(keep=keep))
    held = ended_now(nights, 12, ago=30 * DAY, description="janitor-hold")
    nights.add(*held[:6], *ended_now(nights, 20))
    nights.sweep()
    nights.add(*held[6:])
    nights.sweep()
    nights.add(*(replace(job, description="") for job in held), *ended_now(nights, 14))
    assert refused_by(nights.preview()) == refusal


def test_deletions_of_a_clock_that_was_ahead_explain_no_listing_that_shrank(nights: Nights) -> None:
    nights.add(*(make_job() for _ in range(8)))
    nights.clock.time += 400 * DAY
    assert nights.sweep().outcomes()["confirmed"] == 8
    nights.clock.time -= 400 * DAY
    nights.acknowledge("clock")
    assert lifted(nights.sweep()) == ["clock"]
    nights.remove(*jobs_of(nights)[:8])
    report = nights.sweep()
    assert report.refusal is not None
    assert (report.refusal.by, report.refusal.facts["gone_since"]) == ("listing_shrank", 0)


def test_a_listing_that_grew_by_old_jobs_is_refused_and_a_team_that_doubles_its_jobs_is_not(nights: Nights) -> None:
    nights.add(*ended_now(nights, 14))
    assert refused_by(nights.sweep()) is None
    before = nights.rows(JOBS)
    nights.add(*(make_job(days_ago=3) for _ in range(70)))
    report = nights.sweep()
    assert (refused_by(report), nights.rows(JOBS)) == ("listing_grew", before)
    assert report.refusal is not None
    assert report.refusal.facts["last_listed"] == 26


def test_times_that_moved_are_refused_and_a_job_that_ran_again_is_not(nights: Nights) -> None:
    jobs = jobs_of(nights)
    nights.add(replace(jobs[0], finished_at=nights.clock.now()))
    assert refused_by(nights.sweep()) is None
    before = nights.rows(JOBS)
    nights.add(*(replace(job, created_at=NOW - 60 * DAY, started_at=None, finished_at=NOW - 59 * DAY) for job in jobs[1:7]))
    report = nights.sweep()
    assert (refused_by(report), nights.rows(JOBS)) == ("ages_implausible", before)
    assert report.refusal is not None
    assert (report.refusal.facts["compared"], report.refusal.facts["moved"]) == (12, 6)


def test_c27_a_policy_edited_to_let_far_more_go_deletes_nothing_until_somebody_says_that_it_is_meant(nights: Nights) -> None:
    """Nor does it after some nights: what a refused sweep saw is not what the next one expects."""
    nights.follow(make_policy(after=timedelta(days=60)))
    nights.add(*ended_now(nights, 12, ago=30 * DAY))
    assert refused_by(nights.sweep(nights=2)) is None
    kept = set(nights.backend.jobs)
    nights.follow(make_policy(after=timedelta(days=3)))
    for _ in range(3):
        report = nights.sweep()
        assert (refused_by(report), set(nights.backend.jobs)) == ("policy_changed", kept)
    assert report.refusal is not None
    assert "`janitor acknowledge policy_changed --target research --reason TEXT`" in report.refusal.message
    assert "Besides, deletions_jumped would refuse it: `janitor acknowledge deletions_jumped --target" in report.refusal.message
    assert report.refusal.facts["besides"] == "deletions_jumped"
    nights.acknowledge("policy_changed")
    assert refused_by(nights.sweep()) == "deletions_jumped"
    nights.acknowledge("deletions_jumped")
    nights.changes["pace"] = Pace(per_sweep=5, per_day=5)
    report = nights.sweep()
    assert (lifted(report), len(kept) - len(nights.backend.jobs)) == (["policy_changed", "deletions_jumped"], 5)
    report = nights.sweep()
    assert (refused_by(report), lifted(report), len(kept) - len(nights.backend.jobs)) == (None, [], 10)


def test_an_edit_of_the_policies_voids_what_was_acknowledged(nights: Nights) -> None:
    nights.remove(*jobs_of(nights)[:8])
    nights.acknowledge("listing_shrank")
    nights.follow(make_policy(after=timedelta(days=8)))
    assert refused_by(nights.sweep()) == "listing_shrank"
    nights.follow(make_policy())
    assert lifted(nights.sweep()) == ["listing_shrank"]


def test_what_was_acknowledged_ends_after_30_days(nights: Nights) -> None:
    nights.remove(*jobs_of(nights)[:8])
    nights.acknowledge("listing_shrank")
    nights.clock.advance((30 * DAY).total_seconds() + 1)
    assert refused_by(nights.preview()) == "listing_shrank"
    nights.clock.advance(-2)
    assert refused_by(nights.preview()) is None


def test_what_was_acknowledged_while_a_sweep_was_under_way_is_not_used_up_by_it(nights: Nights) -> None:
    def acknowledge_once(_job_id: str) -> None:
        if not nights.rows(LIFTED):
            nights.acknowledge("listing_shrank")

    nights.backend.before_get = acknowledge_once
    nights.add(make_job())
    assert refused_by(nights.sweep()) is None
    assert nights.rows(LIFTED) == [("listing_shrank", 0)]
    nights.sweep()
    assert nights.rows(LIFTED) == [("listing_shrank", 1)]


def test_sixty_trials_that_age_out_in_one_night_are_no_jump_and_as_many_holds_that_were_lost_are(nights: Nights) -> None:
    trials, held = ended_now(nights, 60), ended_now(nights, 60, description="janitor-hold")
    nights.add(*trials, *held)
    nights.sweep()
    nights.clock.advance((5 * DAY).total_seconds())
    assert refused_by(nights.sweep()) is None
    assert nights.rows("SELECT planned FROM sweeps ORDER BY started_at DESC")[0] == (60,)
    nights.add(*(replace(job, description="") for job in held))
    report = nights.sweep()
    assert (refused_by(report), len(nights.backend.jobs)) == ("deletions_jumped", 72)


@pytest.mark.some(1)
@pytest.mark.parametrize("grace", [0 * DAY, 2 * DAY])
def test_many_jobs_that_age_out_or_whose_hold_ends_on_its_day_are_no_jump(
    ledger: Ledger, clock: FakeClock, grace: timedelta
) -> None:
    """With a grace period too, which begins on that day; a hold that ends by an edit instead is one."""
    nights = Nights(ledger=ledger, clock=clock)
    nights.follow(make_policy(grace=grace))
    jobs, held = [make_job(days_ago=0) for _ in range(20)], [make_job() for _ in range(40)]
    some, others = frozenset(job.id for job in held[:20]), frozenset(job.id for job in held[20:])
    hold = Hold(name="h", reason="x", until=(NOW + 5 * DAY).date(), job_ids=some)
    nights.rules = replace(nights.rules, holds=(hold, replace(hold, name="i", until=None, job_ids=others)))
    nights.add(*jobs, *held, *(make_job(phase=Phase.TERMINATED) for _ in range(40)))
    for _ in range(10):
        assert refused_by(nights.sweep()) is None
    assert len(nights.backend.jobs) == 60
    nights.rules = replace(nights.rules, holds=())
    assert refused_by(nights.sweep()) == "deletions_jumped"


def test_tags_that_cannot_be_read_for_a_night_change_nothing_in_what_is_expected(nights: Nights) -> None:
    nights.changes["pace"] = Pace(per_sweep=1, per_day=1)
    nights.add(*ended_now(nights, 20))
    nights.sweep(nights=8)
    told = dict(nights.backend.jobs)
    nights.add(*(replace(job, labels=None) for job in told.values()))
    assert nights.sweep().verdicts["held"] == len(told)
    nights.add(*told.values())
    report = nights.sweep()
    assert (refused_by(report), report.outcomes()["confirmed"]) == (None, 1)


def test_a_guard_that_trips_behind_a_pause_is_named_and_learns_nothing_either(nights: Nights) -> None:
    nights.changes["limits"] = Limits(max_share_percent=1)
    nights.follow(make_policy(after=timedelta(days=60)))
    nights.add(*ended_now(nights, 12, ago=30 * DAY))
    assert refused_by(nights.sweep()) is None
    nights.follow(make_policy(after=timedelta(days=3)))
    pause_sweeping(nights.ledger, None, "incident")
    report = nights.sweep()
    assert refused_by(report) == "pause"
    assert report.refusal is not None
    assert report.refusal.facts["besides"] == "max_share policy_changed deletions_jumped"
    resume_sweeping(nights.ledger, None)
    assert refused_by(nights.sweep()) == "max_share"
    nights.changes.clear()
    assert refused_by(nights.sweep()) == "policy_changed"


@pytest.mark.parametrize("kind", ["sweep", "apply", "delete"])
def test_b3_v9_three_sweeps_that_never_ended_refuse_the_next_and_deleting_by_hand_until_acknowledged(
    nights: Nights, kind: str
) -> None:
    nights.add(due := make_job())
    for _ in range(2):
        nights.crash(kind=kind)
    assert refused_by(nights.preview()) is None
    nights.crash(kind=kind)
    before = nights.rows(JOBS)
    assert refused_by(nights.preview()) == refused_by(nights.delete(due)) == refused_by(nights.sweep()) == "crash_loop"
    assert (nights.rows(JOBS), due.id in nights.backend.jobs) == (before, True)
    recovered = [event["seq"] for event in nights.written(events.RECOVERY_COMPLETED)]
    assert len(recovered) == 7
    nights.acknowledge("crash_loop")
    report = nights.sweep()
    assert (refused_by(report), lifted(report), due.id in nights.backend.jobs) == (None, [], False)
    assert nights.rows(LIFTED) == [("crash_loop", 1)]


def test_v9_an_acknowledged_crash_loop_trips_again_after_three_more(nights: Nights) -> None:
    for _ in range(3):
        nights.crash()
    nights.acknowledge("crash_loop")
    for _ in range(3):
        assert refused_by(nights.preview()) is None
        nights.crash()
    assert refused_by(nights.preview()) == "crash_loop"


def test_b3_crashes_by_a_clock_that_was_ahead_are_over_once_somebody_speaks_for_them(nights: Nights) -> None:
    """The events have an order that no clock moves; a sweep that finished since has its place in it too."""
    ahead = nights.clock.now() + 400 * DAY
    for crashes, refusal in ((3, "crash_loop"), (2, None), (2, None)):
        now, nights.clock.time = nights.clock.time, ahead
        for _ in range(crashes):
            nights.crash()
        nights.clock.time = now
        assert refused_by(nights.preview()) == refusal
        if refusal is not None:
            nights.acknowledge("crash_loop")
        assert refused_by(nights.sweep()) is None


def test_b3_sweeps_that_were_killed_now_and_then_are_no_loop(nights: Nights) -> None:
    for _ in range(4):
        nights.crash()
        nights.clock.advance(600)
    assert refused_by(nights.sweep()) is None
    for _ in range(2):
        nights.crash()
        nights.sweep()
        nights.crash()
    assert refused_by(nights.sweep()) is None


def test_b26_a_clock_that_was_ahead_is_lifted_once_and_what_ended_by_it_is_not_believed_any_more(nights: Nights) -> None:
    """Only while the server's clock agrees with ours: a difference to it is never lifted."""
    nights.clock.advance((400 * DAY).total_seconds())
    nights.sweep()
    nights.clock.time -= 400 * DAY
    report = nights.sweep()
    assert refused_by(report) == "clock"
    assert report.refusal is not None
    assert "`janitor acknowledge clock --target research --reason TEXT`" in report.refusal.message
    nights.acknowledge("clock")
    for skew, fact in ((None, "went_back_s"), (timedelta(minutes=6), "skew_s"), (timedelta(0), None)):
        nights.backend.skew = skew
        report = nights.sweep()
        assert (refused_by(report), report.refusal and list(report.refusal.facts)) == (fact and "clock", fact and [fact])
    assert nights.written(events.SWEEP_FINISHED)[-1]["lifted"] == ["clock"]
    report = nights.sweep()
    assert (refused_by(report), lifted(report), nights.rows(LIFTED)) == (None, [], [("clock", 1)])


def test_a_preview_answers_what_the_sweep_would_and_one_as_of_another_time_asks_no_guard_of_the_past(nights: Nights) -> None:
    nights.remove(*jobs_of(nights)[:8])
    before = nights.ledger.head()
    report = nights.preview()
    assert (refused_by(report), refused_by(nights.preview(as_of=nights.clock.now() + 30 * DAY))) == ("listing_shrank", None)
    assert nights.ledger.head() == before
    assert report.refusal is not None
    swept = nights.sweep()
    assert swept.refusal == report.refusal


def test_a_deletion_by_hand_vouches_for_nothing_but_that_it_did_not_crash(nights: Nights) -> None:
    """It lists nothing, so it neither is history nor uses up what was acknowledged."""
    nights.remove(*jobs_of(nights)[:8])
    nights.acknowledge("listing_shrank")
    for _ in range(3):
        nights.crash()
    nights.add(due := make_job())
    nights.acknowledge("crash_loop")
    nights.clock.advance(60)
    assert nights.delete(due).outcomes()["confirmed"] == 1
    assert nights.rows(LIFTED) == [("listing_shrank", 0), ("crash_loop", 0)]
    assert nights.rows("SELECT kind, status FROM sweeps ORDER BY started_at DESC LIMIT 1") == [("delete", "finished")]
    assert lifted(nights.preview()) == ["listing_shrank"]


def test_the_first_sweeps_of_a_target_are_refused_by_no_guard_of_the_past(ledger: Ledger, clock: FakeClock) -> None:
    nights = Nights(ledger=ledger, clock=clock)
    nights.add(*(make_job() for _ in range(40)), *(make_job(days_ago=1) for _ in range(5)))
    assert refused_by(nights.sweep()) is None
    assert nights.rows("SELECT planned, listed, workspaces, kind FROM sweeps") == [(40, 45, '["0"]', "sweep")]
