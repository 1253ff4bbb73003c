"""Owns how a job moves by itself: the phase that follows, after how long, and what the job's fields say then (§8.6)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from janitor.emulator.clock import to_ms
from janitor.emulator.document import ACTIVE, Job, text_of, value_of
from janitor.emulator.switches import Switches


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The phase that a job will reach by itself, so many seconds after it reached the present one."""

    seconds: float
    phase: str


def next_step(job: Job, switches: Switches) -> Step | None:
    """Return where a job goes from here; None where it stays until somebody moves it."""
    table = {
        "Creating": (switches.creating_s, "Pending"),
        "Pending": (switches.pending_s, "Running"),
        "Running": (switches.running_s, switches.ends_as),
    }
    seconds, phase = table.get(text_of(job, "status", "phase") or "", (None, ""))
    return None if seconds is None else Step(seconds=seconds, phase=phase)


def fields_in(job: Job, phase: str, now: datetime) -> dict[str, Any]:
    """Return what changes in a job that reaches a phase, for `edit`."""
    fields: dict[str, Any] = {"phase": phase, "secondary_phase": "Queuing" if phase == "Pending" else phase}
    if phase == "Running":
        return fields | _started(job, now)
    return fields if phase in ACTIVE else fields | _ended(job, phase, now)


def _started(job: Job, now: datetime) -> dict[str, Any]:
    nodes = value_of(job, "spec", "resource", "node_count") or 1
    return {
        "start_time": to_ms(now),
        "node_count_metrics": [[to_ms(now), nodes]],
        "running_records": [{"start_at": to_ms(now) // 1000, "start_type": "init_or_rescheduled"}],
    }


def _ended(job: Job, phase: str, now: datetime) -> dict[str, Any]:
    """Close what `_started` opened; a job that never started has nothing to close."""
    start = value_of(job, "status", "start_time")
    if not isinstance(start, int) or start <= 0:
        return {}
    metrics = value_of(job, "status", "node_count_metrics") or []
    *earlier, last = value_of(job, "status", "running_records") or [{}]
    ending = {"end_at": to_ms(now) // 1000, "end_reason": phase, "end_related_task": "worker-0"}
    return {
        "duration": to_ms(now) - start,
        "node_count_metrics": [*metrics, [to_ms(now), 0]],
        "running_records": [*earlier, last | ending],
        "task_statuses": [{"task": "worker-0", "exit_code": int(phase != "Completed"), "message": ""}],
    }
