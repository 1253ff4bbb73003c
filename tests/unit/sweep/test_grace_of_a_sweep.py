"""Mark first, delete after: what a sweep writes of grace periods, and that nothing begins one anew or ends it early."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from again import open_again, read_again
from another_hand import another_hand
from builders import NOW, FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from scripted import ScriptedBackend

from janitor.backends.port import Listing
from janitor.core import events
from janitor.core.canonical import timestamp
from janitor.core.errors import ListingIncomplete
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.ledger.chain import find_break
from janitor.ledger.derivation import find_difference
from janitor.ledger.past import read_past
from janitor.ledger.standing_changes import add_hold, pause_sweeping, remove_holds, resume_sweeping
from janitor.ledger.store import Ledger
from janitor.retention.hold import Hold
from janitor.retention.past import Mark, key_of
from janitor.retention.policy import Limits, Mode, Policy
from janitor.retention.selector import Selector
from janitor.sweep import noting
from janitor.sweep.entry import delete_jobs, preview_target, sweep_target
from janitor.sweep.manual import Order
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target

HOUR = timedelta(hours=1)
GRACE = make_policy(grace=48 * HOUR)


def target_of(backend: ScriptedBackend, *policies: Policy, **changes: Any) -> Target:
    rules = {name: changes.pop(name) for name in ("mode", "holds") if name in changes}
    return make_target(backend, rules=make_rules(*(policies or (GRACE,)), **rules), **changes)


def run(target: Target, ledger: Ledger, clock: FakeClock, **tools: Any) -> TargetReport:
    report = sweep_target(target, ledger, make_tools(clock, new_id=lambda: str(uuid.uuid4()), **tools))
    assert find_break(ledger.rows())[0] is None
    assert find_difference(ledger) is None
    return report


def verdict(report: TargetReport) -> dict[str, int]:
    return {name: number for name, number in report.verdicts.items() if number}


def written(ledger: Ledger, *wanted: str) -> list[dict[str, Any]]:
    return [found for row in ledger.rows() if (found := row.event())["event"] in wanted]


def mark_of(ledger: Ledger, job: Job) -> Mark | None:
    return read_past(ledger, "research", [], NOW).mark_of(job)


def remembered(ledger: Ledger) -> dict[str, str]:
    with another_hand(ledger) as connection:
        return dict(connection.execute("SELECT job_id, verdict FROM jobs"))


def test_an_expired_job_is_marked_and_goes_when_its_grace_period_is_over_and_not_a_second_before(
    ledger: Ledger, clock: FakeClock
) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    assert verdict(run(target_of(backend), ledger, clock)) == {"kept": 1, "expiring": 1}
    for hours, seconds in ((1, 0), (47, 3600 - 1)):
        clock.time = NOW + timedelta(hours=hours, seconds=seconds)
        assert verdict(run(target_of(backend), ledger, clock)) == {"kept": 1, "expiring": 1}
    assert (backend.deleted, mark_of(ledger, job)) == ([], Mark(since=NOW, grace=48 * HOUR))
    clock.time = NOW + 48 * HOUR
    assert verdict(run(target_of(backend), ledger, clock)) == {"kept": 1, "expired": 1}
    assert (backend.deleted, mark_of(ledger, job)) == ([job.id], None)
    assert len(written(ledger, events.JOB_MARKED, events.JOB_UNMARKED)) == 1


def test_the_events_of_a_mark_say_which_job_by_what_rule_and_until_when(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job)
    report = run(target_of(backend), ledger, clock)
    backend.change(job.id, description="janitor-hold")
    clock.advance(3600)
    run(target_of(backend), ledger, clock)
    marked, unmarked = written(ledger, events.JOB_MARKED, events.JOB_UNMARKED)
    (built, _) = written(ledger, events.PLAN_BUILT)
    about: dict[str, Any] = {
        "job_id": job.id,
        "job_name": job.name,
        "created_at": timestamp(job.created_at or NOW),
        "phase": "failed",
    }
    about |= {"owner": "ci-bot", "other_phases": [], "policy_digest": built["policy_digest"], "target": "research"}
    mark = {"marked_at": timestamp(NOW), "deadline": timestamp(NOW + 48 * HOUR), "grace": 172_800}
    assert (marked["event"], unmarked["event"]) == (events.JOB_MARKED, events.JOB_UNMARKED)
    assert about | mark | {"policy": "weekly", "policies": ["weekly"], "sweep_id": report.sweep_id} | marked == marked
    assert about | mark | {"policy": None, "policies": []} | unmarked == unmarked
    assert ("grace period" in marked["reason"], unmarked["reason"]) == (True, "its description says janitor-hold")


def test_marks_stand_in_the_ledger_before_anything_is_deleted_and_what_is_marked_stays(ledger: Ledger, clock: FakeClock) -> None:
    waits, goes = make_job(phase=Phase.COMPLETED), make_job()
    patient = make_policy(name="patient", match=Selector(phase=frozenset({Phase.COMPLETED})), grace=HOUR)
    hasty = make_policy(match=Selector(phase=frozenset({Phase.FAILED})))
    backend = ScriptedBackend.holding(waits, goes, make_job(days_ago=1))
    seen = list[Mark | None]()
    backend.before_delete = lambda _job_id: seen.append(mark_of(ledger, waits))
    run(target_of(backend, patient, hasty), ledger, clock)
    assert (seen, backend.deleted) == ([Mark(since=NOW, grace=HOUR)], [goes.id])


def test_every_mark_is_written_however_many_there_are(ledger: Ledger, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noting, "AT_ONCE", 2)
    jobs = [make_job() for _ in range(5)]
    run(target_of(ScriptedBackend.holding(*jobs)), ledger, clock)
    assert set(read_past(ledger, "research", [], NOW).marks) == {key_of(job) for job in jobs}


def test_a_dry_run_marks_nothing_and_says_what_the_sweep_would(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))

    def preview() -> TargetReport:
        with another_hand(ledger) as connection:
            before = connection.dump()
            with read_again(ledger) as reading:
                report = preview_target(target_of(backend), reading, make_tools(clock))
            assert connection.dump() == before
        return report

    assert verdict(preview()) == {"kept": 1, "expiring": 1}
    clock.advance(48 * 3600)
    assert verdict(preview()) == {"kept": 1, "expiring": 1}, "no sweep has marked it yet"
    run(target_of(backend), ledger, clock)
    clock.advance(48 * 3600)
    assert verdict(preview()) == {"kept": 1, "expired": 1}
    (entry,) = preview().entries
    assert (entry.decision.job, entry.outcome.value, backend.deleted) == (job, "planned", [])


@pytest.mark.parametrize("is_stopped", [False, True], ids=["pause", "STOP"])
def test_grace_runs_while_sweeping_is_paused(ledger: Ledger, clock: FakeClock, *, is_stopped: bool) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    if not is_stopped:
        pause_sweeping(ledger, "research", "incident")
    report = run(target_of(backend), ledger, clock, halted=lambda: "the file STOP" if is_stopped else None)
    assert report.refusal is not None
    assert (mark_of(ledger, job), remembered(ledger)[job.id]) == (Mark(since=NOW, grace=48 * HOUR), "expiring")
    resume_sweeping(ledger, "research")
    clock.advance(48 * 3600)
    run(target_of(backend), ledger, clock)
    assert backend.deleted == [job.id]


def test_grace_runs_in_a_target_whose_plan_max_share_refuses_and_in_one_that_observes(ledger: Ledger, clock: FakeClock) -> None:
    waits = make_job(phase=Phase.COMPLETED)
    others = [make_job() for _ in range(20)]
    patient = make_policy(name="patient", match=Selector(phase=frozenset({Phase.COMPLETED})), grace=HOUR)
    hasty = make_policy(match=Selector(phase=frozenset({Phase.FAILED})))
    backend = ScriptedBackend.holding(waits, *others)
    report = run(target_of(backend, patient, hasty, limits=Limits(max_share_percent=5)), ledger, clock)
    assert (report.refusal is not None and report.refusal.by, backend.deleted) == ("max_share", [])
    assert mark_of(ledger, waits) == Mark(since=NOW, grace=HOUR)
    run(target_of(backend, mode=Mode.OBSERVE), ledger, clock)
    assert (len(read_past(ledger, "research", [], NOW).marks), backend.deleted) == (21, [])


@pytest.mark.parametrize("is_paused", [False, True])
@pytest.mark.parametrize("guard", ["clock", "labels_unavailable"])
def test_what_a_guard_does_not_believe_marks_nothing_also_while_paused(
    ledger: Ledger, clock: FakeClock, guard: str, *, is_paused: bool
) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job)
    policy = GRACE
    if guard == "clock":
        backend.skew = timedelta(minutes=6)
    else:
        backend.has_labels = False
        policy = replace(GRACE, except_=Selector(labels=(("team", None),)))
    if is_paused:
        pause_sweeping(ledger, "research", "incident")
    report = run(target_of(backend, policy), ledger, clock)
    assert report.refusal is not None
    assert report.refusal.by == ("pause" if is_paused else guard)
    assert (mark_of(ledger, job), remembered(ledger)) == (None, {})


def test_an_incomplete_listing_marks_and_forgets_nothing(ledger: Ledger, clock: FakeClock) -> None:
    job, fresh = make_job(), make_job()
    backend = ScriptedBackend.holding(job)
    run(target_of(backend), ledger, clock)
    backend.jobs[fresh.id] = fresh

    def fail() -> Listing:
        raise ListingIncomplete("a page is missing")

    backend.listing = fail
    assert run(target_of(backend), ledger, clock).exit_code == 6
    assert (mark_of(ledger, job) is not None, mark_of(ledger, fresh), list(remembered(ledger))) == (True, None, [job.id])


def test_b40_a_restart_neither_begins_a_grace_period_anew_nor_shortens_it(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    run(target_of(backend), ledger, clock)
    ledger.close()
    for hours in (24, 24):
        clock.advance(hours * 3600)
        with open_again(ledger, clock) as again:
            run(target_of(backend), again, clock)
            assert (mark_of(again, job) is None) is (job.id in backend.deleted)
    assert backend.deleted == [job.id]


def test_b1_a_sweep_that_dies_between_marks_and_deletions_leaves_the_marks(ledger: Ledger, clock: FakeClock) -> None:
    waits, goes = make_job(phase=Phase.COMPLETED), make_job()
    patient = make_policy(name="patient", match=Selector(phase=frozenset({Phase.COMPLETED})), grace=HOUR)
    hasty = make_policy(match=Selector(phase=frozenset({Phase.FAILED})))
    backend = ScriptedBackend.holding(waits, goes, make_job(days_ago=1))

    def die(_job_id: str) -> None:
        raise MemoryError

    backend.before_get = die
    with pytest.raises(MemoryError):
        run(target_of(backend, patient, hasty), ledger, clock)
    backend.before_get = lambda _job_id: None
    clock.advance(3600)
    run(target_of(backend, patient, hasty), ledger, clock)
    assert sorted(backend.deleted) == sorted([waits.id, goes.id])


def test_an_edit_lengthens_a_running_grace_period_and_never_shortens_it(ledger: Ledger, clock: FakeClock) -> None:
    """The longest that was ever asked for counts, from the first mark on; taken back, it still counts."""
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    for hours, grace in ((0, 48), (1, 1), (2, 72), (3, 72), (50, 1)):
        clock.time = NOW + hours * HOUR
        run(target_of(backend, make_policy(grace=grace * HOUR)), ledger, clock)
    assert [event["grace"] // 3600 for event in written(ledger, events.JOB_MARKED)] == [48, 72]
    assert {event["marked_at"] for event in written(ledger, events.JOB_MARKED)} == {timestamp(NOW)}
    clock.time = NOW + 72 * HOUR - timedelta(seconds=1)
    run(target_of(backend, make_policy()), ledger, clock)
    assert backend.deleted == []
    clock.time = NOW + 72 * HOUR
    run(target_of(backend, make_policy()), ledger, clock)
    assert backend.deleted == [job.id]


def test_a_hold_that_is_put_and_taken_begins_the_grace_period_anew(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    run(target_of(backend), ledger, clock)
    add_hold(ledger, "research", Hold(name="h-1", reason="audited", job_ids=frozenset({job.id})))
    clock.advance(3600)
    run(target_of(backend), ledger, clock)
    assert mark_of(ledger, job) is None
    remove_holds(ledger, ["h-1"], None)
    clock.time = NOW + 48 * HOUR
    run(target_of(backend), ledger, clock)
    assert (backend.deleted, mark_of(ledger, job)) == ([], Mark(since=NOW + 48 * HOUR, grace=48 * HOUR))


@pytest.mark.parametrize("doubt", [{"finished_at": None}, {"labels": None}, {"kind": None}, {"phase": Phase.UNKNOWN}], ids=str)
def test_what_cannot_be_told_in_between_does_not_begin_it_anew(ledger: Ledger, clock: FakeClock, doubt: dict[str, Any]) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.listing = lambda: Listing(jobs=tuple(backend.jobs.values()), workspaces=("0",))
    run(target_of(backend), ledger, clock)
    backend.jobs[job.id] = replace(job, **doubt)
    clock.advance(3600)
    run(target_of(backend), ledger, clock)
    assert mark_of(ledger, job) == Mark(since=NOW, grace=48 * HOUR)
    backend.jobs[job.id] = job
    clock.time = NOW + 48 * HOUR
    run(target_of(backend), ledger, clock)
    assert backend.deleted == [job.id]


def test_a31_another_job_of_the_same_id_has_a_grace_period_of_its_own(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    reborn = make_job(id=job.id, days_ago=50)
    backend = ScriptedBackend.holding(job)
    run(target_of(backend), ledger, clock)
    backend.jobs[job.id] = reborn
    clock.time = NOW + 48 * HOUR
    run(target_of(backend), ledger, clock)
    assert (backend.deleted, mark_of(ledger, reborn)) == ([], Mark(since=NOW + 48 * HOUR, grace=48 * HOUR))


def test_a_person_who_names_a_job_does_not_wait_for_its_grace_period(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    run(target_of(backend), ledger, clock)
    before = remembered(ledger)
    order = Order(job_ids=(job.id,), reason="a mistake")
    report = delete_jobs(target_of(backend), ledger, make_tools(clock, new_id=lambda: str(uuid.uuid4())), order)
    assert (report.exit_code, backend.deleted, mark_of(ledger, job)) == (0, [job.id], None)
    assert (remembered(ledger), len(written(ledger, events.JOB_MARKED, events.JOB_UNMARKED))) == (before, 1)
    assert find_difference(ledger) is None


def test_policies_named_on_the_command_line_do_not_narrow_what_is_marked(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    sweep_target(target_of(ScriptedBackend.holding(job)), ledger, make_tools(clock), frozenset({"another"}))
    assert mark_of(ledger, job) == Mark(since=NOW, grace=48 * HOUR)


def test_a_job_that_never_started_is_as_old_as_the_first_sweep_that_saw_it_ended(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job(started_at=None, finished_at=None, never_started=True)
    backend = ScriptedBackend.holding(job, make_job(description="janitor-hold"))
    target = target_of(backend, make_policy())
    for days, expected in ((0, "undecidable"), (1, "kept"), (6.9, "kept"), (7, "expired")):
        clock.time = NOW + timedelta(days=days)
        assert verdict(preview_target(target, ledger, make_tools(clock))).get(expected), days
        assert verdict(run(target, ledger, clock)).get(expected), days
    assert backend.deleted == [job.id]


def test_by_hand_min_age_counts_from_the_first_sweep_that_saw_a_job_ended_that_never_started(
    ledger: Ledger, clock: FakeClock
) -> None:
    job = make_job(started_at=None, finished_at=None, never_started=True)
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))

    def delete() -> TargetReport:
        order = Order(job_ids=(job.id,), reason="a mistake")
        return delete_jobs(target_of(backend), ledger, make_tools(clock, new_id=lambda: str(uuid.uuid4())), order)

    report = delete()
    assert report.refusal is not None
    assert report.refusal.by == "min_age"
    assert "no sweep has seen it ended before" in report.refusal.message
    run(target_of(backend), ledger, clock)
    clock.time = NOW + timedelta(hours=23)
    report = delete()
    assert report.refusal is not None
    assert "never started, and first seen ended 23h ago, and min_age asks for 1d" in report.refusal.message
    clock.time = NOW + timedelta(hours=24)
    assert (delete().exit_code, backend.deleted) == (0, [job.id])


def test_what_was_listed_is_remembered_whatever_was_decided_about_it(ledger: Ledger, clock: FakeClock) -> None:
    jobs = [make_job(), make_job(days_ago=1), make_job(description="janitor-hold"), make_job(phase=Phase.TERMINATED)]
    run(target_of(ScriptedBackend.holding(*jobs)), ledger, clock)
    assert remembered(ledger) == dict(zip([job.id for job in jobs], ["expiring", "kept", "held", "unmanaged"], strict=True))
