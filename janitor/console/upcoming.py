"""Owns what is to come: how many jobs may go on each of the next days, by policy, and which are marked already."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from janitor.console.book import Book
from janitor.console.shades import OTHERS, policy_series
from janitor.console.source import Source
from janitor.console.words import number as shown
from janitor.core.verdict import Verdict
from janitor.ledger.countdown import Countdown, list_countdowns
from janitor.ledger.listed import count_due, count_gone
from janitor.ledger.moment import Readable, at_one_moment
from janitor.ledger.standing import list_pauses
from janitor.ledger.store import Ledger
from janitor.ledger.timeline import list_latest
from janitor.render_markup import Markup
from janitor.render_strip import bar_strip
from janitor.render_svg import Bar, Series
from janitor.retention.policy import Mode
from janitor.settings.model import Settings, TargetSettings

DAYS, MOST_MARKED = 30, 100
NO_POLICY = "(none)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day (UTC) with the numbers of each series."""

    date: date
    parts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Of all policies."""
        return sum(self.parts)


class Fate(StrEnum):
    """What becomes of a job whose time has come, by what the file and the pauses say now."""

    GOES = "goes"
    PAUSED = "paused"
    OBSERVED = "observed"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The expired jobs of a target that are still there, and what becomes of them."""

    target: str
    number: int
    fate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """Everything that the page shows; `waiting` counts the jobs of each target that have expired already, `overdue` is among the
    first day: what was due before it; `fates` are the jobs that fall due by what becomes of them."""

    target: str | None
    days: tuple[Day, ...]
    series: tuple[Series, ...]
    by_policy: tuple[tuple[str, int], ...]
    chart: Markup
    overdue: int
    fates: Counter[Fate]
    waiting: tuple[Waiting, ...]
    marked: tuple[tuple[Countdown, Fate], ...]
    all_marked: int

    @property
    def total(self) -> int:
        """How many fall due in these days."""
        return sum(day.total for day in self.days)

    @property
    def expired(self) -> int:
        """How many have expired and are still there."""
        return sum(each.number for each in self.waiting)


def gather(source: Source, ledger: Ledger, book: Book, target: str | None) -> Upcoming:
    """Count by day, of the last listings."""
    today = source.clock.now().date()
    dates = [today + timedelta(days=number) for number in range(DAYS)]
    with at_one_moment(ledger) as moment:
        due = count_due(moment, dates[-1] + timedelta(days=1), target)
        paused = {pause.target for pause in list_pauses(moment)} | ({None} if source.halted() else set())
        fates = _Fates(settings=source.settings, paused=frozenset(paused))
        waiting = tuple(each for each in _waiting(moment, book, fates) if target in (None, each.target))
        marked, all_marked = list_countdowns(moment, MOST_MARKED, target)
    by_policy, by_day, by_fate, overdue = Counter[str](), Counter[tuple[date, str]](), Counter[Fate](), 0
    for (day, place, policy), number in due.items():
        by_fate[fates.of(place, policy)] += number
        by_policy[policy or NO_POLICY] += number
        by_day[max(today, date.fromisoformat(day)), policy or NO_POLICY] += number
        overdue += number if day < today.isoformat() else 0
    ordered = sorted(by_policy.items(), key=lambda item: (-item[1], item[0]))
    series = policy_series([name for name, _ in ordered])
    days = tuple(Day(date=each, parts=_parts(by_day, each, series, dict(ordered))) for each in dates)
    bars = [Bar(label=f"{day.date:%a %d %b}", parts=day.parts) for day in days]
    return Upcoming(
        target=target,
        days=days,
        series=tuple(series),
        by_policy=tuple(ordered),
        chart=bar_strip(f"Jobs that fall due, by day, in the next {DAYS} days", bars, series),
        overdue=overdue,
        fates=by_fate,
        waiting=waiting,
        marked=tuple((each, fates.of(each.target, each.policy)) for each in marked),
        all_marked=all_marked,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fates:
    """What the file says now, and the targets that are paused; None among them are all."""

    settings: Settings
    paused: frozenset[str | None]

    def of(self, target: str, policy: str | None) -> Fate:
        """What becomes of a job of this target that this policy lets go."""
        known = self.target(target)
        if known is None:
            return Fate.LEFT
        is_observed = any(each.name == policy and each.mode is Mode.OBSERVE for each in self.settings.policies)
        if known.mode is Mode.OBSERVE or is_observed:
            return Fate.OBSERVED
        return Fate.PAUSED if self.paused & {None, target} else Fate.GOES

    def target(self, name: str) -> TargetSettings | None:
        """The target of this name, where the file still has it."""
        return next((each for each in self.settings.targets if each.name == name), None)


def _waiting(ledger: Readable, book: Book, fates: _Fates) -> Iterator[Waiting]:
    """The expired jobs of each target that the sweep which listed them did not delete."""
    latest = list_latest(ledger)
    by_policy, known = book.policies(ledger, latest), book.tally(ledger, latest)
    for (target, verdict), expired in sorted(known.verdicts.items()):
        number = expired - count_gone(ledger, target, known) if verdict == Verdict.EXPIRED else 0
        if number > 0:
            counts = Counter[Fate]()
            for (name, policy, its_verdict), count in by_policy.items():
                if (name, its_verdict) == (target, verdict):
                    counts[fates.of(name, policy)] += count
            yield Waiting(target=target, number=number, fate=_tell(number, counts, fates.target(target)))


def _tell(number: int, counts: Counter[Fate], target: TargetSettings | None) -> str:
    """What becomes of so many expired jobs; what was deleted since they were listed is among none but those that go."""
    observed = counts[Fate.OBSERVED]
    if target is None:
        return "this target is not in the policy file any more, so they stay"
    if observed >= number:
        return "would go (only observed), so they stay"
    if counts[Fate.PAUSED]:
        told = "paused, so none goes before that is lifted"
    else:
        most = f"{shown(target.pace.per_sweep)} a sweep and {shown(target.pace.per_day)} in 24 hours at most"
        told = f"waiting for their turn, {most}"
    return f"{told}; {observed} of them would go (only observed), so they stay" if observed else told


def _parts(counts: Counter[tuple[date, str]], day: date, series: list[Series], policies: dict[str, int]) -> tuple[int, ...]:
    named = {each.name for each in series}
    rest = sum(counts[day, name] for name in policies if name not in named)
    return tuple(rest if each.name == OTHERS and each.name not in policies else counts[day, each.name] for each in series)
