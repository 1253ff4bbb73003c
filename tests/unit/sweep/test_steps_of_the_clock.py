"""A clock that is set by minutes, and a second that is one too many: tolerated, and no age moves by more (fault B27)."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from builders import FakeClock, make_job, make_target, make_tools
from scripted import ScriptedBackend
from small_sweep import EXPIRED, KEPT, SmallSweep

from janitor.backends.port import Listing
from janitor.ledger.store import Ledger
from janitor.modelarts.traffic import parse_http_date
from janitor.retention.planner import Pace
from janitor.sweep.entry import sweep_target

WEEK = timedelta(days=7)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_b27_a_step_in_mid_sweep_neither_ends_it_nor_makes_a_look_older(ledger: Ledger, clock: FakeClock, minutes: int) -> None:
    jobs = [make_job() for _ in range(4)]
    backend = ScriptedBackend.holding(*jobs, KEPT)

    def step(job_id: str) -> None:
        if job_id == jobs[1].id and jobs[1].id not in backend.asked:
            clock.time += timedelta(minutes=minutes)

    backend.before_get = step
    report = sweep_target(make_target(backend), ledger, make_tools(clock))
    assert (report.exit_code, report.outcomes()["confirmed"]) == (0, 4)
    assert set(backend.jobs) == {KEPT.id}
    assert backend.asked == [job.id for job in jobs]


@pytest.mark.some(3)
@pytest.mark.parametrize("minutes", [-3 * 1440, 400 * 1440, -6, 6])
@pytest.mark.parametrize("at", ["look", "request"])
def test_b25_s9_a_clock_that_is_set_in_mid_sweep_ends_it_and_no_day_has_twice_its_pace(
    ledger: Ledger, clock: FakeClock, minutes: int, at: str
) -> None:
    """What would be intended by such a clock is of another day; and what it calls finished would be no time to go by."""
    backend, pace = ScriptedBackend.holding(*(make_job() for _ in range(6)), KEPT), Pace(per_sweep=10, per_day=3)

    def step(_job_id: str) -> None:
        if backend.asked:
            clock.time += timedelta(minutes=minutes)
            backend.before_get = backend.before_delete = lambda _: None

    if at == "look":
        backend.before_get = step
    else:
        backend.before_delete = step
    report = sweep_target(make_target(backend, pace=pace), ledger, make_tools(clock))
    assert (report.exit_code, report.trouble and report.trouble.code) == (4, "clock")
    clock.time -= timedelta(minutes=minutes)
    clock.advance(60)
    again = sweep_target(make_target(backend, pace=pace), ledger, make_tools(clock, new_id=lambda: str(uuid.uuid4())))
    assert (again.exit_code, again.refusal) == (0, None)
    assert len(set(backend.asked)) <= 3


def test_b25_a_clock_that_is_set_at_the_very_end_lets_the_sweep_finish_for_nobody(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(KEPT)

    def set_after(_listing: object = None) -> Listing:
        return Listing(jobs=(KEPT,), workspaces=("0",))

    def say(name: str, **_fields: object) -> None:
        if name == "plan.built":
            clock.time += timedelta(days=400)

    backend.listing = set_after
    report = sweep_target(make_target(backend), ledger, make_tools(clock, say=say))
    assert (report.exit_code, [row.event()["event"] for row in ledger.rows()][-1]) == (4, "sweep.aborted")


@pytest.mark.parametrize("minutes", [-4, 4, -6, 6, -365 * 1440])
def test_b25_s20_a_clock_that_is_set_right_before_the_first_answer_deletes_nothing(
    ledger: Ledger, clock: FakeClock, minutes: int
) -> None:
    """The time for deciding was read while it was wrong, and by the first answer it agrees with the server's."""
    backend = ScriptedBackend.holding(make_job(), KEPT)
    backend.skew = timedelta(0)

    def set_and_list() -> Listing:
        clock.time += timedelta(minutes=minutes)
        return Listing(jobs=tuple(backend.jobs.values()), workspaces=("0",))

    backend.listing = set_and_list
    report = sweep_target(make_target(backend), ledger, make_tools(clock))
    is_tolerated = abs(minutes) <= 5
    assert (report.refusal is None) == is_tolerated
    assert report.refusal is None or report.refusal.by == "clock"
    assert (report.exit_code, len(backend.asked)) == ((0, 1) if is_tolerated else (4, 0))
    assert report.refusal is None or report.outcomes()["refused"] == 1


def test_b29_s20_a_listing_that_takes_longer_than_the_tolerance_is_no_step(ledger: Ledger, clock: FakeClock) -> None:
    """A time in which the machine slept, too, passes by both clocks."""
    backend = ScriptedBackend.holding(make_job(), KEPT)

    def list_slowly() -> Listing:
        clock.advance(360)
        return Listing(jobs=tuple(backend.jobs.values()), workspaces=("0",))

    backend.listing = list_slowly
    report = sweep_target(make_target(backend), ledger, make_tools(clock))
    assert (report.exit_code, len(backend.asked)) == (0, 1)


@pytest.mark.parametrize(("minutes", "refused_by"), [(-4, None), (4, None), (-6, "clock")])
def test_b27_a_step_between_sweeps_is_tolerated_up_to_five_minutes_back(
    tmp_path: Path, minutes: int, refused_by: str | None
) -> None:
    small = SmallSweep.begin(tmp_path)
    with small.open() as ledger:
        small.backend.jobs = {job.id: job for job in (KEPT, *(make_job(days_ago=1) for _ in range(5)))}
        assert small.sweep(ledger).exit_code == 0
        small.clock.time += timedelta(minutes=minutes)
        small.backend.jobs |= {job.id: job for job in EXPIRED}
        report = small.sweep(ledger)
    assert (None if report.refusal is None else report.refusal.by) == refused_by
    assert report.outcomes()["confirmed"] == (0 if refused_by else len(EXPIRED))


@pytest.mark.parametrize("step_s", [-240, 0, 240])
def test_b27_an_age_moves_by_the_step_and_no_more(ledger: Ledger, clock: FakeClock, step_s: int) -> None:
    """What the true clock would let go by then goes, and nothing that is further from its age than the step."""
    ended = {late_s: clock.now() - WEEK - timedelta(seconds=late_s) for late_s in (-300, -180, -1, 0, 180, 300)}
    jobs = [make_job(id=f"late{late_s}", finished_at=at, started_at=at, created_at=at) for late_s, at in ended.items()]
    backend = ScriptedBackend.holding(*jobs, KEPT)
    clock.time += timedelta(seconds=step_s)
    report = sweep_target(make_target(backend), ledger, make_tools(clock))
    assert report.exit_code == 0
    gone = {late_s for late_s in ended if f"late{late_s}" not in backend.jobs}
    assert gone == {late_s for late_s in ended if late_s + step_s >= 0}


def test_b27_a_leap_second_is_no_date_and_no_error() -> None:
    """The server's clock is then as it was last told."""
    assert parse_http_date("Thu, 31 Dec 2026 23:59:59 GMT") is not None
    assert parse_http_date("Thu, 31 Dec 2026 23:59:60 GMT") is None
