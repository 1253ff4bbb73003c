"""Owns the pages of sweeps: one after the other with what each came to, and one with its events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from janitor.console.advice import next_commands
from janitor.console.asking import Asked, BadQuestion, address
from janitor.console.book import Book
from janitor.console.words import Facts, counts_of
from janitor.core.canonical import parse_timestamp
from janitor.ledger.moment import Readable, at_one_moment
from janitor.ledger.standing import list_pauses
from janitor.ledger.store import Ledger
from janitor.ledger.timeline import Span, count_states, find_span, list_span_events, list_spans
from janitor.render_markup import Markup
from janitor.render_strip import bar_strip
from janitor.render_svg import Bar, Series

PATH, AT_ONCE, EVENTS_AT_ONCE = "/sweeps", 30, 100
_PLANNED = (Series(name="planned", colour="#0072b2", css="used"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A sweep and how it ended, as far as it has."""

    span: Span
    end: Mapping[str, Any] | None

    @property
    def outcomes(self) -> dict[str, int]:
        """How many of the expired jobs had each outcome."""
        return counts_of((self.end or {}).get("outcomes"))

    @property
    def requests(self) -> dict[str, int] | None:
        """How many requests of each kind were sent; None where that was not recorded."""
        counts = (self.end or {}).get("requests")
        return None if counts is None else counts_of(counts)

    @property
    def lasted_s(self) -> int | None:
        """How long it took, in whole seconds."""
        if self.span.finished_at is None:
            return None
        return max(0, round((self.span.finished_at - self.span.started_at).total_seconds()))


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepList:
    """Everything that the page shows."""

    target: str | None
    told: tuple[Told, ...]
    chart: Markup | None
    is_first: bool
    older: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPage:
    """One sweep: its end, the states of what it intended, and its events some at a time."""

    told: Told
    states: Mapping[str, int]
    refusals: tuple[Mapping[str, Any], ...]
    commands: tuple[str, ...]
    events: tuple[Mapping[str, Any], ...]
    is_first: bool
    following: str | None


def gather(asked: Asked, ledger: Ledger, book: Book) -> SweepList:
    """The sweeps that the address asks for, newest first."""
    target, before = asked.exact("target"), asked.several("before", 2)
    place = None if before is None else (_time(before[0]), before[1])
    with at_one_moment(ledger) as moment:
        spans = list_spans(moment, AT_ONCE + 1, target, place)
        told = tuple(_tell(moment, book, span) for span in spans[:AT_ONCE])
    last = told[-1].span if len(spans) > AT_ONCE else None
    bars = [Bar(label=f"{each.span.started_at:%m-%d %H:%M} {each.span.target}", parts=(each.span.planned or 0,)) for each in told]
    return SweepList(
        target=target,
        told=told,
        chart=bar_strip("Deletions planned by these sweeps, oldest first", bars[::-1], _PLANNED) if len(told) > 1 else None,
        is_first=place is None,
        older=None
        if last is None
        else address(PATH, target=target, before=(f"{last.started_at:%Y-%m-%dT%H:%M:%S.%fZ}", last.sweep_id)),
    )


def gather_one(asked: Asked, ledger: Ledger, book: Book) -> SweepPage | None:
    """One sweep; None where no sweep has that id."""
    sweep_id, after = asked.exact("id"), asked.number("after")
    if sweep_id is None:
        raise BadQuestion("id names no sweep; find one on the page of sweeps")
    with at_one_moment(ledger) as moment:
        span = find_span(moment, sweep_id)
        if span is None:
            return None
        found = list_span_events(moment, span, EVENTS_AT_ONCE + 1, after)
        told, states, pauses = _tell(moment, book, span), count_states(moment, span), list_pauses(moment)
    events = tuple(map(Facts, found[:EVENTS_AT_ONCE]))
    code = None if told.end is None else told.end.get("code")
    return SweepPage(
        told=told,
        states=states,
        refusals=tuple(event for event in events if event["event"] in ("plan.refused", "listing.failed")),
        commands=next_commands(code, span.target, pauses) if span.status == "aborted" else (),
        events=events,
        is_first=after is None,
        following=address("/sweep", id=sweep_id, after=events[-1]["seq"]) if len(found) > EVENTS_AT_ONCE else None,
    )


def _tell(ledger: Readable, book: Book, span: Span) -> Told:
    end = book.end(ledger, span)
    return Told(span=span, end=None if end is None else Facts(end))


def _time(text: str) -> datetime:
    try:
        return parse_timestamp(text)
    except ValueError as error:
        raise BadQuestion(f"before is {text!r}, which is no time of a sweep; follow the links of this page") from error
