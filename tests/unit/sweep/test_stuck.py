"""A deletion that the platform accepted and never carries out: told for as long as it lasts, asked for once a cool-down (A24)."""

import uuid
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from amount import cases
from builders import FakeClock, make_job, make_target, make_tools
from scripted import ScriptedBackend

from janitor.core import events
from janitor.core.errors import Unreachable
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.ledger.facts import list_open_intents
from janitor.ledger.store import Ledger
from janitor.render import render_report
from janitor.service.metrics import Metrics
from janitor.sweep.entry import preview_target, recover_target, sweep_target
from janitor.sweep.report import TargetReport

DAY_S = 86_400.0
HOUR_S = 3_600.0
A_DAY = cases(2, 4)


@pytest.fixture
def job() -> Job:
    return make_job(name="trial-stuck")


@pytest.fixture
def backend(job: Job) -> ScriptedBackend:
    """One job whose deletion is accepted and never done, and one that survives."""
    held = ScriptedBackend.holding(job, make_job(days_ago=1, phase=Phase.TERMINATED))
    held.lingering.add(job.id)
    return held


def run(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, **target: Any) -> TargetReport:
    return sweep_target(make_target(backend, **target), ledger, make_tools(clock, new_id=lambda: str(uuid.uuid4())))


def events_of(ledger: Ledger, name: str) -> list[dict[str, Any]]:
    return [event for row in ledger.rows() if (event := row.event())["event"] == name]


def test_a24_one_request_a_cool_down_each_under_an_intent_of_its_own(
    ledger: Ledger, clock: FakeClock, backend: ScriptedBackend, job: Job
) -> None:
    """Swept every twelve hours, in `make soak` every six, for three weeks."""
    asked_at: list[float] = []
    backend.before_delete = lambda _job_id: asked_at.append(clock.monotonic())
    codes = []
    for _ in range(3 * 7 * A_DAY):
        codes.append(run(backend, ledger, clock).exit_code)
        clock.advance(DAY_S / A_DAY)
    gaps = [later - earlier for earlier, later in pairwise(asked_at)]
    assert len(gaps) == 2
    assert all(7 * DAY_S < gap < 7 * DAY_S + 2 * DAY_S / A_DAY for gap in gaps)
    intents = events_of(ledger, events.DELETION_INTENDED)
    assert len({event["intent_id"] for event in intents}) == len(asked_at) == 3
    closed = events_of(ledger, events.DELETION_FAILED)
    assert [(event["reason_code"], event["job_id"]) for event in closed] == [("stuck", job.id)] * 2
    assert codes[:A_DAY] == [0] * A_DAY
    assert set(codes[A_DAY : 7 * A_DAY]) == {3}
    assert [event["stuck"] for event in events_of(ledger, events.RECOVERY_COMPLETED)][: A_DAY + 2] == [0] * A_DAY + [1, 1]


def test_a24_a_stuck_deletion_is_told_wherever_somebody_looks(
    ledger: Ledger, clock: FakeClock, backend: ScriptedBackend, job: Job
) -> None:
    metrics = Metrics(["research"], clock, "1")

    def gauge() -> float | None:
        return metrics.registry.get_sample_value("janitor_deletions_stuck", {"target": "research"})

    assert gauge() is None
    metrics.sweep_ended(run(backend, ledger, clock))
    assert gauge() == 0
    clock.advance(DAY_S - HOUR_S)
    report = run(backend, ledger, clock)
    assert (report.exit_code, report.stuck, "STUCK" in render_report(report)) == (0, (), False)
    clock.advance(2 * HOUR_S)
    report = run(backend, ledger, clock)
    metrics.sweep_ended(report)
    assert (report.exit_code, gauge()) == (3, 1)
    (row,) = report.as_json()["jobs"]
    accepted = "the platform accepted its deletion at 2026-11-23 03:00Z"
    assert (row["outcome"], accepted in row["reason"], "2026-11-30 03:00Z" in row["reason"]) == ("deferred", True, True)
    (line,) = [line for line in render_report(report).splitlines() if "STUCK" in line]
    assert all(word in line for word in (job.id, "trial-stuck", accepted, "asked for 1 time"))
    preview = preview_target(make_target(backend), ledger, make_tools(clock))
    assert preview.stuck is None
    assert preview.entries[0].reason.code == "stuck"


def test_a24_after_the_cool_down_it_is_decided_anew_and_may_well_stay(
    ledger: Ledger, clock: FakeClock, backend: ScriptedBackend, job: Job
) -> None:
    run(backend, ledger, clock)
    clock.advance(7 * DAY_S + HOUR_S)
    backend.change(job.id, phase=Phase.RUNNING)
    report = run(backend, ledger, clock)
    assert (report.recovered["failed"], report.exit_code, backend.asked) == (1, 3, [job.id])
    assert "given up" in render_report(report)
    report = run(backend, ledger, clock)
    assert (report.exit_code, report.stuck, list_open_intents(ledger, "research")) == (0, (), ())


@pytest.mark.parametrize("doubt", ["ahead", "behind", "look", "early"])
def test_a24_nothing_is_given_up_early_unseen_or_by_a_doubtful_clock(
    ledger: Ledger, clock: FakeClock, backend: ScriptedBackend, job: Job, doubt: str
) -> None:
    run(backend, ledger, clock)
    clock.advance(7 * DAY_S + (-HOUR_S if doubt == "early" else HOUR_S))
    backend.skew = {"ahead": timedelta(minutes=6), "behind": timedelta(minutes=-6)}.get(doubt)
    if doubt == "look":
        backend.get_errors[job.id] = Unreachable("down")
    report = run(backend, ledger, clock)
    assert (report.recovered["open"], report.recovered["failed"], report.exit_code == 0) == (1, 0, False)
    assert backend.asked == [job.id]
    backend.get_errors, backend.skew = {}, None
    clock.advance(2 * HOUR_S)
    assert recover_target(make_target(backend), ledger, make_tools(clock))["failed"] == 1


def test_a24_a_deletion_that_happens_after_days_is_confirmed_and_no_longer_stuck(
    ledger: Ledger, clock: FakeClock, backend: ScriptedBackend, job: Job
) -> None:
    run(backend, ledger, clock)
    clock.advance(6 * DAY_S)
    del backend.jobs[job.id]
    report = run(backend, ledger, clock)
    assert (report.recovered["confirmed"], report.stuck, report.exit_code) == (1, (), 0)
    assert len(events_of(ledger, events.DELETION_CONFIRMED)) == 1
