"""A deletion by hand: all or none, past the same recovery, guards, intents and proofs as a sweep; on a scripted backend."""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from builders import FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from scripted import ScriptedBackend, reply

from janitor.backends.port import Answer
from janitor.core import events
from janitor.core.errors import ClockSkewed, JobNotFound, Unreachable
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.ledger.chain import Draft, find_break
from janitor.ledger.facts import last_finished, last_success, last_survivors, list_open_intents
from janitor.ledger.standing_changes import add_hold, pause_sweeping
from janitor.ledger.store import Ledger
from janitor.retention.hold import Hold
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Mode
from janitor.retention.selector import Selector
from janitor.sweep.entry import delete_jobs, preview_deletion, sweep_target
from janitor.sweep.manual import NEVER_OLD_ENOUGH, REMEDIES, SPECIAL_REMEDIES, Order
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Tools


def tools_of(clock: FakeClock, **changes: Any) -> Tools:
    return make_tools(clock, new_id=lambda: str(uuid.uuid4()), **changes)


def order_of(*jobs: Job, **changes: Any) -> Order:
    return Order(**({"job_ids": tuple(job.id for job in jobs), "reason": "a mistake"} | changes))


def delete(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, order: Order, **changes: Any) -> TargetReport:
    tools = {name: changes.pop(name) for name in ("halted",) if name in changes}
    report = delete_jobs(make_target(backend, **changes), ledger, tools_of(clock, **tools), order)
    assert find_break(ledger.rows())[0] is None
    document = report.as_json()
    assert sum(document["verdicts"].values()) == document["listed"]
    attempted, aside = sum(document["deletions"].values()), sum(document["not_attempted"].values())
    assert attempted + aside == document["verdicts"]["expired"] == len(document["jobs"])
    return report


def names(ledger: Ledger) -> list[str]:
    return [row.event()["event"] for row in ledger.rows()]


def outcomes(report: TargetReport) -> dict[str, int]:
    return {name: number for name, number in report.outcomes().items() if number}


def by(report: TargetReport) -> str:
    assert report.refusal is not None
    assert report.exit_code == 4
    return report.refusal.by


def test_the_named_jobs_go_past_every_policy_and_are_proven_gone(ledger: Ledger, clock: FakeClock) -> None:
    young, unmanaged, other = make_job(days_ago=3), make_job(name="x", phase=Phase.TERMINATED), make_job()
    backend = ScriptedBackend.holding(young, unmanaged, other)
    report = delete(backend, ledger, clock, order_of(young, unmanaged))
    assert (outcomes(report), report.exit_code, set(backend.deleted)) == ({"confirmed": 2}, 0, {young.id, unmanaged.id})
    assert set(backend.jobs) == {other.id}
    assert backend.counts["list"] == 0


