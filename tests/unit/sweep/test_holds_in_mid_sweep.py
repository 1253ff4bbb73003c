"""Holds and pauses that appear while a sweep deletes: nothing is intended after them, singly or by batches."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from again import open_again
from builders import FakeClock, make_job, make_target, make_tools
from scripted import ScriptedBackend, reply

from janitor.backends.port import Answer
from janitor.core import events
from janitor.core.job import Job
from janitor.ledger.chain import Draft
from janitor.ledger.facts import list_open_intents
from janitor.ledger.store import Ledger
from janitor.sweep.entry import sweep_target
from janitor.sweep.report import TargetReport

singly_and_by_batches = pytest.mark.parametrize("most", [1, 100])


def build(most: int, count: int = 30) -> tuple[ScriptedBackend, list[Job]]:
    jobs = [make_job(days_ago=300 - number) for number in range(count)]
    backend = ScriptedBackend.holding(*jobs, make_job(days_ago=1))
    backend.most_at_once = most
    return backend, jobs


def run(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, **tools: Any) -> TargetReport:
    return sweep_target(make_target(backend), ledger, make_tools(clock, new_id=lambda: str(uuid.uuid4()), **tools))


def outcomes(report: TargetReport) -> dict[str, int]:
    return {name: number for name, number in report.outcomes().items() if number}


def hold(ledger: Ledger, clock: FakeClock, *job_ids: str, name: str = "") -> None:
    """As another process does it, while the sweep has the ledger open."""
    match = {"name": [name]} if name else None
    fields = {"hold_id": str(uuid.uuid4()), "job_ids": list(job_ids) or None, "match": match, "reason": "paper"}
    draft = Draft(event=events.HOLD_ADDED, target="research", fields=fields | {"owner": "ann", "until": None})
    with open_again(ledger, clock, "cli:ann@desk") as other:
        other.append([draft])


def pause(ledger: Ledger, clock: FakeClock, target: str | None = None) -> None:
    draft = Draft(event=events.SWEEPING_PAUSED, target=target, fields={"reason": "look first"})
    with open_again(ledger, clock, "cli:ann@desk") as other:
        other.append([draft])


def once(job_id: str, act: Callable[[], None]) -> Callable[[str], None]:
    """Do it as soon as the first request for a job is under way."""
    done = list[str]()

    def before(asked: str) -> None:
        if asked == job_id and not done:
            done.append(asked)
            act()

    return before


@singly_and_by_batches
def test_a29_a_hold_that_appears_in_mid_sweep_protects_what_is_not_intended_yet(
    ledger: Ledger, clock: FakeClock, most: int
) -> None:
    backend, jobs = build(most)
    backend.before_delete = once(jobs[0].id, lambda: hold(ledger, clock, jobs[20].id, jobs[29].id))
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 28, "skipped": 2}
    assert {jobs[20].id, jobs[29].id} <= set(backend.jobs)
    skipped = [row.event() for row in ledger.rows() if row.event()["event"] == events.DELETION_SKIPPED]
    assert [(event["reason_code"], event["intent_id"]) for event in skipped] == [("hold", None)] * 2
    assert all("paper" in event["reason"] for event in skipped)
    assert report.exit_code == 0


def test_a29_a_hold_by_name_in_mid_sweep_protects_every_job_it_fits(ledger: Ledger, clock: FakeClock) -> None:
    backend, jobs = build(100)
    backend.before_delete = once(jobs[0].id, lambda: hold(ledger, clock, name="trial-*"))
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 1, "skipped": 29}


@singly_and_by_batches
def test_a29_a_hold_that_comes_between_reading_and_intending_is_seen(ledger: Ledger, clock: FakeClock, most: int) -> None:
    """The read of the standing and the intents' transaction are two steps; whoever writes between them is not passed over."""
    backend, jobs = build(most, count=3)
    asked = list[int]()

    def halted() -> None:
        asked.append(len(asked))
        if len(asked) == 3:  # for the plan, for the first intent, and now for the second batch, which is not yet written
            hold(ledger, clock, jobs[2].id)

    assert outcomes(run(backend, ledger, clock, halted=halted)) == {"confirmed": 2, "skipped": 1}
    assert jobs[2].id in backend.jobs


def test_holds_that_never_stop_coming_end_the_sweep_instead_of_spinning(ledger: Ledger, clock: FakeClock) -> None:
    backend, _ = build(100, count=3)

    def halted() -> None:
        hold(ledger, clock, str(uuid.uuid4()))

    report = run(backend, ledger, clock, halted=halted)
    assert outcomes(report) == {"skipped": 3}
    assert (backend.asked, report.exit_code) == ([], 4)


@singly_and_by_batches
@pytest.mark.parametrize("target", [None, "research"])
def test_a_pause_in_mid_sweep_ends_it_before_the_next_intents(
    ledger: Ledger, clock: FakeClock, most: int, target: str | None
) -> None:
    backend, jobs = build(most)
    backend.before_delete = once(jobs[1].id, lambda: pause(ledger, clock, target))
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 11, "skipped": 19}
    assert report.trouble is not None
    assert (report.trouble.code, report.exit_code) == ("paused", 4)
    assert "look first" in report.trouble.message
    assert "janitor resume" in report.trouble.message
    assert list_open_intents(ledger, "research") == ()


def test_a_pause_of_another_target_changes_nothing(ledger: Ledger, clock: FakeClock) -> None:
    backend, jobs = build(100)
    backend.before_delete = once(jobs[1].id, lambda: pause(ledger, clock, "production"))
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 30}


