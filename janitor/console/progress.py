"""Owns what of the log tells how a running sweep gets on: events go in one after the other, counts come out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from janitor.core import events as names

STATES = ("intended", "accepted", "confirmed", "already_gone", "skipped", "failed", "unknown")
_DELETIONS = names.OPEN | names.CLOSING | {names.DELETION_INTENDED}
_ENDS = {names.SWEEP_FINISHED: "finished", names.SWEEP_ABORTED: "aborted"}


@dataclass(kw_only=True)
class _Course:
    """One sweep so far: the state of each of its intents, and how many are in each."""

    target: str
    sweep_id: str
    status: str = "running"
    counts: Counter[str] = field(default_factory=Counter)
    states: dict[str, str] = field(default_factory=dict)


class Progress:
    """The newest sweep of each target; `told` is the number of the last event, `turned` of the last that is no deletion."""

    def __init__(self, told: int = 0, running: Mapping[str, str] | None = None) -> None:
        self.told = self.turned = told
        self._by_target: dict[str, _Course] = {}
        for target, sweep_id in (running or {}).items():
            self._begin(target, sweep_id)

    def take(self, event: Mapping[str, Any]) -> None:
        """Take the next event in; one of a sweep that is not the newest of its target counts for nothing."""
        self.told = event["seq"]
        name, target, sweep_id = event["event"], event["target"], event["sweep_id"]
        if name not in _DELETIONS:
            self.turned = self.told
        if name == names.SWEEP_STARTED:
            self._begin(target, sweep_id)
        course = self._by_target.get(target)
        if course is None or course.sweep_id != sweep_id:
            return
        if name in _DELETIONS:
            _move(course, event.get("intent_id"), name.partition(".")[2])
        elif name in _ENDS:
            course.status, course.states = _ENDS[name], {}

    def as_json(self) -> dict[str, Any]:
        """For a page: no job is named in it."""
        sweeps = [
            {
                "target": course.target,
                "sweep_id": course.sweep_id,
                "status": course.status,
                "counts": {state: course.counts[state] for state in STATES},
            }
            for _, course in sorted(self._by_target.items())
        ]
        return {"seq": self.told, "sweeps": sweeps}

    def _begin(self, target: str, sweep_id: str) -> None:
        self._by_target[target] = _Course(target=target, sweep_id=sweep_id)


def _move(course: _Course, intent_id: str | None, state: str) -> None:
    """An intent is in one state at a time; a skip before any intent has none to move."""
    if intent_id is not None:
        before = course.states.get(intent_id)
        if before is not None:
            course.counts[before] -= 1
        course.states[intent_id] = state
    course.counts[state] += 1
