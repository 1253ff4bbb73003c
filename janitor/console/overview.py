"""Owns the overview: how each target stands, at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from janitor.console.advice import next_commands
from janitor.console.book import Book
from janitor.console.shades import MEANINGS, VERDICTS
from janitor.console.source import Source
from janitor.console.words import command, counts_of, plural
from janitor.core.verdict import Verdict
from janitor.ledger.facts import OpenIntent, count_intents, list_open_intents
from janitor.ledger.listed import Tally, count_gone
from janitor.ledger.moment import Readable, at_one_moment
from janitor.ledger.older import LISTING
from janitor.ledger.standing import list_pauses
from janitor.ledger.store import Ledger
from janitor.ledger.timeline import Span, count_states, list_full_spans, list_latest, list_spans
from janitor.render_markup import Markup
from janitor.render_strip import line_strip, share_strip
from janitor.render_svg import Series
from janitor.retention.pause import Pause
from janitor.retention.policy import Mode
from janitor.settings.model import TargetSettings
from janitor.sweep.stuck import find_stuck

SPANS = 30
"""So many sweeps are in the chart of a target."""
_ABORTED = ("aborted", "disbelieved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One verdict in the legend of a target's bar."""

    series: Series
    number: int
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something to look at: how grave, in which words, and what to run."""

    word: str
    text: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One target as the page shows it."""

    settings: TargetSettings
    last: Span | None
    outcomes: dict[str, int]
    running: Span | None
    states: dict[str, int]
    next_sweep: datetime | None
    gone: int
    """So many of the jobs listed are proven gone since."""
    listed: int
    shares: tuple[Share, ...]
    strip: Markup
    chart: Markup | None
    full: tuple[Span, ...]
    """The sweeps of the chart, oldest first: those that listed all jobs. A narrow one asks only for those that are old enough."""
    history: tuple[Span, ...]
    today: int
    alarms: tuple[Alarm, ...]
    is_paused: bool

    @property
    def left(self) -> int:
        """How many deletions the pace allows within the next 24 hours, from now."""
        return max(0, self.settings.pace.per_day - self.today)

    @property
    def pace_strip(self) -> Markup:
        """How much of the day's pace is used."""
        used = min(self.today, self.settings.pace.per_day)
        series = (Series(name="used", colour="#0072b2", css="used"), Series(name="left", colour="#8c8c8c", css="rest"))
        parts = list(zip(series, (used, self.left), strict=True))
        return share_strip(f"Pace of {self.settings.name} in 24 hours", parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything that the page shows."""

    targets: tuple[Standing, ...]
    gone: tuple[Span, ...]
    """The last sweeps of targets that the policy file does not have any more."""
    halted: str | None
    """By what all of them are halted that is in no ledger: the file STOP beside this policy file."""

    @property
    def summary(self) -> str:
        """All targets in a few words."""
        counts = {
            "being swept": sum(each.running is not None for each in self.targets),
            "paused": sum(each.is_paused for each in self.targets),
            "ended badly": sum(each.last is not None and each.last.status in _ABORTED for each in self.targets),
            "never swept": sum(each.last is None and each.running is None for each in self.targets),
        }
        told = [plural(len(self.targets), "target"), *(f"{count} {words}" for words, count in counts.items() if count)]
        return ", ".join(told)


def gather(source: Source, ledger: Ledger, book: Book) -> Overview:
    """Ask the ledger, of one moment, for all targets."""
    now, settings = source.clock.now(), source.settings
    halted = source.halted()
    with at_one_moment(ledger) as moment:
        latest, pauses = list_latest(moment), list_pauses(moment)
        known = book.tally(moment, latest)
        asked = _Asked(source=source, ledger=moment, book=book, now=now, known=known, pauses=pauses, is_halted=bool(halted))
        targets = tuple(_stand(asked, each, {span.target: span for span in latest}.get(each.name)) for each in settings.targets)
    names = {target.name for target in settings.targets}
    return Overview(targets=targets, gone=tuple(span for span in latest if span.target not in names), halted=halted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    source: Source
    ledger: Readable
    book: Book
    now: datetime
    known: Tally
    pauses: tuple[Pause, ...]
    is_halted: bool


def _stand(asked: _Asked, target: TargetSettings, newest: Span | None) -> Standing:
    history = list_spans(asked.ledger, SPANS, target.name, kinds=LISTING) if newest is not None else ()
    running = newest if newest is not None and newest.status == "running" else None
    ended = next((span for span in history if span.status != "running"), None)
    end = None if ended is None else asked.book.end(asked.ledger, ended)
    by_verdict = {verdict: asked.known.verdicts[target.name, verdict.value] for verdict in Verdict}
    parts = [(VERDICTS[verdict], number) for verdict, number in by_verdict.items()]
    paused = tuple(pause for pause in asked.pauses if pause.target in (None, target.name))
    is_paused = bool(paused) or asked.is_halted
    intents = list_open_intents(asked.ledger, target.name)
    listings = [span for span in history if span.listed is not None]
    full = listings if all(span.has_listed_all for span in listings) else list_full_spans(asked.ledger, SPANS, target.name)
    alarms = (*_paused(paused), *_ended(ended, end, asked.pauses), *_open(intents, asked.now))
    return Standing(
        settings=target,
        last=ended,
        outcomes=counts_of((end or {}).get("outcomes")),
        running=running,
        states={} if running is None else count_states(asked.ledger, running),
        next_sweep=asked.source.next_sweep(target.name),
        gone=count_gone(asked.ledger, target.name, asked.known),
        listed=sum(by_verdict.values()),
        shares=tuple(
            Share(series=VERDICTS[each], number=by_verdict[each], meaning=_meaning(each, target, is_paused=is_paused))
            for each in Verdict
        ),
        strip=share_strip(f"Verdicts of {target.name}", parts),
        chart=_chart(target.name, full),
        full=tuple(reversed(full)),
        history=tuple(reversed(listings)),
        today=count_intents(asked.ledger, target.name, asked.now - timedelta(hours=24)),
        alarms=alarms,
        is_paused=is_paused,
    )


def _meaning(verdict: Verdict, target: TargetSettings, *, is_paused: bool) -> str:
    """What a verdict comes to where nothing is deleted."""
    if verdict is Verdict.EXPIRED and target.mode is Mode.OBSERVE:
        return "they would go (only observed)"
    return "they go once the pause is lifted" if verdict is Verdict.EXPIRED and is_paused else MEANINGS[verdict]


def _chart(target: str, newest_first: Sequence[Span]) -> Markup | None:
    """The jobs listed by the last sweeps that listed all; of a single one there is no line."""
    values = [span.listed or 0 for span in reversed(newest_first)]
    return line_strip(f"Jobs of {target} in its last {len(values)} full listings", values) if len(values) > 1 else None


def _paused(pauses: tuple[Pause, ...]) -> tuple[Alarm, ...]:
    return tuple(Alarm(word="paused", text=str(pause), commands=(pause.remedy,)) for pause in pauses)


def _ended(span: Span | None, end: dict[str, Any] | None, pauses: tuple[Pause, ...]) -> tuple[Alarm, ...]:
    """What the last sweep could not do, and what to run next."""
    if span is None or span.status not in _ABORTED:
        return ()
    code = None if end is None else end.get("code")
    reason = "its end was not found in the log" if end is None else str(end.get("reason") or "no reason was recorded")
    return (Alarm(word=code or span.status, text=reason, commands=next_commands(code, span.target, pauses)),)


def _open(intents: tuple[OpenIntent, ...], now: datetime) -> tuple[Alarm, ...]:
    """Deletions that are stuck, and those of which it is not known what came of them."""
    stuck, alarms = find_stuck(intents, now), list[Alarm]()
    if stuck:
        commands = tuple(command("janitor", "explain", each.job_id) for each in stuck[:3])
        alarms.append(Alarm(word="stuck", text=f"{len(stuck)} open for over 24 h; {stuck[0].reason.text}", commands=commands))
    waiting = len(intents) - len(stuck)
    if waiting:
        text = f"{waiting} deletions wait to be proven; the next sweep looks again"
        alarms.append(Alarm(word="open", text=text))
    return tuple(alarms)
