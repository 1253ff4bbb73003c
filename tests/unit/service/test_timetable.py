"""The timetable on frozen time: what the clock does to it (faults B25 to B29, B21)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apscheduler.events import EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.debug import DebugExecutor
from builders import FrozenClock
from freezegun import freeze_time

from janitor.service.timetable import Happening, Timetable
from janitor.settings.cron import parse_cron
from janitor.settings.model import Schedule

NIGHTLY = Schedule(cron=parse_cron("0 3 * * *"))
HOURLY = Schedule(every=timedelta(hours=1))


class Scene:
    """A timetable on frozen time, and what it did."""

    def __init__(self, frozen: Any, executor: Any = None) -> None:
        self.clock = FrozenClock()
        self.frozen = frozen
        self.swept: list[tuple[str, str]] = []
        self.happened: list[Happening] = []
        self.last: dict[str, datetime] = {}
        self.is_failing = self.is_deaf = False
        self.timetable = Timetable(self.sweep, self.last.get, self.hear, self.clock, executor or DebugExecutor())

    def sweep(self, target: str) -> None:
        if self.is_failing:
            raise RuntimeError(f"no sweep of {target}")
        self.swept.append((target, f"{self.clock.now():%Y-%m-%d %H:%M}"))
        self.last[target] = self.clock.now()

    def hear(self, happening: Happening) -> None:
        if self.is_deaf:
            raise RuntimeError("not listening")
        self.happened.append(happening)

    def pass_time(self, **amount: float) -> None:
        """Let time pass in steps of a minute, as a running machine would see it."""
        for _ in range(int(timedelta(**amount).total_seconds() // 60)):
            self.jump(timedelta(minutes=1), elapsed=60.0)

    def jump(self, step: timedelta, *, elapsed: float) -> None:
        """Move the wall clock and the elapsed time separately, then tick once."""
        self.frozen.tick(step)
        self.clock.advance(elapsed)
        self.timetable.tick()


@contextmanager
def scene(start: str, executor: Any = None) -> Iterator[Scene]:
    with freeze_time(start, tz_offset=0) as frozen:
        stage = Scene(frozen, executor)
        stage.timetable.start()
        yield stage
        stage.timetable.stop()


def test_each_target_has_its_own_times() -> None:
    with scene("2026-11-24 02:00") as stage:
        stage.last["b"] = stage.clock.now()
        stage.timetable.set({"a": NIGHTLY, "b": HOURLY})
        stage.pass_time(hours=3, minutes=1)
        assert sorted(stage.swept) == [
            ("a", "2026-11-24 03:00"),
            ("b", "2026-11-24 03:00"),
            ("b", "2026-11-24 04:00"),
            ("b", "2026-11-24 05:00"),
        ]
        assert [happening.what for happening in stage.happened].count("executed") == 4


def test_b29_a_machine_that_slept_through_the_night_sweeps_once_when_it_wakes() -> None:
    with scene("2026-11-24 02:00") as stage:
        stage.timetable.set({"a": NIGHTLY, "b": HOURLY})
        stage.timetable.tick()
        stage.swept.clear()
        stage.jump(timedelta(hours=7), elapsed=7 * 3600)  # suspended: both clocks went on
        assert sorted(stage.swept) == [("a", "2026-11-24 09:00"), ("b", "2026-11-24 09:00")]
        assert stage.timetable.next_fire("a") == datetime(2026, 11, 25, 3, tzinfo=UTC)


def test_a_missed_night_is_made_up_for_at_the_start() -> None:
    with scene("2026-11-24 09:00") as stage:
        stage.last["a"] = datetime(2026, 11, 23, 3, 5, tzinfo=UTC)
        stage.timetable.set({"a": NIGHTLY})
        stage.timetable.tick()
        stage.pass_time(minutes=5)
        assert stage.swept == [("a", "2026-11-24 09:00")]


def test_b25_a_step_of_a_year_forward_makes_up_for_one_sweep_and_goes_on() -> None:
    with scene("2026-11-24 02:00") as stage:
        stage.last["a"] = datetime(2026, 11, 23, 3, 5, tzinfo=UTC)
        stage.timetable.set({"a": NIGHTLY})
        stage.jump(timedelta(days=365), elapsed=1.0)
        stage.pass_time(hours=2)
        assert stage.swept == [("a", "2027-11-24 02:00"), ("a", "2027-11-24 03:00")]


def test_b26_a_step_of_a_year_back_does_not_stop_the_schedule_for_a_year() -> None:
    with scene("2026-11-24 02:00") as stage:
        stage.timetable.set({"a": NIGHTLY, "b": HOURLY})
        stage.timetable.tick()
        stage.swept.clear()
        stage.jump(timedelta(days=-365), elapsed=1.0)
        stage.pass_time(hours=2)
        assert ("a", "2025-11-24 03:00") in stage.swept
        assert [when for target, when in stage.swept if target == "b"] == [
            "2025-11-24 02:00",
            "2025-11-24 03:00",
            "2025-11-24 04:00",
        ]


def test_b27_a_step_of_seconds_changes_nothing() -> None:
    with scene("2026-11-24 02:00") as stage:
        stage.timetable.set({"a": NIGHTLY})
        before = stage.timetable.next_fire("a")
        stage.jump(timedelta(seconds=-20), elapsed=1.0)
        assert stage.timetable.next_fire("a") == before
        assert stage.swept == []


@pytest.mark.parametrize(
    ("start", "zone", "expected"),
    [
        ("2026-10-24 12:00", "Europe/Berlin", ["2026-10-25 00:30", "2026-10-26 01:30"]),
        ("2026-03-28 12:00", "Europe/Berlin", ["2026-03-29 01:30", "2026-03-30 00:30"]),
    ],
)
def test_b28_one_sweep_a_night_through_both_changes_of_the_clocks(start: str, zone: str, expected: list[str]) -> None:
    with scene(start) as stage:
        stage.timetable.set({"a": Schedule(cron=parse_cron("30 2 * * *"), timezone=zone)})
        stage.pass_time(hours=38)
        assert [when for _, when in stage.swept] == expected


def test_a_leap_day_and_a_month_that_has_no_31st() -> None:
    with scene("2028-02-28 12:00") as stage:
        stage.timetable.set({"leap": Schedule(cron=parse_cron("0 0 29 2 *")), "last": Schedule(cron=parse_cron("0 0 31 * *"))})
        stage.pass_time(days=2)
        assert stage.swept == [("leap", "2028-02-29 00:00")]
        assert stage.timetable.next_fire("last") == datetime(2028, 3, 31, tzinfo=UTC)


class Pool(DebugExecutor):  # type: ignore[misc]  # APScheduler has no types
    """Holds what was submitted until the test lets it end."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[tuple[Any, Any]] = []

    def _do_submit_job(self, job: Any, run_times: Any) -> None:
        self.held.append((job, run_times))

    def finish(self) -> None:
        """Let everything that was submitted run and end."""
        held, self.held = self.held, []
        for job, run_times in held:
            super()._do_submit_job(job, run_times)


