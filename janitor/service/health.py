"""Owns what the daemon knows of its own health: its heartbeat, the policy file, and how each target's last sweep ended."""

from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any

from janitor.core.canonical import timestamp
from janitor.core.seams import Clock
from janitor.core.text import inert
from janitor.service.metrics_labels import result_of
from janitor.service.timetable import Happening
from janitor.sweep.report import TargetReport

STALLED_AFTER_S = 30.0
"""A daemon whose main loop has not come round for so long is not alive, whatever its threads do."""
MOST_PROBLEMS = 5
_UNREADY = frozenset({"error", "ledger"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHealth:
    """One target as last seen; `result` is the last sweep's, None before the first one."""

    result: str | None = None
    is_running: bool = False
    last_success: datetime | None = None
    next_sweep: datetime | None = None
    overlapped: int = 0
    missed: int = 0

    def as_json(self) -> dict[str, Any]:
        """The same for machines; times in UTC or null."""
        return {
            "last_result": self.result,
            "running": self.is_running,
            "last_success": None if self.last_success is None else timestamp(self.last_success),
            "next_sweep": None if self.next_sweep is None else timestamp(self.next_sweep),
            "overlapped": self.overlapped,
            "missed": self.missed,
        }


class Health:
    """Read by the web server's thread, written by the main loop and the sweeps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._beat_at = clock.monotonic()
        self._problem: str | None = "not read yet"
        self._targets: dict[str, TargetHealth] = {}
        self._leads: bool | None = None
        self.trouble: str | None = None
        """Why a replica that stands by cannot ask for the lead."""

    def beat(self) -> None:
        """The main loop came round."""
        self._beat_at = self._clock.monotonic()

    def file_loaded(self, problem: str | None) -> None:
        """A policy file came into force, or was refused because of a problem; what is known of the targets stays."""
        with self._lock:
            self._problem = problem

    def set_targets(self, names: tuple[str, ...]) -> None:
        """The targets from now on; what is known of those that stay is kept."""
        with self._lock:
            self._targets = {name: self._targets.get(name, TargetHealth()) for name in names}

    def leads(self, *, is_leading: bool, trouble: str | None = None) -> None:
        """Whether this replica is the one that sweeps, and why it could not be, where that cannot be told.

        What is known of the targets ends with each change of it: another replica swept them, or will.
        """
        with self._lock:
            if is_leading != self._leads:
                self._targets = {name: TargetHealth(is_running=known.is_running) for name, known in self._targets.items()}
            self._leads, self.trouble = is_leading, trouble

    def note(self, target: str, **changes: Any) -> None:
        """Change what is known of a target; one that left the file is forgotten."""
        with self._lock:
            if target in self._targets:
                self._targets[target] = replace(self._targets[target], **changes)

    def target_names(self) -> tuple[str, ...]:
        """The targets of the last good file."""
        return tuple(self._targets)

    def next_sweep(self, target: str) -> datetime | None:
        """When a target is due next, as far as this replica knows."""
        with self._lock:
            return self._targets.get(target, TargetHealth()).next_sweep

    def happened(self, happening: Happening) -> None:
        """Take over what the timetable says."""
        known = self._targets.get(happening.target, TargetHealth())
        match happening.what:
            case "submitted":
                self.note(happening.target, is_running=True)
            case "executed":
                self.note(happening.target, is_running=False)
            case "error":
                self.note(happening.target, is_running=False, result="error")
            case "missed":
                self.note(happening.target, missed=known.missed + 1)
            case "overlapped":
                self.note(happening.target, overlapped=known.overlapped + 1)

    def ended(self, report: TargetReport) -> None:
        """Take over how a sweep ended; success is a sweep with exit code 0, unless the lead was lost meanwhile."""
        if self._leads is False:
            return
        self.note(report.target, result=result_of(report.exit_code))
        if report.is_success:
            self.note(report.target, last_success=self._clock.now())

    def is_alive(self) -> bool:
        """Whether the main loop still comes round; if not, only a restart helps."""
        return self._clock.monotonic() - self._beat_at < STALLED_AFTER_S

    def is_ready(self) -> bool:
        """Whether the next sweep can be expected to work: a good policy file, a good ledger, no sweep that crashed."""
        with self._lock:
            is_good = self._problem is None and self.trouble is None
            return is_good and not any(known.result in _UNREADY for known in self._targets.values())

    def as_json(self) -> dict[str, Any]:
        """Everything, for whoever asks."""
        is_alive, is_ready = self.is_alive(), self.is_ready()
        with self._lock:
            problems = [inert(line, 300) for line in (self._problem or "").splitlines()[:MOST_PROBLEMS]]
            return {
                "status": "stalled" if not is_alive else "ready" if is_ready else "not ready",
                "policy_file": {"valid": self._problem is None, "problems": problems},
                "leadership": {"held": self._leads, "problem": self.trouble and inert(self.trouble, 300)},
                "targets": {name: known.as_json() for name, known in self._targets.items()},
            }
