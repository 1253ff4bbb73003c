"""One sweep of one target, from listing to report, on a scripted backend and virtual time."""

import json
import re
import sqlite3
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from again import place_of, put_anchor, read_again
from another_hand import another_hand
from builders import NOW, FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from postgres import IS_ON_POSTGRES
from scripted import ScriptedBackend, reply
from sqlalchemy import event as sql

from janitor.backends.port import Answer, Listing
from janitor.core import events
from janitor.core.errors import Interrupted, ListingIncomplete, NotPermitted, Unreachable
from janitor.core.phase import Phase
from janitor.core.plan import Outcome
from janitor.ledger.chain import find_break
from janitor.ledger.facts import last_finished, list_open_intents
from janitor.ledger.lease import LASTS_S
from janitor.ledger.store import Ledger
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Mode
from janitor.retention.selector import Selector
from janitor.sweep.entry import preview_target, sweep_target
from janitor.sweep.report import TargetReport, worst_exit_code


def run(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, **target: Any) -> TargetReport:
    report = sweep_target(make_target(backend, **target), ledger, make_tools(clock, new_id=_ids()))
    check_sums(report)
    assert find_break(ledger.rows())[0] is None
    return report


def _ids() -> Callable[[], str]:
    return lambda: str(uuid.uuid4())


def check_sums(report: TargetReport) -> None:
    """The sums of the report as JSON."""
    document = report.as_json()
    assert sum(document["verdicts"].values()) == document["listed"]
    attempted, aside = sum(document["deletions"].values()), sum(document["not_attempted"].values())
    assert attempted + aside == document["verdicts"]["expired"] == len(document["jobs"])
    assert json.loads(json.dumps(document)) == document


def names(ledger: Ledger) -> Counter[str]:
    return Counter(row.event()["event"] for row in ledger.rows())


def outcomes(report: TargetReport) -> dict[str, int]:
    return {name: number for name, number in report.outcomes().items() if number}


def test_what_expired_is_deleted_and_confirmed_and_nothing_else(ledger: Ledger, clock: FakeClock) -> None:
    expired = [make_job() for _ in range(23)]
    kept = [make_job(days_ago=3), make_job(name="x", phase=Phase.TERMINATED), make_job(description="janitor-hold")]
    backend = ScriptedBackend.holding(*expired, *kept)
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 23}
    assert sorted(backend.deleted) == sorted(job.id for job in expired)
    assert set(backend.jobs) == {job.id for job in kept}
    assert report.exit_code == 0
    assert report.verdicts == {"kept": 1, "held": 1, "unmanaged": 1, "undecidable": 0, "expiring": 0, "expired": 23}
    assert names(ledger)[events.DELETION_CONFIRMED] == names(ledger)[events.DELETION_INTENDED] == 23
    assert report.head == str(ledger.storage.anchor.read()) == str(ledger.head())


def test_s10_the_first_batch_is_one_job_and_then_ten(ledger: Ledger, clock: FakeClock) -> None:
    run(ScriptedBackend.holding(*[make_job() for _ in range(12)], make_job(days_ago=1)), ledger, clock)
    order = [row.event()["event"] for row in ledger.rows()]
    first = order.index(events.DELETION_INTENDED)
    assert order[first : first + 2] == [events.DELETION_INTENDED, events.DELETION_ACCEPTED]
    assert order[first + 2 : first + 12] == [events.DELETION_INTENDED] * 10


def test_every_deletion_event_has_every_field(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    run(ScriptedBackend.holding(job, make_job(days_ago=1)), ledger, clock)
    wanted = {"job_id", "job_name", "created_at", "phase", "owner", "policy", "policies", "policy_digest", "reason"}
    wanted |= {
        "intent_id",
        "attempts",
        "request_id",
        "error_code",
        "version",
        "seq",
        "at",
        "event",
        "actor",
        "sweep_id",
        "target",
    }
    found = [row.event() for row in ledger.rows() if row.event()["event"].startswith("deletion.")]
    assert [event["event"] for event in found] == [events.DELETION_INTENDED, events.DELETION_ACCEPTED, events.DELETION_CONFIRMED]
    for event in found:
        assert wanted <= set(event)
        assert (event["job_id"], event["policy"], event["policies"]) == (job.id, "weekly", ["weekly"])


@pytest.mark.parametrize(
    "change",
    [{"phase": Phase.RUNNING}, {"name": "renamed"}, {"owner": "somebody"}, {"description": "janitor-hold"}]
    + [{"created_at": NOW - timedelta(days=200)}, {"finished_at": NOW - timedelta(days=99)}, {"phase": Phase.UNKNOWN}],
)
def test_a28_a29_a31_a_job_that_changed_since_it_was_listed_is_skipped(
    ledger: Ledger, clock: FakeClock, change: dict[str, Any]
) -> None:
    first, victim = make_job(days_ago=200), make_job()
    backend = ScriptedBackend.holding(first, victim, make_job(days_ago=1))
    backend.before_delete = lambda _job_id: backend.change(victim.id, **change)
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 1, "skipped": 1}
    assert backend.asked == [first.id]
    skipped = next(entry for entry in report.entries if entry.outcome is Outcome.SKIPPED)
    assert next(iter(change)) in skipped.reason.text
    event = next(row.event() for row in ledger.rows() if row.event()["event"] == events.DELETION_SKIPPED)
    assert event["intent_id"] is None


