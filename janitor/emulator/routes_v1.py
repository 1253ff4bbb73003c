"""Owns the routes of the first generation (modelarts-api.md §1.6 rows 1 to 7)."""

from typing import Annotated, Any

from fastapi import FastAPI, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.document_v1 import JobV1, Version, version_of
from janitor.emulator.listing_v1 import ListQuery, VersionsQuery, build_page_v1, build_version, build_versions
from janitor.emulator.refusal import RefusedError, delete_conflict, delete_forbidden
from janitor.emulator.refusal_v1 import not_found_v1
from janitor.emulator.registry import ERRORS, ErrorBody, TheActor, TheV1, TheWorld, add_route
from janitor.emulator.world import Answer, World
from janitor.emulator.world_v1 import WorldV1

JOBS = "/v1/{project_id}/training-jobs"
JOB = JOBS + "/{job_id}"
VERSION = JOB + "/versions/{version_id}"
Id = Annotated[str, Path(pattern="^[1-9][0-9]{0,18}$")]
"""A whole number in its one spelling; anything else, such as a UUID, is a bad parameter."""


class Failure(BaseModel):
    """A refusal; its text stands under one of two names."""

    is_success: bool
    error_code: str
    error_message: str | None = None
    error_msg: str | None = None


class Done(BaseModel):
    """A success that says no more."""

    is_success: bool


class Row(BaseModel):
    """A job, as the list shows it."""

    job_id: int
    job_name: str
    job_desc: str
    version_id: int
    version_count: int
    status: int | str
    create_time: int
    duration: int
    user: dict[str, str]


class Page(Done):
    """One page of jobs."""

    quotas: int
    job_total_count: int
    job_count_limit: int
    jobs: list[Row]


class ShownVersion(BaseModel):
    """A version, as far as its shape is promised."""

    version_id: int
    version_name: str
    pre_version_id: int
    status: int | str
    create_time: int
    start_time: int
    duration: int
    train_url: str
    log_url: str


class Head(Done):
    """The job that versions are of."""

    job_id: int
    job_name: str
    job_desc: str


class Versions(Head):
    """Versions of a job."""

    version_count: int
    versions: list[ShownVersion]


class Details(Head, ShownVersion):
    """One version, with its job."""


class Description(BaseModel):
    """The body of a change."""

    model_config = ConfigDict(strict=True)
    job_desc: str = Field(max_length=256)


def register(app: FastAPI) -> None:
    """Add the routes; every one may refuse with HTTP 200."""
    for line, endpoint, name, answer in (
        (f"GET {JOBS}", list_jobs, "v1_list", Page),
        (f"GET {JOB}/versions", list_versions, "v1_versions", Versions),
        (f"GET {VERSION}", get_version, "v1_version", Details),
        (f"DELETE {JOB}", delete_job, "v1_delete", Done),
        (f"DELETE {VERSION}", delete_version, "v1_delete_version", Done),
        (f"POST {VERSION}/stop", stop_version, "v1_stop", Done),
        (f"PUT {JOB}", describe_job, "v1_update", Done),
    ):
        errors: dict[int | str, Any] = {status: {"model": Failure | ErrorBody} for status in ERRORS}
        add_route(app, line, endpoint, name=name, response_model=answer | Failure, responses=errors)


async def list_jobs(world: TheWorld, v1: TheV1, query: Annotated[ListQuery, Query()]) -> Response:
    """Return one page of the jobs that match the query."""
    if query.workspace_id not in world.workspaces() and world.switches.honour_workspace:
        raise RefusedError(400, "ModelArts.7005", "The workspace does not exist.")
    return json_response(build_page_v1(world, v1, query))


async def list_versions(world: TheWorld, v1: TheV1, job_id: Id, query: Annotated[VersionsQuery, Query()]) -> Response:
    """Return the versions of a job."""
    return json_response(build_versions(_job(world, v1, job_id), query, world.switches))


async def get_version(world: TheWorld, v1: TheV1, job_id: Id, version_id: Id) -> Response:
    """Return one version of a job."""
    with world.at_once():
        job = _job(world, v1, job_id)
        return json_response(build_version(job, _version(world, job, version_id), world.switches))


async def delete_job(world: TheWorld, v1: TheV1, job_id: Id, actor: TheActor) -> Response:
    """Accept the deletion of a job with all of its versions; success means that it will happen, not that it has."""
    if job_id in world.switches.forbidden_ids:
        raise delete_forbidden()
    return _answer(world, job_id, v1.delete(int(job_id), actor), delete_conflict())


async def delete_version(world: TheWorld, v1: TheV1, job_id: Id, version_id: Id, actor: TheActor) -> Response:
    """Accept the deletion of one version; with the last one the job goes too."""
    if job_id in world.switches.forbidden_ids:
        raise delete_forbidden()
    return _answer(world, version_id, v1.delete(int(job_id), actor, int(version_id)), delete_conflict())


async def stop_version(world: TheWorld, v1: TheV1, job_id: Id, version_id: Id, actor: TheActor) -> Response:
    """Stop a running version."""
    refused = RefusedError(409, "ModelArts.2796", "The job cannot be terminated.")
    return _answer(world, version_id, v1.stop(int(job_id), int(version_id), actor), refused)


async def describe_job(world: TheWorld, v1: TheV1, job_id: Id, body: Description, actor: TheActor) -> Response:
    """Change a job's description."""
    return _answer(world, job_id, v1.describe(int(job_id), body.job_desc, actor), delete_conflict())


def _job(world: World, v1: WorldV1, job_id: str) -> JobV1:
    job = v1.get(int(job_id))
    if job is None:
        raise not_found_v1(job_id, world.switches)
    return job


def _version(world: World, job: JobV1, version_id: str) -> Version:
    version = version_of(job, int(version_id))
    if version is None:
        raise not_found_v1(version_id, world.switches)
    return version


def _answer(world: World, asked_for: str, answer: Answer, conflict: RefusedError) -> Response:
    if answer is Answer.NOT_FOUND:
        raise not_found_v1(asked_for, world.switches)
    if answer is Answer.CONFLICT:
        raise conflict
    return json_response({"is_success": True})
