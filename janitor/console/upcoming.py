"""Owns what is to come: how many jobs may go on each of the next days, by policy, and which are marked already."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from janitor.console.book import Book
from janitor.console.shades import OTHERS, policy_series
from janitor.console.source import Source
from janitor.core.verdict import Verdict
from janitor.ledger.countdown import Countdown, list_countdowns
from janitor.ledger.listed import count_due, count_gone
from janitor.ledger.moment import Readable, at_one_moment
from janitor.ledger.store import Ledger
from janitor.ledger.timeline import list_latest
from janitor.render_markup import Markup
from janitor.render_strip import bar_strip
from janitor.render_svg import Bar, Series

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """Everything that the page shows; `waiting` counts the jobs of each target that have expired already, `overdue` is among the
    first day: what was due before it."""

    target: str | None
    days: tuple[Day, ...]
    series: tuple[Series, ...]
    by_policy: tuple[tuple[str, int], ...]
    chart: Markup
    overdue: int
    waiting: tuple[tuple[str, int], ...]
    marked: tuple[Countdown, ...]
    all_marked: int

    @property
    def total(self) -> int:
        """How many fall due in these days."""
        return sum(day.total for day in self.days)


def gather(source: Source, ledger: Ledger, book: Book, target: str | None) -> Upcoming:
    """Count by day, of the last listings."""
    today = source.clock.now().date()
    dates = [today + timedelta(days=number) for number in range(DAYS)]
    with at_one_moment(ledger) as moment:
        due = count_due(moment, dates[-1] + timedelta(days=1), target)
        waiting = dict(_waiting(moment, book))
        marked, all_marked = list_countdowns(moment, MOST_MARKED, target)
    by_policy, by_day, overdue = Counter[str](), Counter[tuple[date, str]](), 0
    for (day, _, policy), number in due.items():
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
        chart=bar_strip(f"Jobs that may go, by day, in the next {DAYS} days", bars, series),
        overdue=overdue,
        waiting=tuple(each for each in waiting.items() if target in (None, each[0])),
        marked=marked,
        all_marked=all_marked,
    )


def _waiting(ledger: Readable, book: Book) -> Iterator[tuple[str, int]]:
    """The expired jobs of each target that the sweep which listed them did not delete."""
    for (target, verdict), expired in sorted(book.verdicts(ledger, list_latest(ledger)).items()):
        number = expired - count_gone(ledger, target) if verdict == Verdict.EXPIRED else 0
        if number > 0:
            yield target, number


def _parts(counts: Counter[tuple[date, str]], day: date, series: list[Series], policies: dict[str, int]) -> tuple[int, ...]:
    named = {each.name for each in series}
    rest = sum(counts[day, name] for name in policies if name not in named)
    return tuple(rest if each.name == OTHERS and each.name not in policies else counts[day, each.name] for each in series)
