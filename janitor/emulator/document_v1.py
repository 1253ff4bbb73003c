"""Owns the shape of a job of the first generation: what its versions are, how one is built, and how one is edited."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from janitor.emulator.document import ABSENT

JobV1 = Mapping[str, Any]
"""A job with all of its versions, oldest first (modelarts-api.md §3.3). Never changed in place: a change makes a new one."""

Version = Mapping[str, Any]

STATUSES: dict[int, str] = dict(
    enumerate(
        (
            *("JOBSTAT_UNKNOWN", "JOBSTAT_INIT", "JOBSTAT_IMAGE_CREATING", "JOBSTAT_IMAGE_FAILED", "JOBSTAT_SUBMIT_TRYING"),
            *("JOBSTAT_SUBMIT_FAILED", "JOBSTAT_DELETE_FAILED", "JOBSTAT_WAITING", "JOBSTAT_RUNNING", "JOBSTAT_KILLING"),
            *("JOBSTAT_COMPLETED", "JOBSTAT_FAILED", "JOBSTAT_KILLED", "JOBSTAT_CANCELED", "JOBSTAT_LOST", "JOBSTAT_SCALING"),
            *("JOBSTAT_SUBMIT_MODEL_FAILED", "JOBSTAT_DEPLOY_SERVICE_FAILED", "JOBSTAT_CHECK_INIT", "JOBSTAT_CHECK_RUNNING"),
            *("JOBSTAT_CHECK_RUNNING_COMPLETED", "JOBSTAT_CHECK_FAILED", "MOUNT_FAILED"),
        )
    )
)
"""Every code and its name (§2.1); the last one stands in the SDK's documentation alone."""

DELETE_FAILED, RUNNING, KILLING, KILLED = 6, 8, 9, 12
ACTIVE = frozenset({1, 2, 4, 7, 8, 9, 15, 18, 19, 20})
"""The codes of a version that may still use resources, or is about to."""
STARTED = frozenset({6, 8, 9, 10, 11, 12, 14, 15, 16, 17})
"""The codes in which a built version has run; the others are those of one that never did."""
RUNS_NOW = ACTIVE & STARTED


MACHINES: dict[int, dict[str, Any]] = {
    1: {"core": 2, "cpu": 8, "gpu_num": 0},
    4: {"core": 8, "cpu": 64, "gpu_num": 1, "gpu_type": "nvidia-v100-pcie"},
    5: {"core": 64, "cpu": 512, "gpu_num": 8, "gpu_type": "nvidia-v100-pcie"},
}
"""What the resource specifications of a version are, by their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SketchV1:
    """The facts of a job; times in milliseconds, one status a version, oldest first. `machine` is a number of `MACHINES`.

    Version n is created `spacing_ms` after version n-1, starts `waited_ms` later and runs `ran_ms`, or until `now_ms` if it runs.
    """

    job_id: int
    name: str
    created_ms: int
    now_ms: int
    statuses: tuple[int, ...] = (10,)
    owner: str = "ci-bot"
    description: str = ""
    workspace: str = "0"
    machine: int = 1
    workers: int = 1
    pool: str | None = None
    waited_ms: int = 60_000
    ran_ms: int = 5_400_000
    spacing_ms: int = 7_200_000


def build_job_v1(sketch: SketchV1) -> dict[str, Any]:
    """Build a job with its versions; ids of versions are derived from the job's."""
    return {
        "job_id": sketch.job_id,
        "job_name": sketch.name,
        "job_desc": sketch.description,
        "workspace_id": sketch.workspace,
        "user": {"name": sketch.owner},
        "create_time": sketch.created_ms,
        "versions": [_version(sketch, number) for number in range(1, len(sketch.statuses) + 1)],
    }


def newest(job: JobV1) -> Version:
    """Return the version that the list's row shows; an empty one for a job without any, which only a test would make."""
    version: Version = job["versions"][-1] if job["versions"] else {}
    return version


def text_of_v1(job: JobV1, name: str, default: str = "") -> str:
    """Read a text of a job; the default where it is missing or no text, as a test may want it to be."""
    found = job.get(name)
    return found if isinstance(found, str) else default


def sortable(value: object) -> tuple[bool, int, str]:
    """Turn whatever stands in a field into something that can be compared: numbers first, then texts."""
    return (False, value, "") if isinstance(value, int) else (True, 0, "" if value is None else str(value))


def version_of(job: JobV1 | None, version_id: int) -> Version | None:
    """Return one version of a job, None where there is none."""
    versions: Iterable[Version] = () if job is None else job["versions"]
    return next((each for each in versions if each["version_id"] == version_id), None)


def with_fields(document: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a job or a version with some fields set, or left out where the value is `ABSENT`."""
    merged = dict(document) | dict(fields)
    return {name: value for name, value in merged.items() if value is not ABSENT}


def with_version(job: JobV1, version: Version) -> dict[str, Any]:
    """Return the job with one version in place of the one that has its id, or added where none has."""
    versions = {each["version_id"]: each for each in job["versions"]} | {version["version_id"]: version}
    return with_fields(job, {"versions": list(versions.values())})


def without_version(job: JobV1, version_id: int) -> dict[str, Any]:
    """Return the job without one of its versions."""
    return with_fields(job, {"versions": [each for each in job["versions"] if each["version_id"] != version_id]})


def next_version(job: JobV1, status: int, now_ms: int) -> dict[str, Any]:
    """Build the version that follows a job's newest one, as it is at its creation."""
    last, number = newest(job), len(job["versions"]) + 1
    fresh = {"version_id": last["version_id"] + 1, "version_name": f"V{number:04d}", "pre_version_id": last["version_id"]}
    start = now_ms if status in STARTED else 0
    return dict(last) | fresh | {"status": status, "create_time": now_ms, "start_time": start, "duration": 0}


def has_active(versions: Iterable[Version]) -> bool:
    """Tell whether any of these versions may still use resources."""
    return any(version.get("status") in ACTIVE for version in versions)


def _version(sketch: SketchV1, number: int) -> dict[str, Any]:
    status = sketch.statuses[number - 1]
    created = sketch.created_ms + (number - 1) * sketch.spacing_ms
    has_started = status in STARTED
    start = created + sketch.waited_ms if has_started else 0
    ran = sketch.now_ms - start if status in RUNS_NOW else sketch.ran_ms
    place = f"/team-bkt/{sketch.name}/V{number:04d}/"
    return {
        "version_id": sketch.job_id * 100 + number,
        "version_name": f"V{number:04d}",
        "pre_version_id": sketch.job_id * 100 + number - 1 if number > 1 else 0,
        "status": status,
        "create_time": created,
        "start_time": start,
        "duration": ran if has_started else 0,
        "engine_type": 1,
        "engine_name": "TensorFlow",
        "engine_id": 4,
        "engine_version": "TF-1.8.0-python2.7",
        "app_url": "/team-bkt/code/",
        "boot_file_url": "/team-bkt/code/train.py",
        "parameter": [{"label": "learning_rate", "value": 0.01}],
        "spec_id": sketch.machine,
        **MACHINES[sketch.machine],
        "worker_server_num": sketch.workers,
        **({} if sketch.pool is None else {"pool_id": sketch.pool}),
        "data_url": "/team-bkt/data/",
        "train_url": f"{place}out/",
        "log_url": f"{place}log/",
        "model_metric_list": '{"metric": []}',
    }
