"""Owns the timetable: APScheduler, asked once a tick, starts each target's sweep when it is due and never twice at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    EVENT_JOB_SUBMITTED,
)
from apscheduler.executors.base import BaseExecutor
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.base import STATE_RUNNING, BaseScheduler

from janitor.core.errors import ConfigError
from janitor.core.seams import Clock
from janitor.service.triggers import Fires, first_fire
from janitor.settings.model import Schedule, Settings

SIDE_BY_SIDE = 8
"""How many targets are swept at once; the others wait for a free thread."""

JUMP = timedelta(seconds=30)
"""A wall clock that moved this much more or less than time did was set: every fire is computed anew."""

What = Literal["submitted", "executed", "error", "missed", "overlapped"]

_HAPPENINGS: dict[int, What] = {
    EVENT_JOB_SUBMITTED: "submitted",
    EVENT_JOB_EXECUTED: "executed",
    EVENT_JOB_ERROR: "error",
    EVENT_JOB_MISSED: "missed",
    EVENT_JOB_MAX_INSTANCES: "overlapped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What the timetable tells of a target: submitted, executed, error, missed or overlapped."""

    target: str
    what: What
    error: BaseException | None = None
    where: str = ""
    """The place in the code where an unexpected error arose."""

    @property
    def reason(self) -> str:
        """Why it did not end, or begin, as it should."""
        if self.error is not None:
            return f"unexpected {type(self.error).__name__}: {self.error} (at {self.where})"
        return "the last sweep was still under way" if self.what == "overlapped" else "it was not started in time"


class Ticker(BaseScheduler):  # type: ignore[misc]  # APScheduler has no types
    """APScheduler without a thread of its own: whoever owns it calls `tick`, so a sleeping or stepped clock is seen at once."""

    def tick(self) -> None:
        """Start what is due."""
        self._process_jobs()

    def wakeup(self) -> None:
        """Nothing sleeps."""

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002  APScheduler's own signature
        """Start nothing more, and wait for what is under way."""
        super().shutdown(wait)


class Timetable:
    """Runs `sweep(target)` for each target at its times.

    A late fire is made up for once (`coalesce`, no `misfire_grace_time`); a target that is still being swept is not started
    again (`max_instances` 1).
    """

    def __init__(
        self,
        sweep: Callable[[str], None],
        last_finished: Callable[[str], datetime | None],
        tell: Callable[[Happening], None],
        clock: Clock,
        executor: BaseExecutor | None = None,
    ) -> None:
        self._sweep, self._last_finished, self._tell, self._clock = sweep, last_finished, tell, clock
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        pool = executor or ThreadPoolExecutor(SIDE_BY_SIDE)
        self._scheduler = Ticker(timezone=UTC, job_defaults=defaults, executors={"default": pool})
        self._scheduler.add_listener(self._listen, sum(_HAPPENINGS))
        self._schedules: dict[str, Schedule] = {}
        self._seen = (clock.now(), clock.monotonic())

    def start(self) -> None:
        """Begin; nothing is due before a schedule is set."""
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing more, and return when the sweeps under way have ended."""
        if self._scheduler.state == STATE_RUNNING:
            self._scheduler.shutdown(wait=True)

    def set(self, schedules: Mapping[str, Schedule]) -> None:
        """Replace every schedule; a target whose last fire was missed is due now. A sweep under way goes on."""
        self._scheduler.remove_all_jobs()
        self._schedules = dict(schedules)
        for target in self._schedules:
            self.renew(target)

    def renew(self, target: str, *, at_once: bool = False) -> None:
        """Compute a target's next fire from its last finished sweep; one to come gets its jitter, an overdue one does not."""
        schedule, now = self._schedules.get(target), self._clock.now()
        if schedule is None:
            return
        due, trigger = now if at_once else first_fire(schedule, self._last_finished(target), now), Fires(schedule)
        if due is not None:
            due = trigger.put_off(due, now) if due > now else due
            self._scheduler.add_job(self._sweep, trigger, args=[target], id=target, next_run_time=due, replace_existing=True)

    def run_now(self, name: str, work: Callable[[], None]) -> None:
        """Run something once, beside the sweeps."""
        self._scheduler.add_job(work, id=name, next_run_time=self._clock.now(), replace_existing=True)

    def tick(self) -> None:
        """Start what is due; where the wall clock was set, compute every fire anew first."""
        if self._has_jumped():
            for target in self._schedules:
                self.renew(target)
        self._scheduler.tick()

    def next_fire(self, target: str) -> datetime | None:
        """When a target is due next, jitter included."""
        job = self._scheduler.get_job(target)
        return None if job is None else job.next_run_time

    def _has_jumped(self) -> bool:
        wall, elapsed = self._clock.now(), self._clock.monotonic()
        moved = (wall - self._seen[0]) - timedelta(seconds=elapsed - self._seen[1])
        self._seen = (wall, elapsed)
        return abs(moved) > JUMP

    def _listen(self, event: Any) -> None:
        """Pass on what APScheduler says; what fails here never reaches a sweep, since APScheduler catches it."""
        error, what = getattr(event, "exception", None), _HAPPENINGS[event.code]
        self._tell(Happening(target=event.job_id, what=what, error=error, where=_last_place(getattr(event, "traceback", None))))


def _last_place(traceback: str | None) -> str:
    """The last `File "x.py", line 7, in name` of a formatted traceback; "" without one."""
    places = [line.strip() for line in (traceback or "").splitlines() if line.lstrip().startswith("File ")]
    return places[-1] if places else ""


def schedules_of(settings: Settings) -> dict[str, Schedule]:
    """The schedule of each target; raises ConfigError where one has none, as nothing would ever sweep it."""
    without = [target.name for target in settings.targets if target.schedule is None]
    if without:
        raise ConfigError(
            f"{settings.source}: no schedule for {', '.join(without)}; add one to the file or to the target, such as "
            'schedule: {cron: "0 3 * * *"}'
        )
    return {target.name: target.schedule for target in settings.targets if target.schedule is not None}
