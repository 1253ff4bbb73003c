"""How long a sweep may last: `max_duration`, on a scripted backend and virtual time (V-7)."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from builders import FakeClock, make_job, make_target, make_tools
from scripted import ScriptedBackend, reply

from janitor.backends.port import Answer
from janitor.core import events
from janitor.core.errors import OutOfTime
from janitor.core.job import Job
from janitor.core.secret import Scrubber
from janitor.ledger.facts import list_open_intents
from janitor.ledger.store import Ledger
from janitor.logs import make_say
from janitor.sweep.entry import preview_target, sweep_target
from janitor.sweep.loop import Sweep
from janitor.sweep.report import TargetReport

LONGEST = timedelta(minutes=10)
CONFIRM_S = 60.0


def old_jobs(count: int) -> list[Job]:
    return [make_job(days_ago=300 - number) for number in range(count)]


def holding(jobs: list[Job]) -> ScriptedBackend:
    return ScriptedBackend.holding(*jobs, make_job(days_ago=1))


def run(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, **target: Any) -> TargetReport:
    target = {"max_duration": LONGEST} | target
    return sweep_target(make_target(backend, **target), ledger, make_tools(clock, new_id=lambda: str(uuid.uuid4())))


def counts(report: TargetReport) -> dict[str, int]:
    return {name: number for name, number in report.outcomes().items() if number}


def event_names(ledger: Ledger) -> list[str]:
    return [row.event()["event"] for row in ledger.rows()]


def test_v7_after_max_duration_nothing_more_is_asked_for_and_the_next_sweep_goes_on(ledger: Ledger, clock: FakeClock) -> None:
    jobs = old_jobs(30)
    backend = holding(jobs)
    backend.before_delete = lambda _job_id: clock.advance(50)
    report = run(backend, ledger, clock)
    assert counts(report) == {"confirmed": 12, "skipped": 18}
    assert backend.asked == [job.id for job in jobs[:12]]
    assert (report.exit_code, report.trouble, event_names(ledger)[-1]) == (0, None, events.SWEEP_FINISHED)
    skipped = [row.event() for row in ledger.rows() if row.event()["event"] == events.DELETION_SKIPPED]
    assert {event["reason_code"] for event in skipped} == {"max_duration"}
    assert list_open_intents(ledger, "research") == ()
    assert counts(run(backend, ledger, clock))["confirmed"] == 12
    assert counts(run(backend, ledger, clock)) == {"confirmed": 6}
    assert len(backend.asked) == len(set(backend.asked)) == 30


def test_v7_the_log_warns_once_of_all_that_there_was_no_time_for(
    ledger: Ledger, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    backend = holding(old_jobs(15))
    backend.before_delete = lambda _job_id: clock.advance(50)
    say = make_say(clock, Scrubber(), is_quiet=True)
    tools = make_tools(clock, new_id=lambda: str(uuid.uuid4()), say=say)
    sweep_target(make_target(backend, max_duration=LONGEST), ledger, tools)
    (line,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert (line["event"], line["jobs"], "max_duration" in line["reason"]) == (events.SWEEP_CUT_SHORT, 3, True)


@pytest.mark.parametrize(
    ("kind", "said"), [("sweep", "the next sweep goes on"), ("apply", "make a new one"), ("delete", "again")]
)
def test_v7_what_there_was_no_time_for_says_how_it_goes_on(ledger: Ledger, clock: FakeClock, kind: str, said: str) -> None:
    """Neither a plan that is applied nor what somebody named is gone on with by the next sweep."""
    backend = holding(old_jobs(15))
    backend.before_delete = lambda _job_id: clock.advance(50)
    target = make_target(backend, max_duration=LONGEST)
    sweep = Sweep(target=target, tools=make_tools(clock, new_id=lambda: str(uuid.uuid4())), kind=kind)
    sweep.run(ledger, ledger.claim(target.name))
    skipped = [entry.reason for entry in sweep.report().entries if entry.reason.code == "max_duration"]
    assert (len(skipped), {said in reason.text for reason in skipped}) == (3, {True})


def test_v7_a_step_of_the_wall_clock_that_is_tolerated_does_not_end_a_sweep(ledger: Ledger, clock: FakeClock) -> None:
    backend = holding(old_jobs(5))

    def step(_job_id: str) -> None:
        clock.time += timedelta(seconds=55)

    backend.before_delete = step
    assert counts(run(backend, ledger, clock)) == {"confirmed": 5}


def test_v7_a_wall_clock_that_stands_still_does_not_lengthen_a_sweep(ledger: Ledger, clock: FakeClock) -> None:
    """It ends it: such a clock counts for no pace and no later sweep."""
    backend = holding(old_jobs(30))

    def stand_still(_job_id: str) -> None:
        clock.elapsed += 50

    backend.before_delete = stand_still
    report = run(backend, ledger, clock)
    assert (report.exit_code, report.trouble and report.trouble.code) == (4, "clock")
    assert 6 <= len(backend.asked) <= 12


@pytest.mark.parametrize(("took_s", "asked"), [(0, 3), (575, 1)])
def test_v7_no_request_is_repeated_that_could_only_leave_too_late(
    ledger: Ledger, clock: FakeClock, took_s: float, asked: int
) -> None:
    jobs = old_jobs(2)
    backend = holding(jobs)
    backend.script[jobs[1].id] = [reply(Answer.UNKNOWN)] * 9
    backend.before_delete = lambda job_id: clock.advance(took_s if job_id == jobs[0].id else 0)
    report = run(backend, ledger, clock)
    assert (counts(report), report.exit_code) == ({"confirmed": 1, "unknown": 1}, 3)
    assert (backend.asked.count(jobs[1].id), 30.0 in clock.waits) == (asked, asked > 1)


@pytest.mark.parametrize("each_s", [0, 59, 601])
def test_v7_proving_ends_with_what_is_left_of_confirm_within(ledger: Ledger, clock: FakeClock, each_s: float) -> None:
    """However long the last batch took, the sweep ends `confirm_within` after its `max_duration`, or with what was under way."""
    jobs = old_jobs(30)
    backend = holding(jobs)
    backend.lingering = {job.id for job in jobs}
    started, answered = clock.monotonic(), list[float]()

    def take_long(_job_id: str) -> None:
        clock.advance(each_s)
        answered.append(clock.monotonic() - started)

    backend.before_delete = take_long
    report = run(backend, ledger, clock)
    assert report.exit_code == 0
    assert counts(report)["accepted"] == len(answered) >= 1
    assert clock.monotonic() - started <= max(LONGEST.total_seconds() + CONFIRM_S, answered[-1])


def test_v7_a_listing_that_takes_too_long_is_given_up_with_exit_6(ledger: Ledger, clock: FakeClock) -> None:
    backend = holding(old_jobs(3))

    def give_up() -> Any:
        raise OutOfTime("no time is left")

    backend.listing = give_up
    for report in (preview_target(make_target(backend), ledger, make_tools(clock)), run(backend, ledger, clock)):
        assert report.trouble is not None
        assert (report.trouble.code, report.exit_code) == ("max_duration", 6)
    assert (backend.asked, event_names(ledger)[-1]) == ([], events.SWEEP_ABORTED)


def test_v7_the_backend_is_told_when_to_end_before_the_first_request_and_once_more_before_proving(
    ledger: Ledger, clock: FakeClock
) -> None:
    backend = holding(old_jobs(1))
    told: list[list[float]] = []
    backend.before_get = lambda _job_id: told.append(list(backend.ends))
    started = clock.monotonic()
    run(backend, ledger, clock)
    first, last = started + LONGEST.total_seconds(), started + LONGEST.total_seconds() + CONFIRM_S
    assert (backend.ends, told[0]) == ([first, last], [first, last])
    preview_target(make_target(backend), ledger, make_tools(clock))
    assert len(backend.ends) == 3
