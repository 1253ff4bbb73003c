"""What truly was at any moment: every state that each job had, kept from the emulator's truth log as it is written."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from janitor.emulator.truth import TruthLog, TruthRecord
from janitor.emulator.world import World

ENDED = ("Completed", "Failed", "Terminated")
Look = Callable[[str], tuple[dict[str, Any], dict[str, str]] | None]
Incarnation = tuple[str, int | None]
"""A job by its id and the time of its creation, in milliseconds."""


@dataclass(frozen=True, kw_only=True)
class State:
    """One job as it truly was, `until` a moment (None: still); a job that was not there has no state.

    `ended_since` is since when it has been in phases that have ended; None where it is in none, or nobody saw it begin.
    """

    document: dict[str, Any]
    tags: dict[str, str]
    since: datetime | None = None
    until: datetime | None = None
    ended_since: datetime | None = None


@dataclass
class Witness(TruthLog):
    """The truth log, which also keeps what a job was before each change; the emulator writes it before it changes anything.

    `gone` has how each incarnation went, `caused` what each request did, by its id.
    """

    look: Look = field(default=lambda _job_id: None)
    past: dict[str, list[State]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[Incarnation, list[TruthRecord]] = field(default_factory=lambda: defaultdict(list))
    caused: dict[str, list[TruthRecord]] = field(default_factory=lambda: defaultdict(list))
    _since: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def seen(self) -> list[str]:
        """The ids of all jobs that ever were."""
        return list(self._since)

    def append(self, record: TruthRecord) -> TruthRecord:
        """Keep the job's state up to now, then the record."""
        seen = self.look(record.job_id)
        if seen is not None:
            self.past[record.job_id].append(self._state(record.job_id, seen, record.moment))
        self._since[record.job_id] = record.moment
        if record.change in ("deleted", "removed"):
            self.gone[record.job_id, record.create_time].append(record)
        if record.request_id is not None and record.change in ("deleted", "delete_accepted"):
            self.caused[record.request_id].append(record)
        return super().append(record)

    def states(self, job_id: str, since: datetime, until: datetime) -> Iterator[State]:
        """Every state that the job was in between two moments, the first of them that at `since`; the latest is last."""
        past = self.past.get(job_id, [])
        yield from past[bisect_right([state.until or until for state in past], since) :]
        seen, began = self.look(job_id), (past[-1].until if past else self._since.get(job_id)) or until
        if seen is not None and began <= until:
            yield self._state(job_id, seen, None)

    def _state(self, job_id: str, seen: tuple[dict[str, Any], dict[str, str]], until: datetime | None) -> State:
        document, tags = seen
        since, before = self._since.get(job_id), self.past.get(job_id, [])[-1:]
        is_same = bool(before) and before[0].until == since and _born(before[0].document) == _born(document)
        known = before[0].ended_since if is_same else None
        has_ended = document["status"]["phase"] in ENDED
        return State(document=document, tags=tags, since=since, until=until, ended_since=(known or since) if has_ended else None)


def _born(document: dict[str, Any]) -> Any:
    return document["metadata"].get("create_time")


def look_into(world: World) -> Look:
    """How a job is in a world at this instant; documents are replaced there, never changed."""

    def look(job_id: str) -> tuple[dict[str, Any], dict[str, str]] | None:
        job = world.get(job_id)
        return None if job is None else (dict(job), dict(world.tags.of(job_id)))

    return look
