"""Owns the plain form of a job: every field as JSON has it, written for snapshots, and read back strictly."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from janitor.core.job import Job, Resources
from janitor.core.phase import Phase

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)
_TIMES = ("created_at", "started_at", "finished_at")
_TEXTS = ("name", "owner", "kind", "workspace", "description", "experiment")
_RESOURCES = ("flavor", "pool", "node_count", "accelerators", "runs")


def describe_job(job: Job) -> dict[str, Any]:
    """Every field of a job: times as RFC 3339 in UTC, labels as an object; null is what is not known."""
    return {
        "id": job.id,
        "phase": job.phase.value,
        "other_phases": sorted(phase.value for phase in job.other_phases),
        **{field: getattr(job, field) for field in _TEXTS},
        **{field: None if (time := getattr(job, field)) is None else write_time(time) for field in _TIMES},
        "labels": None if job.labels is None else dict(job.labels),
        **{field: getattr(job.resources, field) for field in _RESOURCES},
        "never_started": job.never_started,
        "outputs": list(job.outputs),
    }


def read_job(document: Mapping[str, Any]) -> Job:
    """The job that `describe_job` described; raises ValueError, naming the key, for anything else."""
    for key in document:
        if key not in _READERS:
            raise ValueError(f"{key}: no job has such a field")
    values = {key: _read(document, key) for key in _READERS}
    resources = _shared_resources(*(values.pop(field) for field in _RESOURCES))
    return Job(**values, resources=resources)


def write_time(time: datetime) -> str:
    """An aware time as RFC 3339 in UTC with microseconds and `Z`."""
    return f"{time.astimezone(UTC).isoformat(timespec='microseconds').removesuffix('+00:00')}Z"


def read_time(value: Any) -> datetime:
    """A time as RFC 3339 in UTC, as `write_time` writes it; raises ValueError for anything else."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("is no time such as 2026-11-23T03:00:00Z")
    return datetime.fromisoformat(value)


def read_text(value: Any) -> str:
    """A text; raises ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError("is no text")  # noqa: TRY004 -- one kind of error for all that a document may get wrong
    return value


def _read(document: Mapping[str, Any], key: str) -> Any:
    if key not in document:
        raise ValueError(f"{key}: is missing")
    try:
        return _READERS[key](document[key])
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


@lru_cache(maxsize=4096)
def _shared_resources(
    flavor: str | None, pool: str | None, node_count: int | None, accelerators: int | None, runs: int
) -> Resources:
    """One value for all jobs that ran on the same."""
    return Resources(flavor=flavor, pool=pool, node_count=node_count, accelerators=accelerators, runs=runs)


def _or_null(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _read_count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("is no whole number from 0 on")
    return value


def read_truth(value: Any) -> bool:
    """True or false; raises ValueError for anything else."""
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")  # noqa: TRY004 -- as above
    return value


def _read_phase(value: Any) -> Phase:
    try:
        return Phase(value)
    except ValueError:
        raise ValueError("is no phase") from None


def read_list(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """What reads a list of what `read` reads; it raises ValueError for anything else."""

    def read_all(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError("is no list")  # noqa: TRY004 -- as above
        return tuple(read(each) for each in value)

    return read_all


def _read_labels(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise ValueError("is no object")  # noqa: TRY004 -- as above
    return tuple(sorted((key, read_text(text)) for key, text in value.items()))


_READERS: dict[str, Callable[[Any], Any]] = {
    "id": read_text,
    "phase": _read_phase,
    "other_phases": lambda value: frozenset(read_list(_read_phase)(value)),
    **{field: _or_null(read_text) for field in _TEXTS},
    **{field: _or_null(read_time) for field in _TIMES},
    "labels": _or_null(_read_labels),
    "flavor": _or_null(read_text),
    "pool": _or_null(read_text),
    "node_count": _or_null(_read_count),
    "accelerators": _or_null(_read_count),
    "runs": _read_count,
    "never_started": read_truth,
    "outputs": read_list(read_text),
}
"""How each field is read."""
