"""Owns the routes of one job's tags, and of all tags that the project's jobs have (modelarts-api.md §1.2 rows 9, 10, 11, 14)."""

from collections.abc import Callable, Mapping
from functools import partial

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.refusal import job_not_found, unknown_path
from janitor.emulator.registry import JobId, Limit, Offset, TheActor, TheWorld, add_route
from janitor.emulator.tag_rules import Pairs
from janitor.emulator.world import Answer, World

JOB_TAGS = "/v2/{project_id}/modelarts-training-job/{job_id}/tags"
ALL_TAGS = "/v2/{project_id}/modelarts-training-job/tags"


class KnownTag(BaseModel):
    """A key, and the values that some job has with it."""

    key: str
    values: list[str]


class KnownTags(BaseModel):
    """One page of the project's tags."""

    tags: list[KnownTag]


class ShownTag(BaseModel):
    """One tag of a job."""

    key: str
    value: str


class ShownTags(BaseModel):
    """The tags of a job."""

    tags: list[ShownTag]


def register(app: FastAPI) -> None:
    """Add the routes."""
    add_route(app, f"GET {JOB_TAGS}", list_tags, name="tags", response_model=ShownTags)
    add_route(app, f"POST {JOB_TAGS}/create", add_tags, name="add_tags", status_code=204)
    add_route(app, f"DELETE {JOB_TAGS}/delete", remove_tags, name="remove_tags", status_code=204)
    add_route(app, f"GET {ALL_TAGS}", list_all_tags, name="all_tags", response_model=KnownTags)


async def list_tags(world: TheWorld, job_id: JobId) -> Response:
    """Return the tags of a job."""
    _require(world)
    with world.at_once():
        if world.get(job_id) is None:
            raise job_not_found(job_id, world.switches.not_found_style)
        return json_response({"tags": show_tags(world.tags.of(job_id))})


async def add_tags(world: TheWorld, job_id: JobId, actor: TheActor, body: Pairs) -> Response:
    """Add tags to a job; a key that it has gets the new value."""
    pairs = {pair.key: pair.value or "" for pair in body.tags}
    return _change(world, job_id, partial(world.tag, job_id, pairs, actor))


async def remove_tags(world: TheWorld, job_id: JobId, actor: TheActor, body: Pairs) -> Response:
    """Remove tags from a job, by key; where the body names a value as well, only a tag with that value goes."""
    with world.at_once():
        tags = world.tags.of(job_id)
        keys = [pair.key for pair in body.tags if pair.value in (None, tags.get(pair.key))]
        return _change(world, job_id, partial(world.untag, job_id, keys, actor))


async def list_all_tags(world: TheWorld, limit: Limit = 1000, offset: Offset = 0) -> Response:
    """Return the keys in use with their values, by key, from the offset-th on."""
    _require(world)
    found: dict[str, set[str]] = {}
    with world.at_once():
        for tags in world.tags.all():
            for key, value in tags.items():
                found.setdefault(key, set()).add(value)
    page = sorted(found)[offset : offset + limit]
    return json_response({"tags": [{"key": key, "values": sorted(found[key])} for key in page]})


def _change(world: World, job_id: str, change: Callable[[], Answer]) -> Response:
    _require(world)
    if change() is Answer.NOT_FOUND:
        raise job_not_found(job_id, world.switches.not_found_style)
    return Response(status_code=204)


def _require(world: World) -> None:
    if world.switches.tags == "absent":
        raise unknown_path()


def show_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Write tags as the platform does."""
    return [{"key": key, "value": value} for key, value in tags.items()]
