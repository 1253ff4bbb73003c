"""Owns which audit events somebody wants to read, and reads exactly those, one after the other."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from janitor.core.canonical import canonical
from janitor.core.errors import LedgerError
from janitor.ledger.chain import Sealed
from janitor.ledger.store import Ledger
from janitor.retention.glob import is_match

_COMMON = frozenset({"seq", "at", "event", "actor", "sweep_id", "target", "prev"})
_SAME = ("target", "sweep_id", "owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Conditions that all have to hold; None asks for nothing. `since` and `until` are times as events write them.

    `job_id` is the job that an event is about, or one that its hold names; ids are compared without case. `policy` is one by
    which an event's job was decided; `actor` may hold `*` and `?`.
    """

    job_id: str | None = None
    target: str | None = None
    sweep_id: str | None = None
    owner: str | None = None
    policy: str | None = None
    actor: str | None = None
    events: frozenset[str] | None = None
    since: str | None = None
    until: str | None = None

    @property
    def is_everything(self) -> bool:
        """Whether no event is left out."""
        return all(getattr(self, each.name) is None for each in fields(self))

    def is_wanted(self, event: dict[str, Any]) -> bool:
        """Tell whether every condition holds for an event."""
        return (
            all(getattr(self, name) in (None, event.get(name)) for name in _SAME)
            and (self.job_id is None or self.job_id.casefold() in _job_ids(event))
            and self.policy in (None, event.get("policy"), *_items(event.get("policies")))
            and (self.actor is None or is_match(self.actor, str(event["actor"])))
            and (self.events is None or event["event"] in self.events)
            and (self.since or "") <= str(event["at"])
            and (self.until is None or str(event["at"]) <= self.until)
        )

    def fragments(self) -> tuple[str, ...]:
        """Pieces without which no canonical event, in lower case, can fit: so most of a million events need not be parsed."""
        given = [(name, getattr(self, name)) for name in _SAME]
        pieces = [f'"{name}":{canonical(value)}' for name, value in given if value is not None]
        pieces += [canonical(self.policy)] if self.policy is not None else []
        pieces += [canonical(self.job_id)] if self.job_id is not None and self.job_id.isascii() else []
        return tuple(piece.lower() for piece in pieces)


def read_events_apart(ledger: Ledger, selection: Selection, at_once: int) -> Iterator[dict[str, Any]]:
    """The selected events in order, for somebody who may take them slowly: so many of the log are read at a time."""
    yield from _select(ledger, selection, ledger.rows_apart(at_once))


def read_events(ledger: Ledger, selection: Selection, last: int | None = None) -> Iterator[dict[str, Any]]:
    """The selected events in order, `hash` included, of them only the last so many; raises LedgerError for one that is none."""
    if last is None:
        yield from _select(ledger, selection, ledger.rows())
    elif selection.is_everything:
        yield from _select(ledger, selection, ledger.rows(max(0, ledger.head().seq - last)))
    else:
        yield from deque(_select(ledger, selection, ledger.rows()), maxlen=last)


def _select(ledger: Ledger, selection: Selection, rows: Iterator[Sealed]) -> Iterator[dict[str, Any]]:
    fragments = selection.fragments()
    for row in rows:
        if _has_all(row.body, fragments) and selection.is_wanted(event := _parse(row, ledger)):
            yield event


def _has_all(body: str, fragments: tuple[str, ...]) -> bool:
    if not fragments:
        return True
    text = body.lower()
    return all(piece in text for piece in fragments)


def _job_ids(event: dict[str, Any]) -> set[str]:
    return {str(job_id).casefold() for job_id in (event.get("job_id"), *_items(event.get("job_ids"))) if job_id is not None}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _parse(row: Sealed, ledger: Ledger) -> dict[str, Any]:
    try:
        event = row.event()
    except (ValueError, TypeError, RecursionError):
        event = {}
    if not event.keys() >= _COMMON:
        raise LedgerError(f"{ledger.name}: event {row.seq} was changed: it is no event; run `janitor audit verify`")
    return event
