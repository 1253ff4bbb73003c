"""Which jobs may go, by the simulation's own evaluator: it reads raw documents and tags, and shares no code with janitor."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from judge import Rule, may_go

TOLERANCE = timedelta(minutes=5)
WINDOW = timedelta(seconds=10)
"""A hold counts from now on, but for requests that are about to leave."""
HOLD = "janitor-hold"


@dataclass(kw_only=True)
class Law:
    """The policies and holds in force, since when; an edit counts from the next sweep on, for janitor and here alike."""

    versions: list[tuple[datetime, tuple[Rule, ...]]] = field(default_factory=list)
    held: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    """By job, since when and until when holds of the ledger kept it."""

    def follow(self, at: datetime, rules: list[Rule]) -> None:
        """From now on these are the rules."""
        self.versions.append((at, tuple(rules)))

    def rules_at(self, moment: datetime) -> tuple[Rule, ...]:
        """The rules in force at a moment."""
        return [rules for since, rules in self.versions if since <= moment][-1]

    def hold(self, job_id: str, at: datetime) -> None:
        """From now on the job is held."""
        self.held.setdefault(job_id, []).append((at, datetime.max.replace(tzinfo=at.tzinfo)))

    def release(self, job_id: str, at: datetime) -> None:
        """From now on it is not held any more."""
        self.held[job_id] = [(since, min(until, at)) for since, until in self.held[job_id]]

    def is_held(self, job_id: str, moment: datetime) -> bool:
        """Whether a hold kept the job at a moment."""
        return any(since + WINDOW <= moment < until for since, until in self.held.get(job_id, ()))

    def lets_go(self, document: dict[str, Any], tags: dict[str, str], moment: datetime) -> bool:
        """Whether a job in this state may be deleted at this moment, by a clock that may be wrong by as much as is tolerated."""
        now_ms = int((moment + TOLERANCE).timestamp() * 1000)
        if HOLD in tags or self.is_held(document["metadata"]["id"], moment):
            return False
        return may_go(document, list(self.rules_at(moment)), now_ms)