def test_a_defect_in_mid_sweep_is_reported_and_recorded_and_the_next_sweep_finds_out_what_came_of_it(
    ledger: Ledger, clock: FakeClock
) -> None:
    first, bad, *others = [make_job(days_ago=200), *[make_job(days_ago=100 - number) for number in range(14)]]
    backend = ScriptedBackend.holding(first, bad, *others, make_job(days_ago=1))

    def fail(job_id: str) -> None:
        if job_id == bad.id:
            raise RuntimeError("Authorization: a secret")

    backend.before_delete = fail
    report = run(backend, ledger, clock)
    assert (report.exit_code, report.trouble and report.trouble.code) == (1, "unexpected")
    assert report.trouble is not None
    assert re.fullmatch(r"unexpected RuntimeError at \w+\.py:\d+; please report this as a defect", report.trouble.message)
    assert (report.outcomes()["accepted"], report.outcomes()["skipped"]) == (1, 4)
    assert report.outcomes()["unknown"] == 10
    aborted = next(row.event() for row in ledger.rows() if row.event()["event"] == events.SWEEP_ABORTED)
    assert (aborted["reason"], aborted["outcomes"]) == (report.trouble.message, report.outcomes())
    assert report.head == str(ledger.head())
    backend.before_delete = lambda _job_id: None
    clock.advance(3600)
    assert run(backend, ledger, clock).recovered["open"] == 0
    assert not list_open_intents(ledger, "research")
    assert len(backend.jobs) == 1


def test_a_defect_outside_of_every_step_is_reported_too(
    ledger: Ledger, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("janitor.sweep.entry.check_tail", fail)
    target, tools = make_target(ScriptedBackend()), make_tools(clock, new_id=_ids())
    for report in (sweep_target(target, ledger, tools), preview_target(target, ledger, tools)):
        assert (report.exit_code, report.trouble and report.trouble.code) == (1, "unexpected")


def test_a_job_that_vanished_before_its_request_is_skipped_without_an_intent(ledger: Ledger, clock: FakeClock) -> None:
    victim = make_job()
    backend = ScriptedBackend.holding(victim, make_job(days_ago=1))
    backend.hidden.add(victim.id)
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"skipped": 1}
    assert names(ledger)[events.DELETION_INTENDED] == 0
    assert report.exit_code == 0


def test_a1_an_unknown_outcome_is_tried_again_under_the_same_intent_after_the_quiet_period(
    ledger: Ledger, clock: FakeClock
) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.script[job.id] = [reply(Answer.UNKNOWN)]
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 1}
    assert backend.asked == [job.id, job.id]
    assert 30.0 in clock.waits
    found = [row.event() for row in ledger.rows() if row.event()["event"].startswith("deletion.")]
    assert len({event["intent_id"] for event in found}) == 1
    assert [event["attempts"] for event in found if event["event"] == events.DELETION_ACCEPTED] == [2]


def test_a2_a_lost_reply_is_settled_by_looking_and_not_sent_again(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.script[job.id], backend.applies = [reply(Answer.UNKNOWN)], True
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"already_gone": 1}
    assert backend.asked == [job.id]
    assert names(ledger)[events.DELETION_ALREADY_GONE] == 1


def test_a1_a_job_that_restarts_after_an_unknown_outcome_is_not_tried_again(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.script[job.id] = [reply(Answer.UNKNOWN)]
    backend.before_delete = lambda _job_id: backend.change(job.id, phase=Phase.RUNNING)
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"failed": 1}
    assert backend.asked == [job.id]
    assert report.exit_code == 3


