"""Owns the reading of a ModelArts v2 job document into a Job: names, phases and units, nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

from janitor.backends.modelarts_outputs import read_outputs
from janitor.backends.modelarts_resources import read_resources
from janitor.backends.modelarts_values import is_zero, read_description, read_number, read_object, read_text, read_word
from janitor.core.job import EARLIEST, Job
from janitor.core.phase import TERMINAL, Phase

PHASES = {
    "Creating": Phase.CREATING,
    "Pending": Phase.PENDING,
    "Running": Phase.RUNNING,
    "Terminating": Phase.TERMINATING,
    "Completed": Phase.COMPLETED,
    "Failed": Phase.FAILED,
    "Terminated": Phase.TERMINATED,
    "Abnormal": Phase.ABNORMAL,
}
"""docs/modelarts-api.md, "Phases": anything else is unknown, hence active."""

_MAY_NOT_HAVE_STARTED = TERMINAL - {Phase.COMPLETED}
"""A job that completed without having started contradicts itself."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_FIRST, _END = EARLIEST - _EPOCH, _LATEST - _EPOCH
_MOST_MS = _END // timedelta(milliseconds=1)
_DOUBT = object()


def parse_job(document: dict[str, Any]) -> Job:
    """Read one job; a fact that is missing, null, of another type or beyond belief becomes None, never a guess.

    The document tells no tags, so `labels` are None until they have been asked for.
    """
    metadata = read_object(document.get("metadata"))
    status = read_object(document.get("status"))
    phase = PHASES.get(str(status.get("phase")), Phase.UNKNOWN)
    started_at = read_time(status.get("start_time"))
    return Job(
        id=str(metadata["id"]),
        name=read_text(metadata.get("name")),
        owner=read_word(metadata.get("user_name")),
        kind=read_word(document.get("kind")),
        workspace=read_word(metadata.get("workspace_id")),
        phase=phase,
        created_at=read_time(metadata.get("create_time")),
        started_at=started_at,
        finished_at=_finished_at(status, started_at) if phase in TERMINAL and started_at is not None else None,
        description=read_description(metadata.get("description")),
        labels=None,
        experiment=read_word(read_object(metadata.get("training_experiment_reference")).get("name")),
        resources=read_resources(document),
        never_started=phase in _MAY_NOT_HAVE_STARTED and _tells_no_start(status),
        outputs=read_outputs(document),
    )


def read_time(value: Any, unit: timedelta = timedelta(milliseconds=1)) -> datetime | None:
    """Read a count of milliseconds since 1970; 0, missing, unreadable and implausible times are None."""
    number = read_number(value)
    if number is None or not 0 < number <= _MOST_MS:
        return None
    since = number * unit
    return _EPOCH + since if _FIRST <= since < _END else None


def _finished_at(status: dict[str, Any], started_at: datetime) -> datetime | None:
    """The latest of start + duration, the ends of `running_records` (seconds!) and the last node count (milliseconds).

    One of them that is there and cannot be read makes the end unknown: an earlier one could make the job look older. So does a
    record without an end, unless the last node count is 0, and a duration of 0, which a job that started cannot have, unless
    the others tell that it is over.
    """
    end = add_duration(started_at, status.get("duration"))
    records = _times(status.get("running_records"), "end_at", timedelta(seconds=1), may_lack=True)
    counts = _times(status.get("node_count_metrics"), 0, timedelta(milliseconds=1))
    if end is None or records is None or counts is None:
        return None
    latest = max([end, *records, *counts])
    is_over = _is_over(status)
    tells_end = end > started_at if is_over is None else is_over
    return latest if tells_end and latest > started_at else None


def _is_over(status: dict[str, Any]) -> bool | None:
    """Whether the last node count is 0, else whether every running record has an end; None where there are no records.

    Both are lists by now, or not there.
    """
    records, counts = status.get("running_records") or [], status.get("node_count_metrics") or []
    if counts and is_zero(_pick(counts[-1], 1)):
        return True
    return all(_pick(record, "end_at") is not None for record in records) if records else None


def _tells_no_start(status: dict[str, Any]) -> bool:
    """Whether all that would tell of a start says that there was none: time 0, duration 0, no node counted."""
    counted = [status.get("running_records"), status.get("node_count_metrics")]
    is_idle = is_zero(status.get("start_time")) and is_zero(status.get("duration"))
    return is_idle and all(rows in (None, []) for rows in counted)


def add_duration(started_at: datetime, value: Any) -> datetime | None:
    """The time so many milliseconds later; None where their number is missing, unreadable or beyond belief."""
    duration = read_number(value)
    if duration is None or not 0 <= duration < _MOST_MS:
        return None
    return started_at + timedelta(milliseconds=duration)


def _times(rows: Any, key: str | int, unit: timedelta, *, may_lack: bool = False) -> list[datetime] | None:
    """One time of each row, which may lack it if that is said; [] where there are no rows, None where any cannot be read."""
    if rows is None:
        return []
    if not isinstance(rows, list):
        return None
    values = [_pick(row, key) for row in rows]
    return _all_known([read_time(value, unit) for value in values if value is not None or not may_lack])


def _pick(row: Any, key: str | int) -> Any:
    try:
        return row[key]
    except (KeyError, IndexError):
        return None
    except TypeError:
        return _DOUBT


def _all_known(times: list[datetime | None]) -> list[datetime] | None:
    found = [time for time in times if time is not None]
    return None if len(found) < len(times) else found
