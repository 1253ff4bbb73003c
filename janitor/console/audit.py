"""Owns the page of the log: its newest events, those that are asked for, how far it was looked, and whether its end is whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from janitor.console.asking import Asked, address
from janitor.console.source import Source
from janitor.console.told import tell_event
from janitor.console.words import Facts, command
from janitor.core.canonical import canonical
from janitor.core.errors import LedgerError
from janitor.core.events import RECORDED
from janitor.ledger.chain import Head
from janitor.ledger.export import write_export
from janitor.ledger.selection import Selection, read_events_apart
from janitor.ledger.store import Ledger
from janitor.ledger.tail import check_newest, first_after, read_tail
from janitor.render_audit import list_csv

PATH, AT_ONCE, CHECKED, LINES_AT_ONCE = "/audit", 100, 500, 500
_COMMON = frozenset({"seq", "at", "event", "actor", "sweep_id", "target", "prev", "hash", "version"})
_ASKED = ("event", "target", "actor", "job", "sweep", "since", "until")
"""What may be asked for; the command line has an option of the same name for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvent:
    """One event, what it is about, and its own fields as text."""

    event: Mapping[str, Any]
    about: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Everything that the page shows; `wrong` is what is wrong with the newest events, None where they follow each other."""

    events: tuple[ShownEvent, ...]
    asked: Mapping[str, str]
    names: tuple[str, ...]
    read_to: int
    looked_at: int
    is_first: bool
    older: str | None
    head: Head
    anchor: Head | None
    anchor_problem: str | None
    checked: int
    wrong: str | None
    show_command: str
    csv: str

    @property
    def is_narrowed(self) -> bool:
        """Whether any condition was given."""
        return bool(self.asked)


def gather(source: Source, ledger: Ledger, asked: Asked) -> AuditPage:
    """The newest events that the address asks for, as many as fit, and as far down as a reader can wait."""
    selection, before = read_selection(asked, source.clock.now()), asked.number("before")
    head = ledger.head()
    start = head.seq + 1 if before is None else min(before, head.seq + 1)
    if selection.until is not None:
        start = min(start, first_after(ledger, selection.until))
    tail = read_tail(ledger, selection, AT_ONCE, start)
    is_over = tail.read_to <= 1 or (selection.since is not None and first_after(ledger, selection.since) > tail.read_to)
    wrong, _ = check_newest(ledger, CHECKED)
    anchor, problem = _anchor(ledger)
    kept = asked.given(*_ASKED)
    return AuditPage(
        events=tuple(_show(event) for event in tail.events),
        asked=kept,
        names=tuple(sorted(RECORDED)),
        read_to=tail.read_to,
        looked_at=start - tail.read_to,
        is_first=before is None,
        older=None if is_over else address(PATH, **kept, before=tail.read_to),
        head=head,
        anchor=anchor,
        anchor_problem=problem,
        checked=min(CHECKED, head.seq),
        wrong=wrong,
        show_command=command(
            "janitor", "audit", "show", *(word for name in _ASKED if name in kept for word in (f"--{name}", kept[name]))
        ),
        csv=address("/audit/export.csv", **kept),
    )


def read_selection(asked: Asked, now: datetime) -> Selection:
    """Which events."""
    event = asked.choice("event", RECORDED)
    return Selection(
        job_id=asked.exact("job"),
        target=asked.exact("target"),
        sweep_id=asked.exact("sweep"),
        actor=asked.exact("actor"),
        events=None if event is None else frozenset({event}),
        since=asked.time("since", now),
        until=asked.time("until", now, is_end=True),
    )


def export_jsonl(source: Source) -> Iterator[str]:
    """The whole log, one event a line, as `audit export` writes it."""
    with source.reading() as ledger:
        yield from _blocks(write_export(_required(ledger), LINES_AT_ONCE))


def export_csv(source: Source, selection: Selection) -> Iterator[str]:
    """The selected events as rows for a spreadsheet, none of whose cells is a formula, without secrets."""
    with source.reading() as ledger:
        events = read_events_apart(_required(ledger), selection, LINES_AT_ONCE)
        yield from _blocks(list_csv(source.scrubber.scrub(event) for event in events))


class NoLedgerYet(Exception):
    """There is no log to hand out."""


def _required(ledger: Ledger | None) -> Ledger:
    if ledger is None:
        raise NoLedgerYet
    return ledger


def _blocks(lines: Iterator[str]) -> Iterator[str]:
    while block := "".join(islice(lines, LINES_AT_ONCE)):
        yield block


def _anchor(ledger: Ledger) -> tuple[Head | None, str | None]:
    """The head that was written down beside the ledger, or why it cannot be read."""
    try:
        return ledger.storage.anchor.read(), None
    except LedgerError as error:
        return None, str(error)


def _show(event: Mapping[str, Any]) -> ShownEvent:
    own = {name: value for name, value in event.items() if name not in _COMMON and value not in (None, "", [], {})}
    fields = tuple((name, value if isinstance(value, str) else canonical(value)) for name, value in sorted(own.items()))
    return ShownEvent(event=Facts(event), about=tell_event(event), fields=fields)
