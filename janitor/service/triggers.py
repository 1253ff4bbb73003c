"""Owns when a schedule fires: settings become APScheduler triggers, and cron's oddities end here."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from janitor.settings.cron import Cron
from janitor.settings.model import Schedule

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_INSTANT = timedelta(microseconds=1)
_LONGEST_JUMP = timedelta(hours=3)
"""Longer than any clock is put forward: a time that it skips is looked for on the calendar from here on."""


class Fires(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """The fires of one schedule, in UTC, each put off by a random part of the jitter.

    What was missed is made up for by one fire, never by several. A time of the day (no star in its minutes and hours)
    fires once on the day on which the clocks go back, and on the day on which they skip it, when they have jumped.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._every = schedule.every
        self._jitter_s = schedule.jitter.total_seconds()
        self._zone = ZoneInfo(schedule.timezone)
        self._is_fixed = schedule.cron is not None and schedule.cron.is_fixed
        zone = UTC if self._is_fixed else self._zone
        self._cron = None if schedule.cron is None else _cron_trigger(schedule.cron, zone)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The next fire that is neither before now nor before the previous one; None where there is none."""
        fire = self.next_without_jitter(previous_fire_time, now)
        return None if fire is None else self.put_off(fire, now)

    def put_off(self, fire: datetime, now: datetime) -> datetime:
        """A fire, put off by a random part of the jitter."""
        later: datetime = self._apply_jitter(fire, self._jitter_s, now)
        return later

    def next_without_jitter(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The same, to the second."""
        if self._every is not None:
            due = now + self._every if previous is None else previous + self._every
            return due.astimezone(UTC) if due > now else (now + self._every).astimezone(UTC)
        start = now if previous is None else max(now, previous + _INSTANT)
        return self._next_of_cron(start.astimezone(UTC))

    def _next_of_cron(self, start: datetime) -> datetime | None:
        """A rhythm is computed in its zone; a time of the day on the calendar alone, and then placed in its zone."""
        if not self._is_fixed:
            fire: datetime | None = self._cron.get_next_fire_time(None, start) if self._cron else None
            return None if fire is None else fire.astimezone(UTC)
        wall: datetime | None = start.astimezone(self._zone).replace(tzinfo=UTC) - _LONGEST_JUMP
        while (wall := self._cron.get_next_fire_time(None, wall) if self._cron else None) is not None:
            fire = wall.replace(tzinfo=self._zone).astimezone(UTC)
            if fire >= start:
                return fire
            wall += _INSTANT
        return None


def first_fire(schedule: Schedule, last_finished: datetime | None, now: datetime) -> datetime | None:
    """When a target is due first: now where the fire after its last finished sweep was missed, else that fire.

    A last sweep in the future says nothing: the clock was wrong then, or is now. Without any finished sweep a rhythm
    begins now, and a cron expression at its next time.
    """
    known = last_finished if last_finished is not None and last_finished <= now else None
    if known is None and schedule.every is not None:
        return now
    due = Fires(schedule).next_without_jitter(known, now if known is None else known)
    return None if due is None else max(due, now)


def next_fires(schedule: Schedule, after: datetime, count: int) -> list[datetime]:
    """The next times at which a schedule fires, in UTC, without jitter."""
    trigger, found = Fires(schedule), list[datetime]()
    while len(found) < count:
        fire = trigger.next_without_jitter(found[-1] if found else None, found[-1] if found else after)
        if fire is None:
            break
        found.append(fire)
    return found


def _cron_trigger(cron: Cron, timezone: tzinfo) -> CronTrigger:
    """An APScheduler trigger from plain lists: it would count weekdays from Monday, and read steps of them from there."""
    return CronTrigger(
        minute=_list(cron.minutes),
        hour=_list(cron.hours),
        day=_list(cron.days),
        month=_list(cron.months),
        day_of_week=",".join(_WEEKDAYS[number] for number in cron.weekdays),
        second=0,
        timezone=timezone,
    )


def _list(numbers: tuple[int, ...]) -> str:
    return ",".join(str(number) for number in numbers)