@singly_and_by_batches
def test_a_stop_file_in_mid_sweep_ends_it_before_the_next_intents(ledger: Ledger, clock: FakeClock, most: int) -> None:
    backend, jobs = build(most)
    found = list[str]()
    backend.before_delete = once(jobs[1].id, lambda: found.append("STOP exists"))
    report = run(backend, ledger, clock, halted=lambda: found[0] if found else None)
    assert outcomes(report) == {"confirmed": 11, "skipped": 19}
    assert report.exit_code == 4


def test_a_job_that_is_held_by_now_is_not_asked_for_a_second_time(ledger: Ledger, clock: FakeClock) -> None:
    backend, jobs = build(1, count=3)
    backend.script[jobs[1].id] = [reply(Answer.UNKNOWN)] * 3
    backend.before_delete = once(jobs[1].id, lambda: hold(ledger, clock, jobs[1].id))
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 2, "unknown": 1}
    assert backend.asked.count(jobs[1].id) == 1


def test_nothing_is_asked_for_a_second_time_while_sweeping_is_paused(ledger: Ledger, clock: FakeClock) -> None:
    backend, jobs = build(1, count=3)
    backend.script[jobs[2].id] = [reply(Answer.UNKNOWN)] * 3
    backend.before_delete = once(jobs[2].id, lambda: pause(ledger, clock))
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 2, "unknown": 1}
    assert backend.asked.count(jobs[2].id) == 1
    assert report.exit_code == 4


def test_of_a_job_that_went_late_while_a_pause_kept_it_from_being_asked_for_again_nothing_else_is_said(
    ledger: Ledger, clock: FakeClock
) -> None:
    backend, jobs = build(1, count=2)
    backend.script[jobs[1].id] = [reply(Answer.UNKNOWN)]
    backend.before_delete = once(jobs[1].id, lambda: pause(ledger, clock))
    looks = list[str]()

    def go_late(job_id: str) -> None:
        looks.append(job_id)
        if looks.count(jobs[1].id) == 3:  # after those for its request and for another one
            backend.hidden.add(jobs[1].id)

    backend.before_get = go_late
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 1, "already_gone": 1}
    told = [row.event() for row in ledger.rows() if row.event().get("job_id") == jobs[1].id]
    assert [(event["event"], event["reason_code"]) for event in told[1:]] == [
        (events.DELETION_UNKNOWN, "unknown"),
        (events.DELETION_ALREADY_GONE, "unknown"),
    ]


@pytest.mark.parametrize("answer", [Answer.LATE, Answer.UNSUPPORTED])
def test_a29_a_hold_that_comes_while_a_batch_waits_is_seen_when_its_jobs_are_looked_at_again(
    ledger: Ledger, clock: FakeClock, answer: Answer
) -> None:
    """Their intents are written, and their request has not left."""
    backend, jobs = build(100, count=6)
    backend.batches = [reply(answer)]
    backend.before_delete = once(jobs[1].id, lambda: hold(ledger, clock, jobs[3].id))
    report = run(backend, ledger, clock)
    assert outcomes(report) == {"confirmed": 5, "skipped": 1}
    (skipped,) = [row.event() for row in ledger.rows() if row.event()["event"] == events.DELETION_SKIPPED]
    assert (skipped["job_id"], skipped["reason_code"], skipped["intent_id"] is None) == (jobs[3].id, "hold", False)
    assert jobs[3].id in backend.jobs


def test_a29_a_hold_that_comes_while_a_single_request_waits_is_seen_too(ledger: Ledger, clock: FakeClock) -> None:
    backend, jobs = build(1, count=3)
    backend.script[jobs[1].id] = [reply(Answer.LATE)]
    backend.before_delete = once(jobs[1].id, lambda: hold(ledger, clock, jobs[1].id))
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 2, "skipped": 1}
    assert jobs[1].id in backend.jobs


@pytest.mark.parametrize("answer", [Answer.LATE, Answer.UNSUPPORTED])
@pytest.mark.parametrize("is_file", [False, True])
def test_a_pause_that_comes_while_a_batch_waits_sends_none_of_it(
    ledger: Ledger, clock: FakeClock, answer: Answer, *, is_file: bool
) -> None:
    backend, jobs = build(100, count=11)
    backend.batches, found = [reply(answer)], list[str]()
    act = (lambda: found.append("STOP exists")) if is_file else (lambda: pause(ledger, clock))
    backend.before_delete = once(jobs[1].id, act)
    report = run(backend, ledger, clock, halted=lambda: found[0] if found else None)
    assert outcomes(report) == {"confirmed": 1, "skipped": 10}
    assert report.trouble is not None
    assert (report.trouble.code, report.exit_code) == ("paused", 4)
    assert list_open_intents(ledger, "research") == ()


@singly_and_by_batches
def test_a_hold_that_comes_between_reading_and_asking_a_second_time_is_seen(ledger: Ledger, clock: FakeClock, most: int) -> None:
    backend, jobs = build(most, count=2)
    backend.script[jobs[1].id] = [reply(Answer.UNKNOWN)] * 2
    asked = list[int]()

    def halted() -> None:
        asked.append(len(asked))
        if len(asked) == 4:  # for the plan, for two intents, and now for the second request
            hold(ledger, clock, jobs[1].id)

    assert outcomes(run(backend, ledger, clock, halted=halted)) == {"confirmed": 1, "unknown": 1}
    assert backend.asked.count(jobs[1].id) == 1
