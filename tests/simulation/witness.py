"""What truly was at any moment: every state that each job had, kept from the emulator's truth log as it is written."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from janitor.emulator.truth import TruthLog, TruthRecord
from janitor.emulator.world import World


@dataclass(frozen=True, kw_only=True)
class State:
    """One job as it truly was, `until` a moment (None: still); a job that was not there has no state."""

    document: dict[str, Any]
    tags: dict[str, str]
    until: datetime | None = None


@dataclass
class Witness(TruthLog):
    """The truth log, which also keeps what a job was before each change; the emulator writes it before it changes anything."""

    look: Callable[[str], tuple[dict[str, Any], dict[str, str]] | None] = field(default=lambda _job_id: None)
    past: dict[str, list[State]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        super().__init__()

    def append(self, record: TruthRecord) -> TruthRecord:
        """Keep the job's state up to now, then the record."""
        seen = self.look(record.job_id)
        if seen is not None:
            self.past[record.job_id].append(State(document=seen[0], tags=seen[1], until=record.moment))
        return super().append(record)

    def states(self, job_id: str, since: datetime, until: datetime) -> Iterator[State]:
        """Every state that the job was in between two moments, the first of them that at `since`; the latest is last."""
        past = self.past[job_id]
        yield from past[bisect_right([state.until or until for state in past], since) :]
        seen = self.look(job_id)
        if seen is not None and (not past or (past[-1].until or until) <= until):
            yield State(document=seen[0], tags=seen[1])


def look_into(world: World) -> Callable[[str], tuple[dict[str, Any], dict[str, str]] | None]:
    """How a job is in a world at this instant; documents are replaced there, never changed."""

    def look(job_id: str) -> tuple[dict[str, Any], dict[str, str]] | None:
        job = world.get(job_id)
        return None if job is None else (dict(job), dict(world.tags.of(job_id)))

    return look
