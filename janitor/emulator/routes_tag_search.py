"""Owns the routes that find and count jobs by their tags, of any age (modelarts-api.md §1.2 rows 12, 13, §1.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import FastAPI
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.candidates import Predicate
from janitor.emulator.document import Job, text_of, workspace_of
from janitor.emulator.refusal import RefusedError, unknown_path
from janitor.emulator.registry import Limit, Offset, TheWorld, add_route
from janitor.emulator.routes_tags import ShownTag, show_tags
from janitor.emulator.tag_rules import TagFilter
from janitor.emulator.tags import Tagged, Untagged
from janitor.emulator.world import World

INSTANCES = "/v2/{project_id}/modelarts-training-job/resource-instances"


def _distinct(filters: list[TagFilter]) -> list[TagFilter]:
    keys = [each.key for each in filters]
    if len(set(keys)) != len(keys) or any(len(set(each.values)) != len(each.values) for each in filters):
        raise ValueError("a key, or a value of one key, is named twice")
    return filters


class Match(BaseModel):
    """The search for a part of the name, in upper or lower case."""

    model_config = ConfigDict(strict=True)
    key: Literal["resource_name"]
    value: str = Field(min_length=1, max_length=255)


class TagSearch(BaseModel):
    """Which jobs are wanted; every condition must hold, and none is needed."""

    model_config = ConfigDict(strict=True)
    workspace_id: str = Field(default="0", json_schema_extra={"enum": ["0"]})
    tags: Annotated[list[TagFilter], AfterValidator(_distinct)] = Field(default=[], max_length=10)
    without_any_tag: bool = False
    matches: list[Match] = Field(default=[], max_length=1)


class FoundJob(BaseModel):
    """A job as this search shows it: neither its phase nor any time."""

    resource_id: str
    resource_name: str | None
    workspace_id: str
    resource_detail: dict[str, Any]
    tags: list[ShownTag]


class FoundJobs(BaseModel):
    """One page of jobs."""

    resources: list[FoundJob]
    total_count: int


class Count(BaseModel):
    """How many jobs there are."""

    total_count: int


@dataclass(frozen=True, slots=True)
class _Named:
    """The condition that a job's name contains a text."""

    part: str

    def __call__(self, job: Job) -> bool:
        return self.part in (text_of(job, "metadata", "name") or "").lower()


def register(app: FastAPI) -> None:
    """Add the routes."""
    add_route(app, f"POST {INSTANCES}/filter", find_jobs, name="find_by_tags", response_model=FoundJobs)
    add_route(app, f"POST {INSTANCES}/count", count_jobs, name="count_by_tags", response_model=Count)


async def find_jobs(world: TheWorld, body: TagSearch, limit: Limit = 1000, offset: Offset = 0) -> Response:
    """Return the jobs that match, oldest first, from the offset-th on."""
    with world.at_once():
        found = _find(world, body)
        page = found[offset : offset + limit]
        jobs = [_show(world, job) for job_id in page if (job := world.get(job_id)) is not None]
        return json_response({"resources": jobs, "total_count": len(found)})


async def count_jobs(world: TheWorld, body: TagSearch, limit: Limit = 1000, offset: Offset = 0) -> Response:  # noqa: ARG001
    """Return how many jobs match; it takes the parameters of a page, and they change nothing."""
    return json_response({"total_count": len(_find(world, body))})


def _find(world: World, search: TagSearch) -> Sequence[str]:
    if world.switches.tags == "absent":
        raise unknown_path()
    if search.workspace_id not in world.workspaces():
        raise RefusedError(400, "ModelArts.7005", "The workspace does not exist.")
    named: list[Predicate] = [_Named(match.value.lower()) for match in search.matches]
    return world.find(search.workspace_id, (*named, *_conditions(world, search)))


def _conditions(world: World, search: TagSearch) -> list[Predicate]:
    tags = world.tags
    if search.without_any_tag:
        return [Untagged(tags)] if any(tags.all()) else []  # of a million jobs without tags each need not be asked
    return [Tagged(tags, each.key, tuple(each.values)) for each in search.tags]


def _show(world: World, job: Job) -> dict[str, Any]:
    job_id = job["metadata"]["id"]
    return {
        "resource_id": job_id,
        "resource_name": text_of(job, "metadata", "name"),
        "workspace_id": workspace_of(job),
        "resource_detail": {},
        "tags": show_tags(world.tags.of(job_id)),
    }
