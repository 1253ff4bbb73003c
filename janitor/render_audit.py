"""Owns how audit events look to people: a line of text, a row of CSV, a document of JSON; none takes effect where it is shown."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from janitor.core.canonical import canonical
from janitor.core.text import inert, spreadsheet_cell
from janitor.ledger.chain import Head

Event = dict[str, Any]

COLUMNS = (
    *("seq", "at", "event", "actor", "sweep_id", "target", "project_id", "job_id", "job_name", "created_at"),
    *(
        "phase",
        "other_phases",
        "owner",
        "policy",
        "policies",
        "policy_digest",
        "reason",
        "reason_code",
        "intent_id",
        "attempts",
        "request_id",
        "error_code",
        "tombstone",
    ),
    *("other_fields", "version", "prev", "hash"),
)
"""Of the rows: what every event has and what those of deletions have; `other_fields` is a JSON object of all the rest."""

_SHOWN = (
    "target",
    "job_id",
    "job_name",
    "owner",
    "policy",
    "phase",
    "other_phases",
    "reason",
    "by",
    "error_code",
    "request_id",
    "intent_id",
    "listed",
    "hold_id",
    "job_ids",
    "match",
    "guard",
    "until",
)
MOST_JOBS = 3
"""So many jobs of a hold are named in a line."""


def render_event(event: Event) -> str:
    """One audit event in one line."""
    shown = (*_SHOWN, "digest") if event.get("expires_at") is not None else _SHOWN  # that of a plan file names it
    own = [f"{key}={inert(_word(event[key]))}" for key in event if key in shown and event[key] not in (None, "", [])]
    seq, at, name = (inert(str(event[key])) for key in ("seq", "at", "event"))
    return f"{seq:>6}  {at}  {name:<22} {' '.join(own)}"


def list_lines(events: Iterable[Event]) -> Iterator[str]:
    """The events as lines of text."""
    for event in events:
        yield f"{render_event(event)}\n"


def list_json(events: Iterable[Event]) -> Iterator[str]:
    """The events as one JSON document, one event a line, in pieces."""
    yield '{"version": 1, "events": ['
    separator = "\n"
    for event in events:
        yield f"{separator}{json.dumps(event, sort_keys=True)}"
        separator = ",\n"
    yield "]}\n"


def list_csv(events: Iterable[Event]) -> Iterator[str]:
    """A header and a row an event, as RFC 4180 has them; lists are joined, no cell is a formula."""
    yield _row(COLUMNS)
    for event in events:
        rest = {key: value for key, value in event.items() if key not in COLUMNS}
        yield _row(
            spreadsheet_cell(_cell(value)) for value in (*map(event.get, COLUMNS[:-4]), rest, *map(event.get, COLUMNS[-3:]))
        )


def render_verified(head: Head, anchored: int) -> str:
    """What a successful verification says."""
    return f"{head.seq} events verified, {anchored} anchor(s) found in place; head {head}"


def _word(value: Any) -> str:
    """A value in a line: a list of jobs as its jobs or their number, conditions as JSON."""
    if isinstance(value, list):
        return ",".join(map(str, value)) if len(value) <= MOST_JOBS else f"({len(value)} jobs)"
    return canonical(value) if isinstance(value, dict) else str(value)


def _cell(value: Any) -> str:
    if value is None or value == {}:
        return ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    return value if isinstance(value, str) else canonical(value)


def _row(cells: Iterable[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()
