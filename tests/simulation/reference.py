"""Which jobs may go, by the simulation's own evaluator: it reads raw documents and tags, and shares no code with janitor."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from judge import Rule, may_go

TOLERANCE = timedelta(minutes=5)
HOLD = "janitor-hold"


@dataclass(kw_only=True)
class Law:
    """The policies and holds in force, since when; an edit counts from the next sweep on, for janitor and here alike."""

    versions: list[tuple[datetime, tuple[Rule, ...]]] = field(default_factory=list)
    held: dict[str, datetime] = field(default_factory=dict)

    def follow(self, at: datetime, rules: list[Rule]) -> None:
        """From now on these are the rules."""
        self.versions.append((at, tuple(rules)))

    def rules_at(self, moment: datetime) -> tuple[Rule, ...]:
        """The rules in force at a moment."""
        return [rules for since, rules in self.versions if since <= moment][-1]

    def lets_go(self, document: dict[str, Any], tags: dict[str, str], moment: datetime) -> bool:
        """Whether a job in this state may be deleted at this moment, by a clock that may be wrong by as much as is tolerated."""
        now_ms = int((moment + TOLERANCE).timestamp() * 1000)
        if HOLD in tags or document["metadata"]["id"] in self.held:
            return False
        return may_go(document, list(self.rules_at(moment)), now_ms)