def test_an_outcome_that_stays_unknown_is_exit_3_and_stays_open(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.script[job.id] = [reply(Answer.UNKNOWN)] * 9
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"unknown": 1}
    assert len(backend.asked) == 3
    assert report.exit_code == 3
    assert [intent.job_id for intent in list_open_intents(ledger, "research")] == [job.id]


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.UNKNOWN, Answer.UNSENT])
def test_s10_if_the_first_deletion_does_not_go_through_no_other_is_tried(
    ledger: Ledger, clock: FakeClock, answer: Answer
) -> None:
    first, second = make_job(days_ago=200), make_job()
    backend = ScriptedBackend.holding(first, second, make_job(days_ago=1))
    backend.script[first.id] = [reply(answer)] * 9
    report = run(backend, ledger, clock)
    assert second.id not in backend.asked
    assert report.exit_code == 3
    assert outcomes(report)["skipped"] >= 1
    assert report.trouble is not None
    assert report.trouble.code == "first_failed"


def test_one_refused_job_does_not_stop_the_others(ledger: Ledger, clock: FakeClock) -> None:
    jobs = [make_job(days_ago=200 - number) for number in range(5)]
    backend = ScriptedBackend.holding(*jobs, make_job(days_ago=1))
    backend.script[jobs[2].id] = [reply(Answer.REFUSED, error_code="ModelArts.0108")]
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 4, "failed": 1}
    failed = next(row.event() for row in ledger.rows() if row.event()["event"] == events.DELETION_FAILED)
    assert failed["error_code"] == "ModelArts.0108"
    assert report.exit_code == 3


def test_an_answer_that_ends_the_sweep_leaves_the_rest_alone(ledger: Ledger, clock: FakeClock) -> None:
    jobs = [make_job(days_ago=200 - number) for number in range(25)]
    backend = ScriptedBackend.holding(*jobs, make_job(days_ago=1))
    backend.script[jobs[5].id] = [reply(Answer.UNSENT, code="breaker_open", ends_sweep=True)]
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 10, "skipped": 15}
    assert report.trouble is not None
    assert (report.trouble.code, report.exit_code) == ("breaker_open", 3)
    assert names(ledger)[events.SWEEP_ABORTED] == 1


def test_a24_an_accepted_deletion_that_does_not_happen_is_exit_0_stays_open_and_is_not_sent_again(
    ledger: Ledger, clock: FakeClock
) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.lingering.add(job.id)
    report = run(backend, ledger, clock)
    assert (outcomes(report), report.exit_code) == ({"accepted": 1}, 0)
    clock.advance(3600)
    again = run(backend, ledger, clock)
    assert (outcomes(again), again.exit_code, again.recovered["open"]) == ({"deferred": 1}, 0, 1)
    clock.advance(24 * 3600)
    stuck = run(backend, ledger, clock)
    assert (outcomes(stuck), stuck.exit_code) == ({"deferred": 1}, 3)
    assert backend.asked == [job.id]


def test_a_deletion_that_happens_late_is_confirmed_by_the_next_sweep(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.lingering.add(job.id)
    run(backend, ledger, clock)
    del backend.jobs[job.id]
    clock.advance(600)
    report = run(backend, ledger, clock)
    assert report.recovered == {"confirmed": 1, "already_gone": 0, "failed": 0, "skipped": 0, "open": 0}


def test_a16_a20_nothing_is_gone_while_no_canary_is_visible(ledger: Ledger, clock: FakeClock) -> None:
    job, canary = make_job(), make_job(days_ago=1)
    backend = ScriptedBackend.holding(job, canary)
    backend.before_delete = lambda _job_id: backend.hidden.update({job.id, canary.id})
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"accepted": 1}
    assert names(ledger)[events.DELETION_CONFIRMED] == 0


def test_a16_an_outage_between_look_and_canary_proves_nothing(ledger: Ledger, clock: FakeClock) -> None:
    """The canary is asked before and after: if it is hidden at either moment, an absent job is not believed."""
    job, canary = make_job(), make_job(days_ago=1)
    backend = ScriptedBackend.holding(job, canary)
    backend.lingering.add(job.id)
    state = {"deleted": False}

    def note_delete(_job_id: str) -> None:
        state["deleted"] = True

    def outage_begins_with_the_job(job_id: str) -> None:
        if state["deleted"] and job_id == job.id:
            backend.hidden.update({job.id, canary.id})

    backend.before_delete, backend.before_get = note_delete, outage_begins_with_the_job
    assert outcomes(run(backend, ledger, clock)) == {"accepted": 1}


