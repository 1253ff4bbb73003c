"""Owns the reading of a ModelArts v1 job with its versions into a Job: status codes, phases and times, nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from janitor.backends.modelarts_document import add_duration, read_time
from janitor.backends.modelarts_outputs import read_outputs_v1
from janitor.backends.modelarts_resources import read_resources_v1
from janitor.backends.modelarts_values import is_zero, read_description, read_number, read_object, read_text, read_word
from janitor.core.job import Job, is_in_order
from janitor.core.phase import TERMINAL, Phase

PHASES = {
    **dict.fromkeys((1, 2, 4), Phase.CREATING),
    **dict.fromkeys((7, 18, 19, 20), Phase.PENDING),
    **dict.fromkeys((8, 15), Phase.RUNNING),
    9: Phase.TERMINATING,
    10: Phase.COMPLETED,
    **dict.fromkeys((3, 5, 11, 16, 17, 21, 22), Phase.FAILED),
    **dict.fromkeys((12, 13), Phase.TERMINATED),
    14: Phase.ABNORMAL,
}
"""docs/modelarts-api.md, "v1 codes": anything else is unknown, also 0 (unknown) and 6 (a deletion failed half-way)."""

_NEVER_BEGUN = frozenset({3, 5, 12, 13, 21, 22})
"""The codes of a version that ended and may have done so before it began; any other says that it ran, or not what it did."""

_FOREMOST = (
    *(Phase.UNKNOWN, Phase.RUNNING, Phase.TERMINATING, Phase.PENDING, Phase.CREATING),
    *(Phase.ABNORMAL, Phase.COMPLETED, Phase.TERMINATED, Phase.FAILED),
)
"""Which phase stands for a job whose versions differ: one that has not ended before one that has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a row of the job list tells of a job; None for what is not known, for `description` too: "" is that there is none.

    Owner and workspace stand nowhere else. The others must agree with the job's versions.
    """

    owner: str | None = None
    workspace: str | None = None
    description: str | None = None
    version_count: int | None = None
    version_id: int | None = None


def read_phase(status: Any) -> Phase:
    """The phase of one version, from its code as a number or as exactly its digits."""
    code = _code(status)
    return Phase.UNKNOWN if code is None else PHASES.get(code, Phase.UNKNOWN)


def _code(status: Any) -> int | None:
    code = read_number(status)
    return code if code is not None and str(code) == str(status) else None


def read_origin(row: dict[str, Any], workspace: str | None) -> Origin:
    """What a row says; of the workspace that was asked for, if it was heeded, where it names none."""
    return Origin(
        owner=read_word(read_object(row.get("user")).get("name")),
        workspace=read_word(row.get("workspace_id")) or workspace,
        description=_description(row),
        version_count=read_number(row.get("version_count")),
        version_id=read_number(row.get("version_id")),
    )


def has_ended(row: dict[str, Any]) -> bool:
    """Whether the one version that a row shows has ended; the others may not have."""
    return read_phase(row.get("status")) in TERMINAL


def parse_job(document: dict[str, Any], origin: Origin) -> Job:
    """Read a job with all its versions; a fact that is missing, null, of another type or beyond belief becomes None.

    A job has ended when every version has; one without versions is in no phase that is known. It started when its last
    version did, and it finished when the last one did, which is not known unless it is known of each.
    """
    versions: list[dict[str, Any]] = document["versions"]
    phases = {read_phase(version.get("status")) for version in versions} or {Phase.UNKNOWN}
    if not _is_of(origin, versions):
        phases.add(Phase.UNKNOWN)
    phase = next(each for each in _FOREMOST if each in phases)
    return Job(
        id=str(document["job_id"]),
        name=read_text(document.get("job_name")),
        owner=origin.owner,
        kind="job",
        workspace=origin.workspace,
        phase=phase,
        other_phases=frozenset(phases - {phase}),
        created_at=_of_each(min, (read_time(version.get("create_time")) for version in versions)),
        started_at=_of_each(max, (read_time(version.get("start_time")) for version in versions)),
        finished_at=_of_each(max, map(_finished_at, versions)) if phases <= TERMINAL else None,
        description=origin.description if _description(document) == origin.description else None,
        resources=read_resources_v1(versions),
        never_started=phases <= TERMINAL and all(map(_never_started, versions)),
        outputs=read_outputs_v1(versions),
    )


def _is_of(origin: Origin, versions: list[dict[str, Any]]) -> bool:
    """Whether a row counts these versions and mirrors one of them."""
    ids = {read_number(version.get("version_id")) for version in versions}
    return origin.version_count == len(versions) and origin.version_id is not None and origin.version_id in ids


def _description(source: dict[str, Any]) -> str | None:
    """The owner's text; None also where there is no field for it, so that a renamed one hides no mark."""
    return read_description(source["job_desc"]) if "job_desc" in source else None


def _finished_at(version: dict[str, Any]) -> datetime | None:
    """When a version ended; unknown for one that never started, or did so before it was created, or ran for no time at all."""
    created_at, started_at = read_time(version.get("create_time")), read_time(version.get("start_time"))
    if created_at is None or started_at is None or not is_in_order(created_at, started_at):
        return None
    finished_at = add_duration(started_at, version.get("duration"))
    return None if finished_at == started_at else finished_at


def _never_started(version: dict[str, Any]) -> bool:
    """Whether a version certainly never began: start and duration are told, as 0; without the fields they are not told."""
    is_idle = is_zero(version.get("start_time")) and is_zero(version.get("duration"))
    return _code(version.get("status")) in _NEVER_BEGUN and is_idle


def _of_each(choose: Any, times: Iterable[datetime | None]) -> datetime | None:
    """The earliest or the latest of all; None where there are none, or any is not known."""
    found = list(times)
    known = [time for time in found if time is not None]
    return choose(known) if known and len(known) == len(found) else None
