"""Owns the reading of a cron expression: five fields become five sets of numbers; when they fire is the service's business."""

import re
from dataclasses import dataclass
from itertools import pairwise

from janitor.settings.suggest import suggest

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTH = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_ITEM = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/([0-9]+))?", re.ASCII)
_DAY_MINUTES = 24 * 60
_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """The minutes, hours, days, months and weekdays (0 is Sunday) at which a schedule fires, as numbers in order.

    `is_fixed` tells a time of the day from a rhythm: neither its minutes nor its hours are written with a star.
    """

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    is_fixed: bool

    @property
    def shortest_gap_minutes(self) -> int:
        """The least time between two fires, as if every day were one on which it fires."""
        times = sorted(hour * 60 + minute for hour in self.hours for minute in self.minutes)
        return min(after - before for before, after in pairwise([*times, times[0] + _DAY_MINUTES]))


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the five: what it is called, its numbers, and the words that may stand for them."""

    name: str
    first: int
    last: int
    words: tuple[str, ...] = ()

    def read(self, text: str) -> tuple[int, ...]:
        """The numbers that a field names; raises ValueError with what is wrong."""
        return tuple(sorted({number for item in text.split(",") for number in self._item(item)}))

    def _item(self, item: str) -> range:
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ValueError(f"{self.name} {item!r} is not understood; write *, 3, 1-5, */15 or 1,15")
        start, end, step = match.groups()
        if start == "*":
            low, high = self.first, self.last
            if end is not None:
                raise ValueError(f"{self.name} {item!r}: a range starts with a number, not with a star")
        else:
            low = self._number(start)
            high = self._number(end) if end is not None else self.last if step is not None else low
        if low > high and self.words == _DAYS:
            high += 7  # a week goes round: sat-mon
        if low > high:
            raise ValueError(f"{self.name} {item!r} runs backwards; write it as two ranges with a comma")
        if step is not None and not 1 <= int(step) <= self.last:
            raise ValueError(f"{self.name} {item!r} has an impossible step")
        return range(low, high + 1, int(step or 1))

    def _number(self, text: str) -> int:
        if text.lower() in self.words:
            return self.words.index(text.lower()) + self.first
        if not text.isdigit():
            raise ValueError(f"{self.name} {text!r} is not understood; {suggest(text, self.words or ('*',))}")
        if not self.first <= int(text) <= self.last:
            raise ValueError(f"{self.name} {text} is not from {self.first} to {self.last}")
        return int(text)


_MINUTE, _HOUR = _Field("minute", 0, 59), _Field("hour", 0, 23)
_DAY, _MONTH = _Field("day of the month", 1, 31), _Field("month", 1, 12, _MONTHS)
_WEEKDAY = _Field("day of the week", 0, 7, _DAYS)
"""7 is Sunday too; a week goes round, so numbers count modulo 7."""


def parse_cron(text: str) -> Cron:
    """Read `minute hour day-of-month month day-of-week`; raises ValueError with what to write instead."""
    if text in _MACROS:
        raise ValueError(f'is a nickname; write it out: "{_MACROS[text]}"')
    fields = text.split()
    if len(fields) != 5:
        raise ValueError(f"has {len(fields)} fields; cron has five: minute hour day-of-month month day-of-week")
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        raise ValueError("names days both of the month and of the week; programs differ in what that means, so leave one a star")
    cron = Cron(
        text=" ".join(fields),
        minutes=_MINUTE.read(minute),
        hours=_HOUR.read(hour),
        days=_DAY.read(day),
        months=_MONTH.read(month),
        weekdays=tuple(sorted({number % 7 for number in _WEEKDAY.read(weekday.replace("*", "0-6"))})),
        is_fixed="*" not in minute + hour,
    )
    if not any(day <= _LONGEST_MONTH.get(month, 31) for day in cron.days for month in cron.months):
        raise ValueError("never fires: none of its months has such a day")
    return cron
