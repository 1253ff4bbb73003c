"""Owns the forecast of one target: how many jobs expire on each coming day, and how the pace drains what waits."""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from janitor.retention.foresee import DAY, Expiry, Horizon
from janitor.retention.planner import Pace, allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of UTC: how many jobs expire on it, by the policy that lets them go last, and what the sweeps of it do.

    Of those that expire, `deletable` may be deleted, the others are only observed. `deletes` is what the pace lets go, `left`
    how many wait at the end of the day.
    """

    date: date
    by_policy: dict[str, int]
    deletable: int
    deletes: int
    left: int

    @property
    def expires(self) -> int:
        """How many jobs expire on it."""
        return sum(self.by_policy.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What one sweep deletes, and what it leaves of that which it may delete."""

    at: datetime
    deletes: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is to come: `backlog` jobs have expired by now and may be deleted, `observed` more are only observed.

    `drained_on` is the first day on which a sweep leaves nothing that it may delete; None where none does within the horizon.
    """

    as_of: datetime
    days: tuple[Day, ...]
    now_by_policy: dict[str, int]
    backlog: int
    observed: int
    pace_per_day: int
    drained_on: date | None

    @property
    def left(self) -> int:
        """How many wait at the end of the last day."""
        return self.days[-1].left

    @property
    def deletable_per_day(self) -> float:
        """How many jobs that may be deleted expire a day, on average."""
        return sum(day.deletable for day in self.days) / len(self.days)

    @property
    def more_days(self) -> int | None:
        """For how many days after the last one the rest drains, at this rate; None where it never does."""
        spare = self.pace_per_day - self.deletable_per_day
        if self.left == 0:
            return 0
        return int(-(-self.left // spare)) if spare > 0 else None


def build_forecast(expiries: Sequence[Expiry], horizon: Horizon, pace: Pace, intents_today: int = 0) -> Forecast:
    """Count what is foreseen by day, and let the sweeps drain it; `intents_today` are the deletions of the last 24 hours."""
    by_policy = {horizon.first_day + number * DAY: Counter[str]() for number in range(horizon.days)}
    for expiry in expiries:
        if expiry.at > horizon.as_of:
            by_policy[expiry.at.date()][expiry.policy] += 1
    deletable = sorted(expiry.at for expiry in expiries if not expiry.is_observed)
    backlog = sum(instant <= horizon.as_of for instant in deletable)
    sweeps = tuple(drain(deletable, horizon, pace, intents_today))
    return Forecast(
        as_of=horizon.as_of,
        days=tuple(_days(by_policy, deletable[backlog:], sweeps, backlog)),
        now_by_policy=dict(sorted(Counter(expiry.policy for expiry in expiries if expiry.at <= horizon.as_of).items())),
        backlog=backlog,
        observed=sum(expiry.is_observed and expiry.at <= horizon.as_of for expiry in expiries),
        pace_per_day=_pace_per_day(horizon, pace),
        drained_on=horizon.first_day if backlog == 0 else next((sweep.at.date() for sweep in sweeps if sweep.left == 0), None),
    )


def drain(deletable: Sequence[datetime], horizon: Horizon, pace: Pace, intents_today: int) -> Iterator[Sweep]:
    """What each sweep deletes of the jobs that have become deletable at these instants, in order.

    The pace of a day is rolling; the deletions of the last 24 hours count as if they were from now, so that none is hoped for.
    """
    recent, used, done, appeared = deque([(horizon.as_of, intents_today)]), intents_today, 0, 0
    for instant in horizon.sweeps:
        while recent and recent[0][0] <= instant - DAY:
            used -= recent.popleft()[1]
        appeared = bisect_right(deletable, instant, lo=appeared)
        deletes = min(appeared - done, allowance(pace, used))
        recent.append((instant, deletes))
        used, done = used + deletes, done + deletes
        yield Sweep(at=instant, deletes=deletes, left=appeared - done)


def _days(
    by_policy: dict[date, Counter[str]], coming: Sequence[datetime], sweeps: Sequence[Sweep], backlog: int
) -> Iterator[Day]:
    appear, deletes, left = Counter(instant.date() for instant in coming), Counter[date](), backlog
    for sweep in sweeps:
        deletes[sweep.at.date()] += sweep.deletes
    for day, policies in by_policy.items():
        left += appear[day] - deletes[day]
        yield Day(date=day, by_policy=dict(sorted(policies.items())), deletable=appear[day], deletes=deletes[day], left=left)


def _pace_per_day(horizon: Horizon, pace: Pace) -> int:
    """What the pace lets go on an average day: by the sweep as often as sweeps come, and never more than by the day."""
    sweeps = horizon.sweeps
    if len(sweeps) < 2:
        return min(pace.per_day, pace.per_sweep * len(sweeps) // horizon.days)
    return min(pace.per_day, round(pace.per_sweep * (len(sweeps) - 1) * DAY / (sweeps[-1] - sweeps[0])))
