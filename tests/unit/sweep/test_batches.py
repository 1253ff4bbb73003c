"""Deleting several jobs by one request: what is certain after each answer, and what is looked at, on a scripted backend."""

import math
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from threading import Event
from typing import Any

import pytest
from builders import FakeClock, make_job, make_target, make_tools
from postgres import IS_ON_POSTGRES
from scripted import ScriptedBackend, reply

from janitor.backends.port import Answer
from janitor.clock import SystemClock, ThreadSpawner
from janitor.core import events
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.ledger.chain import find_break
from janitor.ledger.facts import list_open_intents
from janitor.ledger.lease import LASTS_S
from janitor.ledger.store import Ledger
from janitor.sweep.entry import sweep_target
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Tools


def batching(*jobs: Job, most: int = 100) -> ScriptedBackend:
    backend = ScriptedBackend.holding(*jobs, make_job(days_ago=1))
    backend.most_at_once = most
    return backend


def run(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, **tools: Any) -> TargetReport:
    tools = {"new_id": lambda: str(uuid.uuid4())} | tools
    report = sweep_target(make_target(backend), ledger, make_tools(clock, **tools))
    assert find_break(ledger.rows())[0] is None
    assert sum(report.outcomes().values()) == report.verdicts["expired"]
    return report


def outcomes(report: TargetReport) -> dict[str, int]:
    return {name: number for name, number in report.outcomes().items() if number}


def old_jobs(count: int, **changes: Any) -> list[Job]:
    return [make_job(days_ago=300 - number, **changes) for number in range(count)]


def ids(jobs: list[Job]) -> list[str]:
    return [job.id for job in jobs]


def events_of(ledger: Ledger, name: str) -> Iterator[dict[str, Any]]:
    return (event for row in ledger.rows() if (event := row.event())["event"] == name)


def test_s10_after_one_single_job_the_others_go_by_batches_oldest_first(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs(61)
    backend = batching(*jobs)
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 61}
    assert [len(request) for request in backend.requests] == [1, 10, 10, 40]
    assert backend.asked == ids(jobs)
    assert report.traffic.requests["batch_delete"] == 3


def test_a_batch_is_never_larger_than_the_platform_takes(ledger: Ledger, clock: FakeClock) -> None:
    backend = batching(*old_jobs(60), most=7)
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 60}
    assert max(len(request) for request in backend.requests) == 7


def test_every_intent_of_a_batch_is_written_before_its_request(ledger: Ledger, clock: FakeClock) -> None:
    backend = batching(*old_jobs(30))
    missing = list[str]()

    def check(job_id: str) -> None:
        intended = {event["job_id"] for event in events_of(ledger, events.DELETION_INTENDED)}
        missing.extend({job_id} - intended)

    backend.before_delete = check
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 30}
    assert missing == []


def test_without_a_batch_route_all_are_looked_at_again_and_asked_for_singly_for_good(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs(25)
    backend, looks = batching(*jobs), list[str]()
    backend.batches = [reply(Answer.UNSUPPORTED)]
    backend.before_get = looks.append
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 25}
    assert [len(request) for request in backend.requests] == [1, 10, *[1] * 24]
    first_batch = backend.requests[1]
    before_confirming = looks[: looks.index(jobs[24].id) + 1]
    assert all(before_confirming.count(job_id) == 2 for job_id in first_batch)
    accepted = [event for event in events_of(ledger, events.DELETION_ACCEPTED) if event["job_id"] in first_batch]
    intended = [event for event in events_of(ledger, events.DELETION_INTENDED) if event["job_id"] in first_batch]
    assert {event["intent_id"] for event in accepted} == {event["intent_id"] for event in intended}
    assert {event["attempts"] for event in accepted} == {1}


def test_a_job_that_changed_when_the_batch_route_was_found_absent_is_skipped(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs(8)
    backend = batching(*jobs)
    backend.batches = [reply(Answer.UNSUPPORTED)]
    backend.before_delete = lambda job_id: backend.change(jobs[3].id, phase=Phase.RUNNING) if job_id == jobs[1].id else None
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 7, "skipped": 1}
    assert jobs[3].id in backend.jobs


def test_a1_a2_after_an_unclear_batch_every_job_is_looked_at_and_what_is_left_is_asked_for_singly(
    ledger: Ledger, clock: FakeClock
) -> None:
    jobs = old_jobs(9)
    backend = batching(*jobs)
    backend.batches, backend.applied = [reply(Answer.UNKNOWN, code="batch_refused")], {jobs[2].id, jobs[5].id}
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 7, "already_gone": 2}
    assert [len(request) for request in backend.requests] == [1, 8, *[1] * 6]
    assert 30.0 in clock.waits
    assert len(backend.deleted) == len(set(backend.deleted)) == 7
    assert Counter(event["intent_id"] for event in events_of(ledger, events.DELETION_CONFIRMED)).most_common(1)[0][1] == 1


def test_s6_no_result_of_a_single_job_is_made_up_from_a_batch_that_was_refused(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs(6)
    backend = batching(*jobs)
    backend.batches = [reply(Answer.UNKNOWN, code="batch_refused")]
    run(backend, ledger, clock)
    first = [event["event"] for event in events_of(ledger, events.DELETION_UNKNOWN) if event["attempts"] == 1]
    assert len(first) == 10
    assert list(events_of(ledger, events.DELETION_FAILED)) == []


def test_after_two_refused_batches_the_rest_is_asked_for_singly(ledger: Ledger, clock: FakeClock) -> None:
    backend = batching(*old_jobs(80))
    backend.batches = [reply(Answer.UNKNOWN)] * 9
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 80}
    assert [len(request) for request in backend.requests[:4]] == [1, 10, 10, 1]
    assert max(len(request) for request in backend.requests[3:]) == 1