def test_every_event_says_that_it_was_by_hand_and_why(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    report = delete(ScriptedBackend.holding(job), ledger, clock, order_of(job))
    assert names(ledger) == [
        events.SWEEP_STARTED,
        events.RECOVERY_COMPLETED,
        events.PLAN_BUILT,
        events.DELETION_INTENDED,
        events.DELETION_ACCEPTED,
        events.DELETION_CONFIRMED,
        events.SWEEP_FINISHED,
    ]
    found = [row.event() for row in ledger.rows()]
    assert found[0]["kind"] == "delete"
    for event in found[3:6]:
        assert (event["policy"], event["policies"], event["reason"]) == ("manual", ["manual"], "deleted by hand: a mistake")
    assert report.as_json()["listing"] == {"complete": False, "workspaces": []}


def _hold(job: Job, ledger: Ledger) -> dict[str, Any]:
    add_hold(ledger, "research", Hold(name="h-1", reason="audited", job_ids=frozenset({job.id})))
    return {}


def _file_hold(job: Job, _ledger: Ledger) -> dict[str, Any]:
    holds = (Hold(name="release", reason="audited", match=Selector(name=(job.name or "",))),)
    return {"rules": make_rules(holds=holds)}


def _pause(_job: Job, ledger: Ledger) -> dict[str, Any]:
    pause_sweeping(ledger, None, "incident")
    return {}


OBSTACLES: dict[str, tuple[str, dict[str, Any], Callable[[Job, Ledger], dict[str, Any]]]] = {
    "hold": ("hold", {}, _hold),
    "hold-of-the-file": ("hold", {}, _file_hold),
    "mark": ("mark", {"description": "janitor-hold"}, lambda *_: {}),
    "active": ("phase", {"phase": Phase.RUNNING}, lambda *_: {}),
    "unknown-phase": ("phase", {"phase": Phase.UNKNOWN}, lambda *_: {}),
    "workspace": ("workspace", {"workspace": "7"}, lambda *_: {"rules": make_rules(workspaces=frozenset({"0"}))}),
    "kind": ("kind", {"kind": "hetero_job"}, lambda *_: {}),
    "min-age": ("min_age", {"days_ago": 0.5}, lambda *_: {}),
    "times": ("min_age", {"finished_at": None}, lambda *_: {}),
    "target-observes": ("mode", {}, lambda *_: {"rules": make_rules(mode=Mode.OBSERVE)}),
    "policy-may-observe": (
        "mode",
        {"other_phases": frozenset({Phase.TERMINATED})},
        lambda *_: {"rules": make_rules(make_policy(mode=Mode.OBSERVE))},
    ),
    "policy-observes": ("mode", {}, lambda *_: {"rules": make_rules(make_policy(mode=Mode.OBSERVE))}),
    "pace": ("pace", {}, lambda *_: {"pace": Pace(per_sweep=1, per_day=10)}),
    "no-pace": ("pace", {}, lambda *_: {"pace": Pace(per_sweep=10, per_day=0)}),
    "pause": ("pause", {}, _pause),
    "halted": ("pause", {}, lambda *_: {"halted": lambda: "/etc/janitor/STOP exists"}),
}


SPECIAL = {"times": Verdict.UNDECIDABLE, "policy-may-observe": Verdict.UNDECIDABLE}


@pytest.mark.some(8)
@pytest.mark.parametrize("case", OBSTACLES)
def test_one_obstacle_refuses_all_and_is_named(ledger: Ledger, clock: FakeClock, case: str) -> None:
    expected, changes, prepare = OBSTACLES[case]
    victim, free = make_job(**changes), make_job(name="free-1")
    backend = ScriptedBackend.holding(victim, free)
    report = delete(backend, ledger, clock, order_of(free, victim), **prepare(victim, ledger))
    assert (by(report), backend.asked, set(backend.jobs)) == (expected, [], {victim.id, free.id})
    assert set(outcomes(report)) <= {"refused", "observed"}
    assert events.DELETION_INTENDED not in names(ledger)
    assert names(ledger)[-2:] == [events.PLAN_REFUSED, events.SWEEP_ABORTED]
    assert report.refusal is not None
    if expected in REMEDIES:
        assert victim.id in report.refusal.message
        remedy = SPECIAL_REMEDIES[expected, SPECIAL[case]] if case in SPECIAL else REMEDIES[expected]
        assert remedy in report.refusal.message


def test_waiting_is_advised_for_a_young_job_only_and_not_for_one_whose_end_is_not_known(ledger: Ledger, clock: FakeClock) -> None:
    young, ageless = make_job(days_ago=0.5), make_job(finished_at=None)
    for jobs, said in (((ageless,), [NEVER_OLD_ENOUGH]), ((young, ageless), [REMEDIES["min_age"], NEVER_OLD_ENOUGH])):
        report = delete(ScriptedBackend.holding(*jobs), ledger, clock, order_of(*jobs))
        assert report.refusal is not None
        remedies = [each for each in (REMEDIES["min_age"], NEVER_OLD_ENOUGH) if f"min_age: {each}" in report.refusal.message]
        assert (remedies, by(report)) == (said, "min_age")


def test_a_refusal_names_every_job_in_the_way_with_its_own_reason(ledger: Ledger, clock: FakeClock) -> None:
    running, marked = make_job(phase=Phase.RUNNING), make_job(description="janitor-hold", name="a\x1bb")
    report = delete(ScriptedBackend.holding(running, marked), ledger, clock, order_of(running, marked))
    assert report.refusal is not None
    assert f"{running.id} ({running.name}): it is running" in report.refusal.message
    assert f"{marked.id} (a\\x1bb): its description says janitor-hold" in report.refusal.message
    assert by(report) == "phase"


def test_an_earlier_deletion_that_is_still_open_is_settled_first_or_refuses(ledger: Ledger, clock: FakeClock) -> None:
    job, other = make_job(), make_job(days_ago=1)
    backend = ScriptedBackend.holding(job, other)
    backend.lingering.add(job.id)
    assert outcomes(sweep_target(make_target(backend), ledger, tools_of(clock))) == {"accepted": 1}
    assert by(delete(backend, ledger, clock, order_of(job))) == "open_intent"
    del backend.jobs[job.id]
    report = delete(backend, ledger, clock, order_of(other), rules=make_rules(min_age=timedelta(hours=1)))
    assert (report.recovered["confirmed"], outcomes(report)) == (1, {"confirmed": 1})


def test_a_job_that_does_not_exist_refuses_all_as_a_mistake_of_usage(ledger: Ledger, clock: FakeClock) -> None:
    job, gone, also = make_job(), make_job(), make_job()
    backend = ScriptedBackend.holding(job)
    report = delete(backend, ledger, clock, order_of(gone, job, also))
    assert report.trouble is not None
    assert (report.exit_code, report.trouble.code, backend.asked) == (2, "no_such_job", [])
    assert gone.id in report.trouble.message
    assert also.id in report.trouble.message
    assert names(ledger)[-1] == events.SWEEP_ABORTED


def test_a_job_that_cannot_be_read_refuses_all_as_unreadable(ledger: Ledger, clock: FakeClock) -> None:
    job, other = make_job(), make_job()
    backend = ScriptedBackend.holding(job, other)
    backend.get_errors[other.id] = Unreachable("down")
    report = delete(backend, ledger, clock, order_of(job, other))
    assert (report.exit_code, backend.asked) == (6, [])
    assert events.LISTING_FAILED not in names(ledger)


@pytest.mark.parametrize("skew", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_a_clock_that_cannot_be_trusted_refuses_it(ledger: Ledger, clock: FakeClock, skew: timedelta) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job)
    backend.skew = skew
    report = delete(backend, ledger, clock, order_of(job))
    assert by(report) == "clock"
    assert report.refusal is not None
    assert report.refusal.facts == {"skew_s": skew.total_seconds()}
    backend.skew, backend.get_errors[job.id] = None, ClockSkewed("the platform's clock differs")
    assert by(delete(backend, ledger, clock, order_of(job))) == "clock"


def test_b26_a_clock_that_went_back_refuses_it(ledger: Ledger, clock: FakeClock) -> None:
    sweep_target(make_target(ScriptedBackend.holding(make_job(days_ago=1))), ledger, tools_of(clock))
    clock.advance(-2 * 3600)
    job = make_job()
    assert by(delete(ScriptedBackend.holding(job), ledger, clock, order_of(job))) == "clock"


def test_another_project_refuses_it(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job)
    backend.projects = (("another", "memory"),)
    assert (by(delete(backend, ledger, clock, order_of(job))), backend.asked) == ("identity", [])


def test_b20_while_the_target_is_swept_it_is_refused_by_the_lock(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    with ledger.storage.lock("research"):
        assert by(delete(ScriptedBackend.holding(job), ledger, clock, order_of(job))) == "lock"


def test_d6_a_job_that_changed_since_it_was_shown_refuses_all(ledger: Ledger, clock: FakeClock) -> None:
    job, other = make_job(), make_job()
    backend = ScriptedBackend.holding(job, other)
    backend.change(job.id, name="renamed")
    report = delete(backend, ledger, clock, order_of(job, other, shown=(job, other)))
    assert by(report) == "changed"
    assert report.refusal is not None
    assert "its name changed" in report.refusal.message
    assert outcomes(delete(backend, ledger, clock, order_of(other, shown=(other,)))) == {"confirmed": 1}


def test_a28_a_job_that_changes_at_the_last_look_is_skipped(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job)
    seen = Counter[str]()

    def restart_at_the_second_reading(job_id: str) -> None:
        seen[job_id] += 1
        if seen[job.id] == 2:
            backend.change(job.id, phase=Phase.RUNNING)

    backend.before_get = restart_at_the_second_reading
    report = delete(backend, ledger, clock, order_of(job))
    assert (outcomes(report), backend.asked) == ({"skipped": 1}, [])


def test_max_share_is_no_limit_of_jobs_that_are_named(ledger: Ledger, clock: FakeClock) -> None:
    jobs = [make_job() for _ in range(12)]
    report = delete(ScriptedBackend.holding(*jobs), ledger, clock, order_of(*jobs), limits=Limits(max_share_percent=1))
    assert outcomes(report) == {"confirmed": 12}


def test_the_pace_of_a_day_counts_what_went_by_hand(ledger: Ledger, clock: FakeClock) -> None:
    jobs = [make_job() for _ in range(3)]
    backend, pace = ScriptedBackend.holding(*jobs, make_job(days_ago=1)), Pace(per_sweep=10, per_day=2)
    assert outcomes(delete(backend, ledger, clock, order_of(*jobs[:2]), pace=pace)) == {"confirmed": 2}
    assert by(delete(backend, ledger, clock, order_of(jobs[2]), pace=pace)) == "pace"
    assert outcomes(sweep_target(make_target(backend, pace=pace), ledger, tools_of(clock))) == {"deferred": 1}


def test_it_vouches_for_no_sweep(ledger: Ledger, clock: FakeClock) -> None:
    """A schedule, an alert and the proof of a listing all rely on the last finished sweep: this was none."""
    survivor = make_job(days_ago=1)
    sweep_target(make_target(ScriptedBackend.holding(survivor)), ledger, tools_of(clock))
    before = last_finished(ledger), last_success(ledger, "research"), last_survivors(ledger, "research")
    clock.advance(3600)
    job = make_job()
    assert outcomes(delete(ScriptedBackend.holding(job, survivor), ledger, clock, order_of(job))) == {"confirmed": 1}
    assert (last_finished(ledger), last_success(ledger, "research"), last_survivors(ledger, "research")) == before


def test_a16_the_survivors_of_the_last_sweep_are_the_canaries(ledger: Ledger, clock: FakeClock) -> None:
    survivor, job = make_job(days_ago=1), make_job()
    sweep_target(make_target(ScriptedBackend.holding(survivor)), ledger, tools_of(clock))
    backend = ScriptedBackend.holding(survivor, job)
    backend.before_delete = lambda _job_id: backend.hidden.add(survivor.id)
    assert outcomes(delete(backend, ledger, clock, order_of(job))) == {"accepted": 1}
    assert [intent.job_id for intent in list_open_intents(ledger, "research")] == [job.id]


@pytest.mark.parametrize("fate", ["gone", "named", "unreadable"])
def test_a_survivor_that_is_gone_or_named_itself_is_no_canary(ledger: Ledger, clock: FakeClock, fate: str) -> None:
    survivor, job = make_job(days_ago=2), make_job()
    sweep_target(make_target(ScriptedBackend.holding(survivor)), ledger, tools_of(clock))
    backend = ScriptedBackend.holding(survivor, job)
    if fate == "gone":
        del backend.jobs[survivor.id]
    if fate == "unreadable":
        backend.get_errors[survivor.id] = Unreachable("down")
    wanted = (job, survivor) if fate == "named" else (job,)
    assert outcomes(delete(backend, ledger, clock, order_of(*wanted))) == {"confirmed": len(wanted)}


def test_a2_a_lost_reply_is_settled_as_in_a_sweep(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job)
    backend.script[job.id], backend.applies = [reply(Answer.UNKNOWN)], True
    assert outcomes(delete(backend, ledger, clock, order_of(job))) == {"already_gone": 1}


def test_s12_a_preview_of_it_writes_and_deletes_nothing(ledger: Ledger, clock: FakeClock) -> None:
    ledger.append([Draft(event=events.CONFIG_LOADED)])
    job = make_job()
    backend = ScriptedBackend.holding(job)
    before = ledger.head()
    report = preview_deletion(make_target(backend), ledger, tools_of(clock), order_of(job))
    assert (outcomes(report), report.dry_run, ledger.head(), backend.asked) == ({"planned": 1}, True, before, [])
    assert outcomes(preview_deletion(make_target(backend), None, tools_of(clock), order_of(job))) == {"planned": 1}
    assert preview_deletion(make_target(backend), ledger, tools_of(clock), order_of(make_job())).exit_code == 2


def test_after_a_crash_in_mid_deletion_the_next_sweep_recovers_it(ledger: Ledger, clock: FakeClock) -> None:
    job, other = make_job(), make_job(days_ago=1)
    backend = ScriptedBackend.holding(job, other)

    def die(_job_id: str) -> None:
        raise MemoryError

    backend.before_delete = die
    with pytest.raises(MemoryError):
        delete_jobs(make_target(backend), ledger, tools_of(clock), order_of(job))
    clock.advance(60)
    report = sweep_target(make_target(ScriptedBackend.holding(job, other)), ledger, tools_of(clock))
    assert (report.recovered["failed"], outcomes(report)) == (1, {"confirmed": 1})
    assert not list_open_intents(ledger, "research")


def test_a_backend_that_hides_everything_deletes_nothing(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job)
    backend.get_errors[job.id] = JobNotFound("hidden")
    assert delete(backend, ledger, clock, order_of(job)).exit_code == 2
    assert backend.asked == []
