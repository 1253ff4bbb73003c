"""The ledger as the judge reads it: from a copy of its files, by its documented format, and no more of it than is new."""

import hashlib
import json
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

Event = dict[str, Any]
CLOSING = ("deletion.confirmed", "deletion.already_gone", "deletion.failed", "deletion.skipped")
GONE = CLOSING[:2]
ROOT = "0" * 64


class Violation(AssertionError):
    """An invariant does not hold."""


@dataclass(kw_only=True)
class Intent:
    """One intent as its events tell of it, in their order; `process` is that which wrote it."""

    intent_id: str
    events: list[Event] = field(default_factory=list)

    @property
    def first(self) -> Event:
        return self.events[0]

    @property
    def job_id(self) -> str:
        return str(self.first["job_id"])

    @property
    def process(self) -> str:
        return self.intent_id.rpartition("-")[0]

    @property
    def incarnation(self) -> tuple[str, int | None]:
        """The job by its id and the time of its creation, in milliseconds."""
        told = self.first["created_at"]
        return self.job_id, None if told is None else round(datetime.fromisoformat(told).timestamp() * 1000)

    @property
    def closings(self) -> list[Event]:
        return [event for event in self.events if event["event"] in CLOSING]

    @property
    def is_open(self) -> bool:
        return not self.closings

    @property
    def was_accepted(self) -> bool:
        return any(event["event"] == "deletion.accepted" for event in self.events)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What stood against a deletion when an event was written: holds, as they were added, a pause, the mark of its grace."""

    holds: tuple[Event, ...]
    is_paused: bool
    mark: Event | None = None


@dataclass(kw_only=True)
class Chronicle:
    """Every event so far; `fresh` and `touched` are what the last reading brought that brought anything (processes that ran at
    once leave it together), `standing` what stood at each fresh request.

    A ledger that lost events (a power cut) is read anew from its beginning.
    """

    path: Path
    events: list[Event] = field(default_factory=list)
    intents: dict[str, Intent] = field(default_factory=dict)
    by_job: dict[str, list[Intent]] = field(default_factory=lambda: defaultdict(list))
    fresh: list[Event] = field(default_factory=list)
    touched: dict[str, Intent] = field(default_factory=dict)
    standing: dict[int, Standing] = field(default_factory=dict)
    _holds: dict[str, Event] = field(default_factory=dict)
    _pauses: set[str | None] = field(default_factory=set)
    _marks: dict[tuple[str, str | None], Event] = field(default_factory=dict)

    @property
    def holds(self) -> list[Event]:
        """The holds that stand now, as they were added."""
        return list(self._holds.values())

    @property
    def marks(self) -> list[Event]:
        """The marks that stand now."""
        return list(self._marks.values())

    def read(self, *, in_place: bool = False) -> None:
        """Read what is new, of a copy unless the files are one; raises Violation where the chain breaks."""
        with closing(sqlite3.connect(self.path if in_place else _copied(self.path))) as connection:
            if not self._is_continued(connection):
                self.__init__(path=self.path)  # type: ignore[misc]  # all of it is read anew
            rows = connection.execute("SELECT seq, body, hash FROM events WHERE seq > ? ORDER BY seq", (len(self.events),))
            fresh = list(self._sealed(rows.fetchall()))
        if fresh:
            self.take_in(fresh)

    def take_in(self, fresh: list[Event]) -> None:
        """Take over what is new, whose chain is whole."""
        self.fresh, self.touched, self.standing = fresh, {}, {}
        for event in fresh:
            self._take_in(event)

    def hashes_now(self) -> dict[int, str]:
        """The hash of each event as it lies there now, whatever was read before."""
        with closing(sqlite3.connect(_copied(self.path))) as connection:
            return dict(connection.execute("SELECT seq, hash FROM events").fetchall())

    def open_before(self, seq: int) -> Iterator[Intent]:
        """The intents that were open when an event was written."""
        for intent in self.intents.values():
            if intent.first["seq"] < seq and all(event["seq"] > seq for event in intent.closings):
                yield intent

    def _is_continued(self, connection: sqlite3.Connection) -> bool:
        if not self.events:
            return True
        found = connection.execute("SELECT hash FROM events WHERE seq = ?", (len(self.events),)).fetchone()
        return found is not None and found[0] == self.events[-1]["hash"]

    def _sealed(self, rows: list[tuple[int, str, str]]) -> Iterator[Event]:
        previous = self.events[-1]["hash"] if self.events else ROOT
        for number, (seq, body, digest) in enumerate(rows, len(self.events) + 1):
            event = json.loads(body)
            is_sound = hashlib.sha256(body.encode()).hexdigest() == digest
            if not is_sound or (seq, event["seq"], event["prev"]) != (number, number, previous):
                raise Violation(f"S-21: event {number} does not follow the one before it")
            previous = digest
            yield event | {"hash": digest}

    def _take_in(self, event: Event) -> None:
        self.events.append(event)
        name, intent_id = event["event"], event.get("intent_id")
        if name.startswith("deletion.") and intent_id is not None:
            if intent_id not in self.intents:
                self.intents[intent_id] = Intent(intent_id=intent_id)
                self.by_job[event["job_id"]].append(self.intents[intent_id])
            self.intents[intent_id].events.append(event)
            self.touched[intent_id] = self.intents[intent_id]
            if asks(event):
                self.standing[event["seq"]] = self._standing(event)
        elif name == "job.marked":
            self._marks[event["job_id"], event["created_at"]] = event
        elif name == "job.unmarked":
            self._marks.pop((event["job_id"], event["created_at"]), None)
        elif name == "hold.added":
            self._holds[event["hold_id"]] = event
        elif name in ("hold.removed", "hold.expired"):
            self._holds.pop(event["hold_id"], None)
        elif name == "sweeping.paused":
            self._pauses.add(event["target"])
        elif name == "sweeping.resumed":
            self._pauses.discard(event["target"])

    def _standing(self, event: Event) -> Standing:
        mark = self._marks.get((event["job_id"], event["created_at"]))
        return Standing(holds=tuple(self._holds.values()), is_paused=bool(self._pauses), mark=mark)


def asks(event: Event) -> bool:
    """Whether a request may follow this event: an intent, or another try under it."""
    return event["event"] == "deletion.intended" or event.get("reason_code") == "trying_again"


def is_of(event: Event, process: str) -> bool:
    """Whether a process wrote an event of a sweep: the ids of its sweeps and intents begin with its name."""
    return str(event["sweep_id"]).rpartition("-")[0] == process


def covers(hold: Event, job: Event) -> bool:
    """Whether a hold covers a job, of which an event tells id, name and owner; conditions on anything else are not judged."""
    match = hold["match"] or {}
    if not match or set(match) - {"name", "owner"}:
        return job["job_id"] in (hold["job_ids"] or ())
    is_named = any(fnmatchcase(job["job_name"] or "", pattern) for pattern in match.get("name", ["*"]))
    return is_named and job["owner"] in match.get("owner", [job["owner"]])


def read_events(ledger: Path, *, in_place: bool = False) -> list[Event]:
    """The events of a ledger; raises Violation where the chain breaks."""
    chronicle = Chronicle(path=ledger)
    chronicle.read(in_place=in_place)
    return chronicle.events


def _copied(ledger: Path) -> Path:
    """A copy of a ledger's files, so that reading them changes nothing of them."""
    folder = ledger.with_name("judge")
    folder.mkdir(exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        copy = folder / f"{ledger.name}{suffix}"
        copy.unlink(missing_ok=True)
        if suffix != "-shm" and (source := ledger.with_name(ledger.name + suffix)).exists():
            shutil.copyfile(source, copy)
    return folder / ledger.name
