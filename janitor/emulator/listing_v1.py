"""Owns what v1 answers say of jobs: the list and its order, the row of a job, its versions (modelarts-api.md §1.6)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from janitor.emulator.document_v1 import JobV1, Version, newest, sortable, text_of_v1
from janitor.emulator.switches import Switches
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1

MOST_ROWS = 1000
STATUS_CODE = "^([0-9]|1[0-9]|2[0-2])$"

_SORTED_BY: dict[str, Callable[[JobV1], Any]] = {
    "job_name": lambda job: job.get("job_name"),
    "job_desc": lambda job: job.get("job_desc"),
    "status": lambda job: newest(job).get("status"),
    "duration": lambda job: newest(job).get("duration"),
    "version_count": lambda job: len(job["versions"]),
    "create_time": lambda job: job.get("create_time"),
}


class ListQuery(BaseModel):
    """Which page of jobs is wanted; a parameter of another name, such as `sort_by`, is ignored."""

    status: str | None = Field(default=None, pattern=STATUS_CODE)
    per_page: int = Field(default=10, ge=1, le=MOST_ROWS)
    page: int = Field(default=1, ge=1, le=65535)
    sort_by: Literal["job_name", "job_desc", "status", "duration", "version_count", "create_time"] = Field(
        default="job_name", alias="sortBy"
    )
    order: Literal["asc", "desc"] = "asc"
    search_content: str = Field(default="", max_length=64)
    workspace_id: str = Field(default="0", pattern="^(0|[0-9A-Za-z-]{32,36})$")

    def wants(self, job: JobV1) -> bool:
        """Tell whether a job, by its newest version, is asked for; whatever its workspace."""
        return self.status in (None, str(newest(job).get("status"))) and self.search_content in text_of_v1(job, "job_name")


class VersionsQuery(BaseModel):
    """Which versions of a job are wanted: one page of them, or all for page 0."""

    per_page: int = Field(default=10, ge=1, le=MOST_ROWS)
    page: int = Field(default=0, ge=0, le=65535)


def build_page_v1(world: World, v1: WorldV1, query: ListQuery) -> dict[str, Any]:
    """Answer a list: 1 find and order, 2 cut the page, 3 count."""
    with world.at_once():
        workspace = query.workspace_id if world.switches.honour_workspace else None
        matches = v1.find(_key(workspace, query), lambda jobs: _choose(workspace, query, jobs))
        everything = v1.find((workspace,), lambda jobs: [job["job_id"] for job in _in_workspace(workspace, jobs)])
        first = (query.page - 1) * query.per_page
        jobs = [v1.get(job_id) for job_id in matches[first : first + query.per_page]]
        quotas = world.quotas.limit(world.switches.quota_limit)
        page = {
            "is_success": True,
            "quotas": quotas,
            "job_total_count": len(everything if world.switches.count_mode == "matches" else matches),
            "job_count_limit": max(quotas - v1.count(), 0),
            "jobs": [show_row(job, world.switches) for job in jobs if job is not None],
        }
        return _with_unknown(page, world.switches)


def build_versions(job: JobV1, query: VersionsQuery, switches: Switches) -> dict[str, Any]:
    """Answer a list of versions, oldest first (the documents name no order)."""
    versions: Sequence[Version] = job["versions"]
    if query.page:
        versions = versions[(query.page - 1) * query.per_page : query.page * query.per_page]
    head = _head(job) | {"version_count": len(job["versions"])}
    shown = [_with_unknown(_with_status(version, switches), switches) for version in versions]
    return _with_unknown(head | {"versions": shown}, switches)


def build_version(job: JobV1, version: Version, switches: Switches) -> dict[str, Any]:
    """Answer for one version: a flat object."""
    return _with_unknown(_head(job) | _with_status(version, switches), switches)


def show_row(job: JobV1, switches: Switches) -> dict[str, Any]:
    """Show a job as the list does, which mirrors its newest version alone."""
    last = newest(job)
    row = {name: job[name] for name in ("job_id", "job_name", "job_desc", "create_time", "user") if name in job}
    row |= {name: last[name] for name in ("version_id", "status", "duration") if name in last}
    return _with_unknown(_with_status(row, switches) | {"version_count": len(job["versions"])}, switches)


def _key(workspace: str | None, query: ListQuery) -> tuple[str | None, ...]:
    return workspace, query.status, query.search_content, query.sort_by, query.order


def _choose(workspace: str | None, query: ListQuery, jobs: Iterable[JobV1]) -> Sequence[int]:
    """Find and order the jobs of a query; equal ones by their ids."""
    found = [job for job in _in_workspace(workspace, jobs) if query.wants(job)]
    value_of = _SORTED_BY[query.sort_by]
    found.sort(key=lambda job: (sortable(value_of(job)), job["job_id"]), reverse=query.order == "desc")
    return [job["job_id"] for job in found]


def _in_workspace(workspace: str | None, jobs: Iterable[JobV1]) -> list[JobV1]:
    return [job for job in jobs if workspace in (None, text_of_v1(job, "workspace_id", "0"))]


def _head(job: JobV1) -> dict[str, Any]:
    return {"is_success": True} | {name: job[name] for name in ("job_id", "job_name", "job_desc") if name in job}


def _with_status(document: Mapping[str, Any], switches: Switches) -> dict[str, Any]:
    if switches.v1_status == "int" or "status" not in document:
        return dict(document)
    return dict(document) | {"status": str(document["status"])}


def _with_unknown(document: dict[str, Any], switches: Switches) -> dict[str, Any]:
    return document | {"console_hint": {"pinned": False}} if switches.unknown_fields else document
