"""Five deletions in a row that come to nothing end the sweep of a target: on a scripted backend and virtual time."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from builders import FakeClock, make_job, make_target, make_tools
from scripted import ScriptedBackend, reply

from janitor.backends.port import LEFT_ALONE, Answer
from janitor.clock import ThreadSpawner
from janitor.core import events
from janitor.core.job import Job
from janitor.ledger.facts import list_open_intents
from janitor.ledger.store import Ledger
from janitor.render import render_report
from janitor.retention.planner import Pace
from janitor.sweep.entry import preview_target, sweep_target
from janitor.sweep.report import TargetReport

JOBS = 30


def old_jobs(count: int = JOBS) -> list[Job]:
    return [make_job(days_ago=300 - number) for number in range(count)]


def holding(jobs: Sequence[Job], answer: Answer, *bad: int, times: int = 9) -> ScriptedBackend:
    """A backend on which the requests for some of these jobs come to this."""
    backend = ScriptedBackend.holding(*jobs, make_job(days_ago=1))
    for number in bad:
        backend.script[jobs[number].id] = [reply(answer)] * times
    return backend


def run(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, **tools: Any) -> TargetReport:
    report = sweep_target(make_target(backend), ledger, make_tools(clock, new_id=lambda: str(uuid.uuid4()), **tools))
    assert sum(report.outcomes().values()) == report.verdicts["expired"]
    return report


def counts(report: TargetReport) -> dict[str, int]:
    return {name: number for name, number in report.outcomes().items() if number}


def code_of(report: TargetReport) -> str | None:
    return None if report.trouble is None else report.trouble.code


@pytest.mark.some(3)
@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.UNKNOWN])
@pytest.mark.parametrize("bad", [(7,), (1, 2, 3, 4), (3, 4, 5, 6, 8, 9, 10, 11)])
def test_a42_v4_one_or_four_poisoned_jobs_in_a_row_do_not_stop_the_others(
    ledger: Ledger, clock: FakeClock, answer: Answer, bad: tuple[int, ...]
) -> None:
    jobs = old_jobs()
    report = run(holding(jobs, answer, *bad), ledger, clock)
    assert counts(report) == {"confirmed": JOBS - len(bad), "failed" if answer is Answer.REFUSED else "unknown": len(bad)}
    assert (code_of(report), report.exit_code) == (None, 3)


def test_a42_five_refused_in_a_row_end_the_sweep_before_any_other_request(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs()
    backend = holding(jobs, Answer.REFUSED, 3, 4, 5, 6, 7)
    report = run(backend, ledger, clock)
    assert backend.asked == [job.id for job in jobs[:8]]
    assert counts(report) == {"confirmed": 3, "failed": 5, "skipped": JOBS - 8}
    assert (code_of(report), report.exit_code) == ("breaker", 3)
    (aborted,) = [row.event() for row in ledger.rows() if row.event()["event"] == events.SWEEP_ABORTED]
    skipped = [row.event() for row in ledger.rows() if row.event()["event"] == events.DELETION_SKIPPED]
    assert {event["reason_code"] for event in skipped} == {"breaker"}
    assert list_open_intents(ledger, "research") == ()
    document = report.as_json()["error"]
    for told in (document["message"], aborted["reason"], render_report(report)):
        assert all(job.id in told for job in jobs[3:8])
        assert "5 deletions in a row" in told
        assert "scripted" in told
        assert "janitor hold add" in told
    assert json.loads(json.dumps(document))["code"] == "breaker"
    assert "ERROR       breaker" in render_report(report)


def test_a36_v4_the_next_sweep_begins_with_the_jobs_that_were_not_refused_before(ledger: Ledger, clock: FakeClock) -> None:
    """So a few that cannot be deleted, however old, hold up the others once each at most, where they are the first to be sent."""
    jobs = old_jobs()
    backend = holding(jobs, Answer.REFUSED, 0, *range(3, 8), times=99)
    first = run(backend, ledger, clock)
    assert code_of(first) == "first_failed"
    second = run(backend, ledger, clock)
    assert (counts(second)["confirmed"], code_of(second)) == (2, "breaker")
    asked = len(backend.asked)
    third = run(backend, ledger, clock)
    assert counts(third) == {"confirmed": JOBS - 8, "failed": 5, "skipped": 1}
    assert backend.asked[asked:][-5:] == [jobs[0].id, *(job.id for job in jobs[3:7])]
    asked = len(backend.asked)
    assert code_of(run(backend, ledger, clock)) == "first_failed"
    assert backend.asked[asked:] == [jobs[7].id]


def test_a36_jobs_that_cannot_be_deleted_leave_the_pace_to_the_others(ledger: Ledger, clock: FakeClock) -> None:
    """What waits stands in the same order, by which `explain` tells a job's turn; another target's failures count for nothing."""
    jobs = old_jobs(6)
    backend = holding(jobs, Answer.REFUSED, 1, 2, times=99)
    target = make_target(backend, pace=Pace(per_sweep=2))
    for expected in ({"confirmed": 1, "failed": 1}, {"failed": 1, "skipped": 1}, {"confirmed": 2}):
        found = counts(sweep_target(target, ledger, make_tools(clock, new_id=lambda: str(uuid.uuid4()))))
        assert {name: number for name, number in found.items() if name != "deferred"} == expected
    preview = preview_target(target, ledger, make_tools(clock))
    assert [entry.decision.job.id for entry in preview.entries] == [jobs[5].id, jobs[1].id, jobs[2].id]
    other = preview_target(replace(target, name="other"), ledger, make_tools(clock))
    assert [entry.decision.job.id for entry in other.entries] == [jobs[1].id, jobs[2].id, jobs[5].id]


def test_a42_of_what_failed_before_the_unexplained_goes_before_the_refused(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs(4)
    backend = holding(jobs, Answer.REFUSED, 1, times=99)
    backend.script[jobs[2].id] = [reply(Answer.UNKNOWN)] * 3
    assert counts(run(backend, ledger, clock)) == {"confirmed": 2, "failed": 1, "unknown": 1}
    clock.advance(3600)
    asked = len(backend.asked)
    assert counts(run(backend, ledger, clock)) == {"confirmed": 1, "failed": 1}
    assert backend.asked[asked:] == [jobs[2].id, jobs[1].id]


def test_a36_refusals_are_counted_in_a_row_across_batches_and_threads(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs()
    report = run(holding(jobs, Answer.REFUSED, *range(9, 14)), ledger, clock)
    assert (counts(report)["failed"], code_of(report)) == (5, "breaker")
    others = old_jobs()
    backend = holding(others, Answer.REFUSED, *range(1, JOBS))
    report = run(backend, ledger, clock, spawner=ThreadSpawner(4))
    assert code_of(report) == "breaker"
    assert len(backend.asked) <= 1 + 5 + 3


def test_a5_what_is_unknown_counts_only_after_it_was_tried_again(ledger: Ledger, clock: FakeClock) -> None:
    """Five lost answers in a row are looked after at once; where the requests had been applied, the sweep goes on."""
    jobs = old_jobs()
    backend = holding(jobs, Answer.UNKNOWN, *range(5, 11), times=1)
    backend.applied = {job.id for job in jobs[5:11]}
    asked_at: dict[str, float] = {}
    backend.before_delete = lambda job_id: asked_at.update({job_id: clock.monotonic()})
    report = run(backend, ledger, clock)
    assert counts(report) == {"confirmed": JOBS - 6, "already_gone": 6}
    assert asked_at[jobs[11].id] - asked_at[jobs[10].id] >= 30
    assert sorted(backend.asked) == sorted(job.id for job in jobs)
    assert clock.waits.count(30.0) == 1


def test_a5_what_stays_unknown_ends_the_sweep_after_its_last_try_and_stays_open(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs()
    backend = holding(jobs, Answer.UNKNOWN, *range(3, JOBS))
    report = run(backend, ledger, clock)
    assert (code_of(report), report.exit_code) == ("breaker", 3)
    assert counts(report) == {"confirmed": 3, "unknown": 8, "skipped": JOBS - 11}
    assert {backend.asked.count(job.id) for job in jobs[3:11]} <= {1, 2, 3}
    assert max(map(backend.asked.count, backend.asked)) == 3
    assert len(backend.asked) <= 3 + 8 + 2 * 8
    assert len(list_open_intents(ledger, "research")) == 8


def test_a36_no_job_is_asked_for_more_than_three_times_however_often_a_row_is_looked_after(
    ledger: Ledger, clock: FakeClock
) -> None:
    jobs = old_jobs()
    backend = holding(jobs, Answer.UNKNOWN, *range(7, 11), times=2)
    backend.script[jobs[6].id] = [reply(Answer.UNKNOWN)] * 9
    report = run(backend, ledger, clock)
    assert (counts(report), code_of(report)) == ({"confirmed": JOBS - 1, "unknown": 1}, None)
    assert {backend.asked.count(job.id) for job in jobs[6:11]} == {3}


def test_a5_where_the_platform_is_left_alone_already_five_unknown_are_not_tried_again(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs()
    backend = holding(jobs, Answer.UNKNOWN, *range(3, 8))
    backend.script[jobs[8].id] = [reply(Answer.UNSENT, code=LEFT_ALONE, ends_sweep=True)]
    report = run(backend, ledger, clock)
    assert counts(report) == {"confirmed": 3, "unknown": 5, "skipped": JOBS - 8}
    assert (code_of(report), len(backend.asked)) == ("breaker", 9)


def test_a5_of_a_batch_that_fell_apart_only_its_single_requests_count_for_themselves(ledger: Ledger, clock: FakeClock) -> None:
    """Two unclear batches are two; what is asked for singly in their place may go through, and then all is well."""
    jobs = old_jobs(60)
    backend = holding(jobs, Answer.UNKNOWN)
    backend.most_at_once, backend.batches = 100, [reply(Answer.UNKNOWN)] * 9
    report = run(backend, ledger, clock)
    assert counts(report) == {"confirmed": 60}
    assert sum(len(request) > 1 for request in backend.requests) == 2
    assert code_of(report) is None


def test_a5_where_nothing_goes_through_any_more_batches_and_singles_together_end_it_soon(
    ledger: Ledger, clock: FakeClock
) -> None:
    jobs = old_jobs(200)
    backend = holding(jobs, Answer.UNKNOWN, *range(1, 200))
    backend.most_at_once, backend.batches = 100, [reply(Answer.UNKNOWN)] * 9
    report = run(backend, ledger, clock)
    assert (code_of(report), report.exit_code) == ("breaker", 3)
    assert len(backend.requests) <= 1 + 2 + 10 + 2 * 12
    assert counts(report)["skipped"] > 100


def test_a5_one_success_lets_the_count_begin_anew_and_held_jobs_do_not_count(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs()
    bad = [number for number in range(1, JOBS) if number % 5]
    report = run(holding(jobs, Answer.REFUSED, *bad), ledger, clock)
    assert (counts(report)["failed"], code_of(report)) == (len(bad), None)


def test_a22_a_refused_key_after_four_failures_is_told_as_what_it_is(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs()
    backend = holding(jobs, Answer.REFUSED, 3, 4, 5, 6)
    backend.script[jobs[7].id] = [reply(Answer.REFUSED, code="not_permitted", ends_sweep=True)]
    report = run(backend, ledger, clock)
    assert (code_of(report), report.exit_code) == ("not_permitted", 6)