def test_a16_an_outage_that_ends_before_the_canary_is_asked_again_proves_nothing(ledger: Ledger, clock: FakeClock) -> None:
    """The other way round: everything is hidden until the job was looked at, and the second asking comes too late to notice."""
    job, canary = make_job(), make_job(days_ago=1)
    backend = ScriptedBackend.holding(job, canary)
    backend.lingering.add(job.id)
    asked = Counter[str]()

    def outage_around_the_look(job_id: str) -> None:
        asked[job_id] += 1
        if backend.asked:
            backend.hidden = {job.id, canary.id} if asked[canary.id] < 2 else set()

    backend.before_get = outage_around_the_look
    assert outcomes(run(backend, ledger, clock)) == {"accepted": 1}
    assert asked[canary.id] >= 2


def test_a20_a_canary_that_cannot_be_asked_proves_nothing(ledger: Ledger, clock: FakeClock) -> None:
    job, canary = make_job(), make_job(days_ago=1)
    backend = ScriptedBackend.holding(job, canary)
    backend.get_errors[canary.id] = Unreachable("down")
    assert outcomes(run(backend, ledger, clock)) == {"accepted": 1}


def test_a18_a_look_that_fails_confirms_nothing(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.lingering.add(job.id)
    backend.before_delete = lambda _job_id: backend.get_errors.update({job.id: Unreachable("down")})
    assert outcomes(run(backend, ledger, clock)) == {"accepted": 1}


def test_without_a_job_outside_the_plan_the_projects_identity_is_the_canary(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(make_job())
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 1}
    other = ScriptedBackend.holding(make_job())
    other.before_delete = lambda _job_id: setattr(other, "projects", ())
    assert outcomes(run(other, ledger, clock)) == {"accepted": 1}


def test_identity_of_another_project_refuses_before_anything_is_listed(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(make_job())
    backend.projects = (("another", "memory"),)
    report = run(backend, ledger, clock)
    assert report.refusal is not None
    assert (report.refusal.by, report.exit_code, backend.counts["list"]) == ("identity", 4, 0)


@pytest.mark.parametrize(
    ("error", "code"),
    [(Unreachable("down"), "unreachable"), (NotPermitted("no"), "not_permitted"), (ListingIncomplete("?"), "listing_incomplete")],
)
def test_a7_a_listing_that_fails_is_exit_6_and_deletes_nothing(
    ledger: Ledger, clock: FakeClock, error: Exception, code: str
) -> None:
    backend = ScriptedBackend.holding(make_job())

    def fail() -> Listing:
        raise error

    backend.listing = fail
    report = run(backend, ledger, clock)
    assert report.trouble is not None
    assert (report.trouble.code, report.exit_code, backend.asked) == (code, 6, [])
    assert names(ledger)[events.LISTING_FAILED] == names(ledger)[events.SWEEP_ABORTED] == 1


def test_a16_an_empty_listing_is_not_believed_while_a_survivor_still_exists(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    run(backend, ledger, clock)
    backend.listing = lambda: Listing(jobs=(), workspaces=("0",))
    report = run(backend, ledger, clock)
    assert report.trouble is not None
    assert (report.trouble.code, report.exit_code) == ("listing_incomplete", 6)


def test_an_empty_listing_is_complete_when_the_survivors_are_gone_too_and_asks_for_somebodys_word(
    ledger: Ledger, clock: FakeClock
) -> None:
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    run(backend, ledger, clock)
    backend.jobs.clear()
    report = run(backend, ledger, clock)
    assert report.refusal is not None
    assert (report.refusal.by, report.is_complete) == ("listing_shrank", True)


def test_a12_a_listing_with_a_job_twice_is_not_decided_on(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job)
    backend.listing = lambda: Listing(jobs=(job, job), workspaces=("0",))
    assert run(backend, ledger, clock).exit_code == 6
    assert backend.asked == []


def test_max_share_refuses_the_plan_whole(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(*[make_job() for _ in range(20)], *[make_job(days_ago=2) for _ in range(20)])
    report = run(backend, ledger, clock, limits=Limits(max_share_percent=25))
    assert report.refusal is not None
    assert (report.refusal.by, outcomes(report), report.exit_code) == ("max_share", {"refused": 20}, 4)
    assert backend.asked == []
    assert names(ledger)[events.PLAN_REFUSED] == 1


def test_s9_the_pace_of_a_day_holds_across_sweeps(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(*[make_job() for _ in range(9)], make_job(days_ago=1))
    pace = Pace(per_sweep=4, per_day=6)
    assert outcomes(run(backend, ledger, clock, pace=pace)) == {"confirmed": 4, "deferred": 5}
    assert outcomes(run(backend, ledger, clock, pace=pace)) == {"confirmed": 2, "deferred": 3}
    assert outcomes(run(backend, ledger, clock, pace=pace)) == {"deferred": 3}
    clock.advance(24 * 3600 + 60)
    assert outcomes(run(backend, ledger, clock, pace=pace)) == {"confirmed": 3}


def test_a_pace_of_0_means_none(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(make_job())
    assert outcomes(run(backend, ledger, clock, pace=Pace(per_sweep=0, per_day=10))) == {"deferred": 1}


@pytest.mark.parametrize(
    "rules", [make_rules(mode=Mode.OBSERVE), make_rules(make_policy(mode=Mode.OBSERVE))], ids=["target", "policy"]
)
def test_s12_whatever_only_observes_deletes_nothing(ledger: Ledger, clock: FakeClock, rules: Any) -> None:
    backend = ScriptedBackend.holding(make_job())
    report = run(backend, ledger, clock, rules=rules)
    assert (outcomes(report), backend.asked, report.exit_code) == ({"observed": 1}, [], 0)


def contents(ledger: Ledger) -> object:
    """Every byte of its file, or every row where it lies on a server."""
    ledger.storage.engine.dispose()
    place = place_of(ledger)
    if isinstance(place, Path):
        return place.read_bytes()
    with another_hand(ledger) as hand:
        return hand.dump()


def test_s12_a_dry_run_writes_no_byte_and_answers_what_the_sweep_would(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    before = contents(ledger)
    with read_again(ledger) as reader:
        report = preview_target(make_target(backend), reader, make_tools(clock))
    check_sums(report)
    assert (outcomes(report), report.dry_run, report.head) == ({"planned": 1}, True, None)
    assert contents(ledger) == before
    assert ledger.storage.anchor.read() is None
    assert backend.asked == []


def test_b20_a_target_whose_lock_is_held_is_refused_and_nothing_is_read(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(make_job())
    with ledger.storage.lock("research"):
        report = run(backend, ledger, clock)
    assert report.refusal is not None
    assert (report.refusal.by, report.exit_code, sum(backend.counts.values())) == ("lock", 4, 0)
    assert names(ledger)[events.PLAN_REFUSED] == 1


def test_b20_a_sweep_whose_epoch_was_taken_over_sends_nothing_more(ledger: Ledger, clock: FakeClock) -> None:
    first, second = make_job(days_ago=200), make_job()
    backend = ScriptedBackend.holding(first, second, make_job(days_ago=1))

    def take_over(_job_id: str) -> None:
        ledger.claim("research")

    backend.before_delete = take_over
    report = run(backend, ledger, clock)
    assert backend.asked == [first.id]
    assert report.exit_code == 5


def test_b8_when_the_intent_cannot_be_written_nothing_is_sent(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))

    def full(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO intents"):
            raise sqlite3.OperationalError("database or disk is full")

    sql.listen(ledger.storage.engine, "before_cursor_execute", full)
    report = sweep_target(make_target(backend), ledger, make_tools(clock))
    assert (backend.asked, report.exit_code) == ([], 5)
    assert report.trouble is not None
    assert report.trouble.code == "ledger_failed"


def test_a_stop_before_the_first_request_skips_everything(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(*[make_job() for _ in range(3)])
    tools = make_tools(clock)

    def stop_then_interrupt(_job_id: str) -> None:
        tools.stop.set()
        raise Interrupted("asked to stop")

    backend.before_get = stop_then_interrupt
    report = sweep_target(make_target(backend), ledger, tools)
    check_sums(report)
    assert (outcomes(report), report.exit_code, backend.asked) == ({"skipped": 3}, 130, [])


def test_a_stop_in_mid_batch_closes_unsent_intents_as_skipped(ledger: Ledger, clock: FakeClock) -> None:
    jobs = [make_job(days_ago=200 - number) for number in range(8)]
    backend = ScriptedBackend.holding(*jobs, make_job(days_ago=1))
    tools = make_tools(clock, new_id=_ids())
    for job in jobs[3:]:
        backend.script[job.id] = [reply(Answer.UNSENT, code="interrupted", ends_sweep=True)]

    def stop_at_the_fourth(job_id: str) -> None:
        if job_id == jobs[3].id:
            tools.stop.set()

    backend.before_delete = stop_at_the_fourth
    report = sweep_target(make_target(backend), ledger, tools)
    check_sums(report)
    assert (outcomes(report), report.exit_code) == ({"accepted": 3, "skipped": 5}, 130)
    assert {intent.job_id for intent in list_open_intents(ledger, "research")} == {job.id for job in jobs[:3]}


def test_a_stop_while_listing_aborts_the_sweep(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(make_job())

    def stopped() -> Listing:
        raise Interrupted("asked to stop")

    backend.listing = stopped
    report = run(backend, ledger, clock)
    assert report.exit_code == 130
    assert names(ledger)[events.SWEEP_ABORTED] == 1


def test_b15_a_ledger_that_lost_its_anchored_head_is_not_swept_on(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(make_job())
    put_anchor(ledger, "99:" + "0" * 64)
    report = sweep_target(make_target(backend), ledger, make_tools(clock))
    assert (report.exit_code, sum(backend.counts.values())) == (5, 0)


def test_b26_a_clock_that_went_back_against_the_ledger_deletes_nothing(ledger: Ledger, clock: FakeClock, tmp_path: Path) -> None:
    backend = ScriptedBackend.holding(make_job())
    run(ScriptedBackend.holding(make_job(days_ago=1)), ledger, clock)
    clock.advance(-365 * 24 * 3600)
    report = preview_target(make_target(backend), ledger, make_tools(clock))
    assert report.refusal is not None
    assert (report.refusal.by, report.exit_code) == ("clock", 4)


def test_a_look_is_never_older_than_10_seconds_when_its_request_leaves(ledger: Ledger, clock: FakeClock) -> None:
    """Nor than the lock is certain to last."""
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    looked: list[float] = []
    backend.before_get = lambda _job_id: looked.append(clock.monotonic())
    run(backend, ledger, clock)
    assert backend.deadlines == [looked[0] + (LASTS_S if IS_ON_POSTGRES else 10.0)]


def test_a_request_that_could_not_leave_in_time_is_looked_at_again(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.script[job.id] = [reply(Answer.LATE)]
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 1}
    assert len(backend.deadlines) == 2


def test_a_job_that_changed_while_its_request_waited_is_skipped_under_its_intent(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.script[job.id] = [reply(Answer.LATE)]
    backend.before_delete = lambda _job_id: backend.change(job.id, phase=Phase.RUNNING)
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"skipped": 1}
    assert job.id in backend.jobs
    skipped = next(row.event() for row in ledger.rows() if row.event()["event"] == events.DELETION_SKIPPED)
    assert skipped["intent_id"] is not None


def test_two_targets_of_one_ledger_do_not_share_their_pace(ledger: Ledger, clock: FakeClock) -> None:
    pace = Pace(per_sweep=10, per_day=1)
    for name in ("a", "b"):
        backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
        assert outcomes(run(backend, ledger, clock, name=name, rules=make_rules(target=name), pace=pace)) == {"confirmed": 1}


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([], 0), ([0, 0], 0), ([0, 3], 3), ([3, 6], 6), ([6, 4], 4), ([4, 2], 2), ([1, 5], 5), ([5, 130], 130)],
)
def test_of_several_exit_codes_the_gravest_wins(codes: list[int], expected: int) -> None:
    assert worst_exit_code(codes) == expected


def test_a_look_that_fails_skips_the_job_and_flags_the_sweep(ledger: Ledger, clock: FakeClock) -> None:
    first, second = make_job(days_ago=200), make_job()
    backend = ScriptedBackend.holding(first, second, make_job(days_ago=1))
    backend.get_errors[second.id] = Unreachable("down")
    report = run(backend, ledger, clock)
    assert (outcomes(report), report.exit_code, backend.asked) == ({"confirmed": 1, "skipped": 1}, 3, [first.id])
    assert report.trouble is not None
    assert report.trouble.code == "look_failed"


@pytest.mark.parametrize("second", [Answer.UNSENT, Answer.LATE])
def test_a2_a_second_request_that_is_not_sent_leaves_the_first_ones_outcome_open(
    ledger: Ledger, clock: FakeClock, second: Answer
) -> None:
    """Whatever held the second request back, the first one may still be applied: the intent is not closed as skipped."""
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.script[job.id] = [reply(Answer.UNKNOWN), *[reply(second, ends_sweep=True)] * 5]
    report = run(backend, ledger, clock)
    assert (outcomes(report), report.exit_code) == ({"unknown": 1}, 3)
    assert [intent.attempts for intent in list_open_intents(ledger, "research")] == [1]
    del backend.jobs[job.id]
    assert run(backend, ledger, clock).recovered["already_gone"] == 1


def test_a2_a_job_found_gone_while_its_second_request_waited_is_proven_and_not_called_skipped(
    ledger: Ledger, clock: FakeClock
) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.script[job.id] = [reply(Answer.UNKNOWN), reply(Answer.LATE)]

    def vanish_at_the_second(_job_id: str) -> None:
        if backend.asked:
            del backend.jobs[job.id]

    backend.before_delete = vanish_at_the_second
    assert outcomes(run(backend, ledger, clock)) == {"already_gone": 1}


def test_b26_a_real_sweep_with_a_clock_that_went_back_deletes_nothing(ledger: Ledger, clock: FakeClock) -> None:
    run(ScriptedBackend.holding(make_job(days_ago=1)), ledger, clock)
    clock.advance(-2 * 3600)
    backend = ScriptedBackend.holding(make_job())
    for _ in range(2):
        report = run(backend, ledger, clock)
        assert report.refusal is not None
        assert (report.refusal.by, report.exit_code, backend.asked) == ("clock", 4, [])


def test_a16_a_refused_sweep_does_not_make_the_survivors_forgotten(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    run(backend, ledger, clock)
    ended = last_finished(ledger)
    clock.advance(60)
    backend.projects = (("another", "memory"),)
    assert run(backend, ledger, clock).exit_code == 4
    assert last_finished(ledger) == ended
    backend.projects = (("memory", "memory"),)
    backend.listing = lambda: Listing(jobs=(), workspaces=("0",))
    assert run(backend, ledger, clock).exit_code == 6


def test_at_a_slow_rate_batches_shrink_so_that_no_intent_is_wasted(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(*[make_job() for _ in range(12)], make_job(days_ago=1))
    backend.before_get = lambda _job_id: clock.advance(0.8)
    backend.before_delete = lambda _job_id: clock.advance(0.8)
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 12}
    intended = [row.event()["at"] for row in ledger.rows() if row.event()["event"] == events.DELETION_INTENDED]
    assert max(Counter(intended).values()) <= 3


def test_a_rate_that_is_too_slow_for_any_request_ends_the_sweep_and_says_so(ledger: Ledger, clock: FakeClock) -> None:
    jobs = [make_job(days_ago=200 - number) for number in range(4)]
    backend = ScriptedBackend.holding(*jobs, make_job(days_ago=1))
    backend.script[jobs[0].id] = [reply(Answer.LATE)] * 9
    report = run(backend, ledger, clock)
    assert report.trouble is not None
    assert (report.trouble.code, outcomes(report), report.exit_code) == ("too_slow", {"skipped": 4}, 3)


def test_a_listing_that_fails_outweighs_a_stuck_deletion(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.lingering.add(job.id)
    run(backend, ledger, clock)
    clock.advance(25 * 3600)

    def fail() -> Listing:
        raise Unreachable("down")

    backend.listing = fail
    assert run(backend, ledger, clock).exit_code == 6


def test_an_interruption_outweighs_a_failed_look(ledger: Ledger, clock: FakeClock) -> None:
    jobs = [make_job(days_ago=200 - number) for number in range(4)]
    backend = ScriptedBackend.holding(*jobs, make_job(days_ago=1))
    backend.get_errors[jobs[1].id] = Unreachable("down")
    tools = make_tools(clock, new_id=_ids())
    backend.before_delete = lambda job_id: tools.stop.set() if job_id == jobs[2].id else None
    assert sweep_target(make_target(backend), ledger, tools).exit_code == 130


def test_b15_a_dry_run_notices_a_lost_anchor_too(ledger: Ledger, clock: FakeClock) -> None:
    put_anchor(ledger, "99:" + "0" * 64)
    assert preview_target(make_target(ScriptedBackend()), ledger, make_tools(clock)).exit_code == 5


def test_when_the_ledger_fails_in_mid_sweep_nothing_is_left_planned(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(*[make_job(days_ago=200 - number) for number in range(5)], make_job(days_ago=1))

    def take_over(_job_id: str) -> None:
        ledger.claim("research")

    backend.before_delete = take_over
    report = run(backend, ledger, clock)
    assert (outcomes(report), report.exit_code) == ({"unknown": 1, "skipped": 4}, 5)


def test_b4_no_batch_begins_after_the_wish_to_stop(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(*[make_job() for _ in range(30)])
    tools = make_tools(clock, new_id=_ids())
    backend.before_delete = lambda _job_id: tools.stop.set()
    report = sweep_target(make_target(backend), ledger, tools)
    assert len(backend.deleted) == 1
    assert (report.exit_code, report.outcomes()["skipped"]) == (130, 29)
    assert {entry.reason.code for entry in report.entries if entry.outcome is Outcome.SKIPPED} == {"interrupted"}


def test_d28_a_job_about_which_deciding_fails_stays_and_flags_the_sweep(ledger: Ledger, clock: FakeClock) -> None:
    """The others go as ever; the report has the error and exit code 1, so that nobody overlooks it."""
    odd, plain = make_job(name=7), make_job()
    rules = make_rules(make_policy(match=Selector(name=("trial-*",))))
    backend = ScriptedBackend.holding(odd, plain)
    report = run(backend, ledger, clock, rules=rules)
    assert (backend.deleted, set(backend.jobs)) == ([plain.id], {odd.id})
    assert (outcomes(report), report.verdicts["undecidable"]) == ({"confirmed": 1}, 1)
    assert (report.exit_code, report.is_success) == (1, False)
    assert report.as_json()["error"] == {
        "code": "evaluation_failed",
        "message": f"1 job(s) could not be decided, first {odd.id}: "
        "deciding about it failed with TypeError; please report this as a defect",
    }
    assert names(ledger)[events.DELETION_INTENDED] == names(ledger)[events.SWEEP_FINISHED] == 1


def test_d28_a_preview_is_flagged_alike(ledger: Ledger, clock: FakeClock) -> None:
    target = make_target(ScriptedBackend.holding(make_job(finished_at="x")))
    report = preview_target(target, ledger, make_tools(clock))
    assert (report.exit_code, report.verdicts["undecidable"], report.entries) == (1, 1, ())


def test_d28_a_failed_look_does_not_hide_that_deciding_failed(ledger: Ledger, clock: FakeClock) -> None:
    """Of several exit codes 1 comes before 3."""
    plain = make_job()
    backend = ScriptedBackend.holding(make_job(description=7), plain)
    backend.get_errors = {plain.id: Unreachable("no route")}
    report = run(backend, ledger, clock)
    assert (report.exit_code, report.as_json()["error"]["code"]) == (1, "evaluation_failed")
    assert backend.deleted == []


def test_survivors_that_are_no_ids_of_this_platform_prove_nothing_and_stop_nothing(ledger: Ledger, clock: FakeClock) -> None:
    """As after a target got another backend under its old name."""
    old = make_job(id="155500", days_ago=1)
    run(ScriptedBackend.holding(old), ledger, clock)
    job, canary = make_job(), make_job(days_ago=1)
    backend = ScriptedBackend.holding(job, canary)

    def refuse(job_id: str) -> None:
        if job_id == old.id:
            raise ValueError("no id of this platform")

    backend.before_get = refuse
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 1}


def test_proofs_end_with_confirm_within_and_what_was_found_by_then_is_recorded(ledger: Ledger, clock: FakeClock) -> None:
    jobs = [make_job() for _ in range(40)]
    backend, asked = ScriptedBackend.holding(*jobs, make_job(days_ago=1)), list[float]()

    def look(job_id: str) -> None:
        if backend.deleted and len(backend.deleted) == 40:
            clock.advance(1)
            asked.append(clock.monotonic())

    backend.before_get = look
    report = run(backend, ledger, clock, confirm_within=timedelta(seconds=12))
    assert 8 <= report.outcomes()["confirmed"] < 24
    assert report.outcomes()["confirmed"] + report.outcomes()["accepted"] == 40
    assert asked[-1] - asked[0] < 12 + 10


def test_a_stop_while_proving_keeps_what_was_recorded_part_by_part(ledger: Ledger, clock: FakeClock) -> None:
    jobs, stop = [make_job() for _ in range(150)], threading.Event()
    backend = ScriptedBackend.holding(*jobs, make_job(days_ago=1))
    looked = list[str]()

    def look(job_id: str) -> None:
        looked.append(job_id)
        if len(backend.deleted) == 150 and looked.count(jobs[120].id) == 2:
            stop.set()

    backend.before_get = look
    report = sweep_target(make_target(backend), ledger, make_tools(clock, new_id=_ids(), stop=stop))
    assert 64 <= report.outcomes()["confirmed"] < 150
    assert report.outcomes()["confirmed"] + report.outcomes()["accepted"] == 150
