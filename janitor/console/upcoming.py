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
from janitor.ledger.standing import list_pauses
from janitor.ledger.store import Ledger
from janitor.ledger.timeline import list_latest
from janitor.render_markup import Markup
from janitor.render_strip import bar_strip
from janitor.render_svg import Bar, Series
from janitor.retention.policy import Mode
from janitor.settings.model import Settings

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
class Waiting:
    """The expired jobs of a target that are still there, and what becomes of them."""

    target: str
    number: int
    fate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """Everything that the page shows; `waiting` counts the jobs of each target that have expired already, `overdue` is among the
    first day: what was due before it; `observed` are those that would go, and do not."""

    target: str | None
    days: tuple[Day, ...]
    series: tuple[Series, ...]
    by_policy: tuple[tuple[str, int], ...]
    chart: Markup
    overdue: int
    observed: int
    waiting: tuple[Waiting, ...]
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
        waiting = tuple(each for each in _waiting(moment, book, source.settings) if target in (None, each.target))
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
        observed=sum(number for (_, name, policy), number in due.items() if _is_observed(source.settings, name, policy)),
        waiting=waiting,
        marked=marked,
        all_marked=all_marked,
    )


def _waiting(ledger: Readable, book: Book, settings: Settings) -> Iterator[Waiting]:
    """The expired jobs of each target that the sweep which listed them did not delete."""
    latest, paused = list_latest(ledger), {pause.target for pause in list_pauses(ledger)}
    by_policy = book.policies(ledger, latest)
    for (target, verdict), expired in sorted(book.verdicts(ledger, latest).items()):
        number = expired - count_gone(ledger, target) if verdict == Verdict.EXPIRED else 0
        if number > 0:
            observed = sum(
                count
                for (name, policy, its_verdict), count in by_policy.items()
                if (name, its_verdict) == (target, verdict) and _is_observed(settings, name, policy)
            )
            is_known = any(each.name == target for each in settings.targets)
            fate = _fate(number, observed, is_paused=bool(paused & {None, target})) if is_known else _GONE
            yield Waiting(target=target, number=number, fate=fate)


_GONE = "this target is not in the policy file any more, so they stay"


def _fate(number: int, observed: int, *, is_paused: bool) -> str:
    """What becomes of so many expired jobs."""
    if observed >= number:
        return "would go (only observed)"
    fate = "paused, so none goes before that is lifted" if is_paused else "waiting for their turn"
    return f"{fate}; {observed} of them would go (only observed)" if observed else fate


def _is_observed(settings: Settings, target: str, policy: str | None) -> bool:
    """Whether nothing of a target, or by a policy, is deleted by what the file says now."""
    is_enforced = any(each.name == target and each.mode is Mode.ENFORCE for each in settings.targets)
    return not is_enforced or any(each.name == policy and each.mode is Mode.OBSERVE for each in settings.policies)


def _parts(counts: Counter[tuple[date, str]], day: date, series: list[Series], policies: dict[str, int]) -> tuple[int, ...]:
    named = {each.name for each in series}
    rest = sum(counts[day, name] for name in policies if name not in named)
    return tuple(rest if each.name == OTHERS and each.name not in policies else counts[day, each.name] for each in series)
