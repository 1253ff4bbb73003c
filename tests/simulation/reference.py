"""Which jobs may go, by the simulation's own evaluator: it reads raw documents and tags, and shares no code with janitor."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from judge import DAY_MS, Rule, end_of, may_go
from simulation.witness import ENDED, State

TOLERANCE = timedelta(minutes=5)
WINDOW = timedelta(seconds=10)
"""A hold counts from now on, but for requests that are about to leave."""
HOLD, LIFE = "janitor-hold", re.compile(r"janitor-ttl=([1-9][0-9]*)d")


@dataclass(kw_only=True)
class Law:
    """The policies and holds in force, since when. A process goes by those that it read at its start, and by no less than an edit
    of which it was told since.
    """

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

    def in_force(self, began: datetime, noticed: datetime) -> list[tuple[Rule, ...]]:
        """The rules that a process read when it began, and all later ones up to a moment: each of them has to let a job go."""
        later = [rules for since, rules in self.versions if began < since <= noticed]
        return [self.rules_at(began), *later]

    def lets_go(self, state: State, moment: datetime, laws: Sequence[tuple[Rule, ...]] | None = None) -> bool:
        """Whether a job in this state may be deleted then, by a clock that may be wrong by as much as is tolerated."""
        return self.why_it_stays(state, moment) is None and all(
            _lets_go(state, rules, moment + TOLERANCE) for rules in laws or [self.rules_at(moment)]
        )

    def why_it_stays(self, state: State, moment: datetime) -> str | None:
        """What keeps a job whatever the policies say: it is active, of unknown phase, held, of unknown or too short an age."""
        document = state.document
        end = _end_of(state)
        if document["status"].get("phase") not in ENDED:
            return f"it was {document['status'].get('phase')}"
        if document["kind"] != "job":
            return f"it is a {document['kind']}"
        if (document["metadata"].get("workspace_id") or "0") != "0":
            return "it is of a workspace that is not swept"
        if self.is_held(document["metadata"]["id"], moment) or _is_marked(state):
            return "it was held"
        if end is None:
            return "its age could not be known"
        return None if _ms(moment + TOLERANCE) - end >= DAY_MS else "it ended less than a day before"


def _lets_go(state: State, rules: Sequence[Rule], moment: datetime) -> bool:
    """Every rule that selects the job lets it go, and so does its owner's mark."""
    lifetimes = [int(days) for text in _marks(state) for days in LIFE.findall(text)]
    document, end, now_ms = state.document, _end_of(state), _ms(moment)
    bare = document | {"metadata": document["metadata"] | {"description": ""}}
    if end_of(document) is None and end is not None:  # it never started: it ended when it was first there so
        bare |= {"status": document["status"] | {"start_time": end - 1, "duration": 1}}
        bare["metadata"] |= {"create_time": end - 1}
    longer = [replace(rule, days=max(rule.days, *lifetimes)) for rule in rules] if lifetimes else list(rules)
    return may_go(bare, longer, now_ms)


def _marks(state: State) -> list[str]:
    """The words of the owner: in the description, and as tags."""
    tags = [f"{key}={value}" if value else key for key, value in state.tags.items()]
    return [*(state.document["metadata"].get("description") or "").split(), *tags]


def _is_marked(state: State) -> bool:
    """Whether a mark holds it; one that is not understood does too."""
    return any("janitor-" in word and not LIFE.fullmatch(word) for word in _marks(state))


def _end_of(state: State) -> int | None:
    """When it ended, in milliseconds; one that never started ended at the earliest when it truly came to be in such a phase."""
    status = state.document["status"]
    if never_started(state) and state.ended_since is not None:
        return _ms(state.ended_since)
    return None if status.get("start_time") == 0 else end_of(state.document)


def never_started(state: State) -> bool:
    """Whether a job surely never started; one that completed without having started contradicts itself."""
    status = state.document["status"]
    return (status.get("start_time"), status.get("duration")) == (0, 0) and status.get("phase") in ("Failed", "Terminated")


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
