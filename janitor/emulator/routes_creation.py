"""Owns the routes that make and describe a job, and tell whether a name is free (modelarts-api.md §1.2 rows 6, 7, 17)."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.creation import NAME, NewJob, build_created
from janitor.emulator.document import Job, text_of
from janitor.emulator.listing import JobAnswer, render_job
from janitor.emulator.refusal import RefusedError, job_not_found
from janitor.emulator.registry import JobId, TheActor, TheWorld, add_route
from janitor.emulator.world import Answer, World

JOBS = "/v2/{project_id}/training-jobs"
NAMES = "/v2/{project_id}/training-job-names"


class NewDescription(BaseModel):
    """The body of an update."""

    model_config = ConfigDict(strict=True)
    description: str = Field(max_length=256)


class Taken(BaseModel):
    """Whether a name is in use."""

    is_duplicate: bool


@dataclass(frozen=True, slots=True)
class _Called:
    """The condition that a job has this name."""

    name: str

    def __call__(self, job: Job) -> bool:
        return text_of(job, "metadata", "name") == self.name


def register(app: FastAPI) -> None:
    """Add the routes."""
    add_route(app, f"POST {JOBS}", create_job, name="create", status_code=201, response_model=JobAnswer)
    add_route(app, f"PUT {JOBS}/{{job_id}}", describe_job, name="update", response_model=None)
    add_route(app, f"GET {NAMES}", check_name, name="name", response_model=Taken)


async def create_job(world: TheWorld, actor: TheActor, body: NewJob) -> Response:
    """Create a job; it waits in phase Creating for what the switches let happen next."""
    workspace = body.metadata.workspace_id
    with world.at_once() as now:
        _require(world, workspace)
        if _is_taken(world, body.metadata.name, workspace):
            raise RefusedError(400, "ModelArts.2751", "The job name already exists.", "Choose another name.")
        if world.count() >= world.quotas.limit(world.switches.quota_limit):
            raise RefusedError(400, "ModelArts.2815", "The quota of training jobs is used up.", "Delete some jobs.")
        job = build_created(body, world.account, now)
        world.add(job, actor)
        return json_response(render_job(job, world.switches), 201)


async def describe_job(world: TheWorld, job_id: JobId, actor: TheActor, body: NewDescription) -> Response:
    """Change a job's description; the answer is null."""
    if world.describe(job_id, body.description, actor) is Answer.NOT_FOUND:
        raise job_not_found(job_id, world.switches.not_found_style)
    return json_response(None)


async def check_name(world: TheWorld, job_name: Annotated[str, Query(pattern=NAME)], workspace_id: str = "0") -> Response:
    """Tell whether a job of the workspace has a name."""
    with world.at_once():
        _require(world, workspace_id)
        return json_response({"is_duplicate": _is_taken(world, job_name, workspace_id)})


def _require(world: World, workspace: str) -> None:
    if workspace not in world.workspaces():
        raise RefusedError(400, "ModelArts.7005", "The workspace does not exist.")


def _is_taken(world: World, name: str, workspace: str) -> bool:
    return bool(world.find(workspace, (_Called(name),)))
