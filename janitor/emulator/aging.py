"""Owns the ageing of jobs: which ended v2 jobs the platform removes by itself, and when (modelarts-api.md §3.5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from janitor.emulator.document import ENDED, Job, created_ms, text_of, value_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AgingRule:
    """How old an ended job gets, in seconds (None: as old as it likes), and whether its user's switch is on."""

    after_s: float | None
    takes_all: bool

    def takes(self, job: Job) -> bool:
        """Tell whether a job ages at all: a job's own `disabled` does not help against the user's switch."""
        if text_of(job, "status", "phase") not in ENDED:
            return False
        return self.takes_all or (job.get("kind") == "job" and value_of(job, "spec", "retention", "policy") == "enabled")


class Aging:
    """Finds the jobs whose time has come; it looks at all of them only after a change, or when the next one is due."""

    def __init__(self) -> None:
        self._rule: AgingRule | None = None
        self._next_ms: float = -inf

    def forget(self) -> None:
        """Look again: some job has changed."""
        self._next_ms = -inf

    def due(self, jobs: Iterable[Job], rule: AgingRule, now_ms: int) -> list[Job]:
        """Return the jobs that have aged."""
        if rule.after_s is None or (rule == self._rule and now_ms < self._next_ms):
            return []
        moments = [(ended_ms(job) + rule.after_s * 1000, job) for job in jobs if rule.takes(job)]
        self._rule = rule
        self._next_ms = min((moment for moment, _ in moments if moment > now_ms), default=inf)
        return [job for moment, job in moments if moment <= now_ms]


def ended_ms(job: Job) -> int:
    """Return when an ended job ended; where that is not told, as for one that never started, when it was created."""
    start, duration = (value_of(job, "status", name) for name in ("start_time", "duration"))
    return start + duration if isinstance(start, int) and isinstance(duration, int) and start else created_ms(job)
