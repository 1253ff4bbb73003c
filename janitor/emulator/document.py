"""Owns the shape of a job as ModelArts v2 returns it: how one is built from a few facts, and how one is edited."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from janitor.emulator.clock import to_ms
from janitor.emulator.flavors import CPU, describe_flavor, refer_to_experiment

Job = Mapping[str, Any]
"""A full JobResponse (modelarts-api.md §3.1). Never changed in place: a change makes a new one."""

ABSENT = object()
"""The value that `edit` reads as "leave the field out"."""

ACTIVE = frozenset({"Creating", "Pending", "Running", "Terminating"})
STOPPABLE = frozenset({"Creating", "Pending", "Running"})
ENDED = frozenset({"Completed", "Failed", "Terminated", "Abnormal"})

_PLACES = {
    "metadata": ("id", "name", "workspace_id", "description", "create_time", "user_name", "annotations"),
    "status": (
        *("phase", "secondary_phase", "duration", "start_time", "node_count_metrics"),
        *("tasks", "task_statuses", "running_records"),
    ),
}
_PATHS = {"kind": ("kind",)} | {name: (part, name) for part, names in _PLACES.items() for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """The facts of a job; `waited` runs from creation to start, `ran` is None for a job that never started.

    `pool` is None for the public one, `experiment` for a job that belongs to none.
    """

    id: str
    name: str
    created: datetime
    owner: str = "ci-bot"
    workspace: str = "0"
    phase: str = "Completed"
    secondary: str | None = None
    waited: timedelta = timedelta(minutes=2)
    ran: timedelta | None = timedelta(minutes=90)
    nodes: int = 1
    flavor: str = CPU
    pool: str | None = None
    experiment: str | None = None
    description: str = ""
    has_metrics: bool = True
    has_outputs: bool = True
    exports_log: bool = False


def build_job(sketch: Sketch) -> dict[str, Any]:
    """Build the full JobResponse of a sketch: milliseconds everywhere, seconds in running_records (§3.1)."""
    return {
        "kind": "job",
        "metadata": _metadata(sketch),
        "status": _status(sketch),
        "algorithm": _algorithm(sketch),
        "spec": _spec(sketch),
    }


def edit(job: Job, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the job with some fields set; a field is a plain name of metadata or status, or a dotted path."""
    edited = deepcopy(dict(job))
    for field, value in fields.items():
        path = tuple(field.split(".")) if "." in field else _PATHS.get(field)
        if path is None:
            raise ValueError(f"{field} is no field of metadata or status; write a dotted path to reach other places")
        _set(edited, path, value)
    return edited


def text_of(job: Job, *path: str) -> str | None:
    """Read a string somewhere inside a job; None where the place is missing or holds something else."""
    found = value_of(job, *path)
    return found if isinstance(found, str) else None


def value_of(job: Job, *path: str) -> Any:
    """Read any value somewhere inside a job; None where the place is missing."""
    found: Any = job
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def created_ms(job: Job) -> int:
    """Return the creation time that orders listings; a job whose time is no whole number sorts first."""
    found = value_of(job, "metadata", "create_time")
    return found if isinstance(found, int) else 0


def workspace_of(job: Job) -> str:
    """Return the workspace that a job is listed in; the default one where it names none."""
    return text_of(job, "metadata", "workspace_id") or "0"


def _set(job: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    *parents, last = path
    for key in parents:
        job = job.setdefault(key, {})
    if value is ABSENT:
        job.pop(last, None)
    else:
        job[last] = value


def _metadata(sketch: Sketch) -> dict[str, Any]:
    reference = {} if sketch.experiment is None else {"training_experiment_reference": refer_to_experiment(sketch.experiment)}
    return reference | {
        "id": sketch.id,
        "name": sketch.name,
        "description": sketch.description,
        "create_time": to_ms(sketch.created),
        "workspace_id": sketch.workspace,
        "user_name": sketch.owner,
        "annotations": {},
    }


def _status(sketch: Sketch) -> dict[str, Any]:
    start = 0 if sketch.ran is None else to_ms(sketch.created + sketch.waited)
    duration = 0 if sketch.ran is None else int(sketch.ran.total_seconds() * 1000)
    status: dict[str, Any] = {
        "phase": sketch.phase,
        "secondary_phase": sketch.secondary or sketch.phase,
        "duration": duration,
        "start_time": start,
        "node_count_metrics": _metrics(sketch, start, duration),
        "tasks": [f"worker-{number}" for number in range(sketch.nodes)],
    }
    if start and sketch.phase in ("Completed", "Failed"):
        status["task_statuses"] = [{"task": "worker-0", "exit_code": int(sketch.phase == "Failed"), "message": ""}]
    if start:
        status["running_records"] = [_running_record(sketch, start, duration)]
    return status


def _metrics(sketch: Sketch, start: int, duration: int) -> list[list[int]] | None:
    if not start or not sketch.has_metrics:
        return None
    begun = [[start, sketch.nodes]]
    return begun if sketch.phase in ACTIVE else [*begun, [start + duration, 0]]


def _running_record(sketch: Sketch, start: int, duration: int) -> dict[str, Any]:
    record: dict[str, Any] = {"start_at": start // 1000, "start_type": "init_or_rescheduled"}
    if sketch.phase not in ACTIVE:
        record |= {"end_at": (start + duration) // 1000, "end_reason": sketch.phase, "end_related_task": "worker-0"}
    return record


def _algorithm(sketch: Sketch) -> dict[str, Any]:
    family = sketch.name.rsplit("-", 1)[0]
    return {
        "name": family,
        "code_dir": f"obs://team-bkt/{family}/code/",
        "boot_file": f"obs://team-bkt/{family}/code/train.py",
        "outputs": _outputs(sketch, family),
        "engine": {"engine_id": "pytorch_1.8.0", "engine_name": "PyTorch", "engine_version": "pytorch_1.8.0-x"},
    }


def _spec(sketch: Sketch) -> dict[str, Any]:
    pool = {} if sketch.pool is None else {"pool_id": sketch.pool}
    resource = {"policy": "regular", "flavor_id": sketch.flavor, "node_count": sketch.nodes, **pool}
    return {"resource": resource | describe_flavor(sketch.flavor), "log_export_path": _log_export(sketch)}


def _outputs(sketch: Sketch, family: str) -> list[dict[str, Any]]:
    if not sketch.has_outputs:
        return []
    local, remote = "/home/ma-user/modelarts/outputs/train_url_0", f"/team-bkt/{family}/{sketch.name}/out/"
    return [{"name": "train_url", "local_dir": local, "remote": {"obs": {"obs_url": remote}}}]


def _log_export(sketch: Sketch) -> dict[str, str]:
    return {"obs_url": f"/team-bkt/logs/{sketch.name}/"} if sketch.exports_log else {}