def test_where_batches_are_given_up_no_more_than_ten_intents_are_open_at_a_time(ledger: Ledger, clock: FakeClock) -> None:
    """Nineteen were looked at for a batch by then."""
    backend = batching(*old_jobs(80))
    backend.batches = [reply(Answer.ACCEPTED), reply(Answer.UNKNOWN), reply(Answer.UNKNOWN)]
    backend.applies = True
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 30, "already_gone": 50}
    names = [row.event()["event"] for row in ledger.rows()]
    runs = [len(list(group)) for name, group in groupby(names) if name == events.DELETION_INTENDED]
    assert runs == [1, 10, 10, 40, 10, 9]


def test_one_refused_batch_among_good_ones_changes_nothing_for_the_next(ledger: Ledger, clock: FakeClock) -> None:
    backend = batching(*old_jobs(150))
    backend.batches = [reply(Answer.UNKNOWN)]
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 150}
    assert [len(request) for request in backend.requests[:5]] == [1, 10, 10, 40, 89]


def test_a_batch_holds_jobs_of_one_workspace_and_none_of_an_unknown_kind(ledger: Ledger, clock: FakeClock) -> None:
    jobs = [make_job(days_ago=300 - number, workspace="0" if number % 2 else "w1") for number in range(41)]
    backend = batching(*jobs)
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 41}
    places = {job.id: job.workspace for job in jobs}
    assert all(len({places[job_id] for job_id in request}) == 1 for request in backend.requests)
    assert len(backend.requests) < 8


def test_the_next_batch_is_looked_at_while_a_batch_is_under_way(ledger: Ledger) -> None:
    jobs, looked = old_jobs(21), Event()
    backend, waits = batching(*jobs), list[bool]()
    backend.before_get = lambda job_id: looked.set() if job_id == jobs[11].id else None
    backend.before_delete = lambda job_id: waits.append(looked.wait(5)) if job_id == jobs[1].id else None
    tools = Tools(clock=SystemClock(), spawner=ThreadSpawner(4), new_id=lambda: str(uuid.uuid4()))
    sweep_target(make_target(backend, confirm_within=timedelta(seconds=1)), ledger, tools)
    assert waits == [True]


@pytest.mark.parametrize("mark", [{"description": "janitor-hold"}, {"labels": (("janitor-hold", ""),)}, {"labels": None}])
def test_a_batch_whose_looks_grew_old_is_looked_at_again_and_sent_without_what_changed(
    ledger: Ledger, clock: FakeClock, mark: dict[str, Any]
) -> None:
    jobs = old_jobs(6)
    backend = batching(*jobs)
    backend.batches = [reply(Answer.LATE)]
    backend.before_delete = lambda job_id: backend.change(jobs[4].id, **mark) if job_id == jobs[1].id else None
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 5, "skipped": 1}
    assert [len(request) for request in backend.requests] == [1, 5, 4]
    (skipped,) = events_of(ledger, events.DELETION_SKIPPED)
    assert (skipped["job_id"], skipped["attempts"], skipped["intent_id"] is None) == (jobs[4].id, 0, False)


def test_a30_a_batch_leaves_at_most_10_seconds_after_its_oldest_look(ledger: Ledger, clock: FakeClock) -> None:
    backend = batching(*old_jobs(12))
    """On a server the lock may end it earlier, as long after the server was last spoken to as the lock lasts."""
    latest, used, asked = dict[str, float](), dict[str, float](), list[float]()

    def look(job_id: str) -> None:
        latest[job_id] = clock.monotonic()
        clock.advance(0.1)

    backend.before_get = look

    def ask(job_id: str) -> None:
        used[job_id] = latest[job_id]
        asked.append(clock.monotonic())

    backend.before_delete = ask
    run(backend, ledger, clock)
    oldest = [min(used[job_id] for job_id in request) for request in backend.requests]
    lasts = LASTS_S if IS_ON_POSTGRES else math.inf
    assert len(backend.requests) == len(backend.deadlines) == 3
    for deadline, began in zip(backend.deadlines, oldest, strict=True):
        assert deadline == began + 10 or deadline <= max(asked) + lasts < began + 10


@pytest.mark.parametrize("most", [1, 100])
def test_an_answer_that_ends_the_sweep_leaves_the_rest_of_the_plan_alone(ledger: Ledger, clock: FakeClock, most: int) -> None:
    jobs = old_jobs(60)
    backend = batching(*jobs, most=most)
    refused = reply(Answer.REFUSED, code="not_permitted", ends_sweep=True)
    backend.batches = [refused]
    backend.script[jobs[1].id] = [refused]
    report = run(backend, ledger, clock)
    assert report.exit_code == 6
    assert len(backend.asked) <= 11
    assert report.outcomes()["skipped"] >= 49


def test_a_stop_while_a_batch_is_under_way_begins_no_other(ledger: Ledger, clock: FakeClock) -> None:
    jobs, stop = old_jobs(60), Event()
    backend = batching(*jobs)
    backend.before_delete = lambda job_id: stop.set() if job_id == jobs[1].id else None
    report = run(backend, ledger, clock, stop=stop)
    assert [len(request) for request in backend.requests] == [1, 10]
    assert report.exit_code == 130
    assert outcomes(report) == {"accepted": 11, "skipped": 49}
    assert len(list_open_intents(ledger, "research")) == 11


def test_a_batch_the_platform_never_carries_out_stays_accepted_and_is_not_sent_again(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs(6)
    backend = batching(*jobs)
    backend.lingering = {job.id for job in jobs[1:]}
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 1, "accepted": 5}
    assert outcomes(run(backend, ledger, clock)) == {"deferred": 5}
    assert [len(request) for request in backend.requests] == [1, 5]