def test_b21_a_target_that_is_still_being_swept_is_not_started_again() -> None:
    pool = Pool()
    with scene("2026-11-24 02:00", pool) as stage:
        stage.last["a"] = stage.clock.now()
        stage.timetable.set({"a": HOURLY})
        stage.pass_time(hours=2, minutes=1)
        assert len(pool.held) == 1
        assert [happening.what for happening in stage.happened] == ["submitted", "overlapped"]
        pool.finish()
        stage.pass_time(hours=1)
        assert len(pool.held) == 1


def test_an_error_is_told_and_the_schedule_goes_on() -> None:
    with scene("2026-11-24 02:00") as stage:
        stage.timetable.set({"a": HOURLY})
        stage.is_failing = True
        stage.timetable.tick()
        assert sorted(happening.what for happening in stage.happened) == ["error", "submitted"]
        (failed,) = [happening for happening in stage.happened if happening.what == "error"]
        assert isinstance(failed.error, RuntimeError)
        assert "test_timetable.py" in failed.where
        assert stage.timetable.next_fire("a") == datetime(2026, 11, 24, 3, tzinfo=UTC)


def test_a_missed_fire_is_told() -> None:
    with scene("2026-11-24 02:00") as stage:
        stage.timetable._scheduler._dispatch_event(JobExecutionEvent(EVENT_JOB_MISSED, "a", "default", stage.clock.now()))
        assert [(happening.target, happening.what) for happening in stage.happened] == [("a", "missed")]


def test_what_fails_in_a_listener_reaches_no_sweep() -> None:
    with scene("2026-11-24 02:00") as stage:
        stage.timetable.set({"a": HOURLY})
        stage.is_deaf = True
        stage.timetable.tick()
        assert stage.swept == [("a", "2026-11-24 02:00")]


def test_a_target_that_left_the_file_is_not_swept() -> None:
    with scene("2026-11-24 02:00") as stage:
        stage.timetable.set({"a": HOURLY})
        stage.timetable.set({})
        stage.pass_time(hours=2)
        assert stage.swept == []
        assert stage.timetable.next_fire("a") is None


def test_the_first_fire_has_its_jitter_too_unless_it_is_overdue() -> None:
    nightly = Schedule(cron=parse_cron("0 3 * * *"), jitter=timedelta(minutes=10))
    with scene("2026-11-24 02:00") as stage:
        stage.last["late"] = datetime(2026, 11, 23, 1, tzinfo=UTC)
        found = set()
        for _ in range(20):
            stage.timetable.set({"new": nightly, "late": nightly})
            found.add(stage.timetable.next_fire("new"))
            assert stage.timetable.next_fire("late") == datetime(2026, 11, 24, 2, tzinfo=UTC)
        assert len(found) > 1
        assert all(
            datetime(2026, 11, 24, 3, tzinfo=UTC) <= fire <= datetime(2026, 11, 24, 3, 10, tzinfo=UTC) for fire in found if fire
        )
