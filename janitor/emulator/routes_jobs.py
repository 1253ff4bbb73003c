"""Owns the v2 training-job routes: list, details, delete, batch delete, terminate (modelarts-api.md §1.2 rows 1 to 5)."""

from typing import Any, Literal

from fastapi import FastAPI
from starlette.responses import Response

from janitor.emulator.batch import delete_batch, parse_batch
from janitor.emulator.caller import json_response
from janitor.emulator.document import Job
from janitor.emulator.listing import JobAnswer, PageAnswer, build_page, parse_object, parse_search, render_job
from janitor.emulator.refusal import (
    RefusedError,
    delete_conflict,
    delete_forbidden,
    job_not_found,
    unknown_path,
    wrong_method,
)
from janitor.emulator.registry import JobId, RawBody, TheActor, TheWorld, add_route
from janitor.emulator.search_schema import ACTION as ACTION_BODY
from janitor.emulator.search_schema import BATCH as BATCH_BODY
from janitor.emulator.search_schema import SEARCH as SEARCH_BODY
from janitor.emulator.search_schema import body_of
from janitor.emulator.world import Answer, World

SEARCHES = "/v2/{project_id}/training-job-searches"
BATCH = "/v2/{project_id}/training-jobs/batch-delete"
JOB = "/v2/{project_id}/training-jobs/{job_id}"


def register(app: FastAPI) -> None:
    """Add the routes; their names are what faults and request records call them."""
    search, batch, action = (body_of(schema) for schema in (SEARCH_BODY, BATCH_BODY, ACTION_BODY))
    accepted: dict[str, Any] = {"status_code": 202, "response_model": Literal[""] | None}
    stopping: dict[str, Any] = {"status_code": 202, "response_model": JobAnswer}
    add_route(app, f"POST {SEARCHES}", list_jobs, name="list", response_model=PageAnswer, openapi_extra=search)
    add_route(app, f"POST {BATCH}", delete_jobs, name="batch_delete", openapi_extra=batch, **accepted)
    add_route(app, f"GET {JOB}", get_job, name="get", response_model=JobAnswer)
    add_route(app, f"DELETE {JOB}", delete_job, name="delete", **accepted)
    add_route(app, f"POST {JOB}/actions", terminate_job, name="terminate", openapi_extra=action, **stopping)


async def list_jobs(world: TheWorld, body: RawBody) -> Response:
    """Return one page of the jobs that match the body."""
    search = parse_search(body)
    if search.workspace not in world.workspaces() and world.switches.honour_workspace:
        raise RefusedError(400, "ModelArts.7005", "The workspace does not exist.")
    return json_response(build_page(world, search))


async def get_job(world: TheWorld, job_id: JobId) -> Response:
    """Return one job."""
    return json_response(_show(world, job_id))


async def delete_job(world: TheWorld, job_id: JobId, actor: TheActor) -> Response:
    """Accept the deletion of one job; 202 means that it will happen, not that it has (§7 trap 3)."""
    if job_id in world.switches.forbidden_ids:
        raise delete_forbidden()
    answer = world.delete(job_id, actor)
    if answer is Answer.NOT_FOUND:
        raise job_not_found(job_id, world.switches.not_found_style)
    if answer is Answer.CONFLICT:
        raise delete_conflict()
    return _accepted(world)


async def delete_jobs(world: TheWorld, body: RawBody, actor: TheActor) -> Response:
    """Accept the deletion of up to 100 jobs, or say which error the first of them met; never a result per job."""
    mode = world.switches.batch_mode
    if mode in ("absent", "absent_405"):
        raise unknown_path() if mode == "absent" else wrong_method()
    delete_batch(world, parse_batch(parse_object(body)), actor)
    return _accepted(world)


async def terminate_job(world: TheWorld, job_id: JobId, body: RawBody, actor: TheActor) -> Response:
    """Stop an active job; the answer shows it as Terminating."""
    if parse_object(body).get("action_type") != "terminate":
        raise RefusedError(400, "ModelArts.2812", "Invalid action_type: terminate is expected.")
    before = _show(world, job_id)
    if world.terminate(job_id, actor) is not Answer.ACCEPTED:
        raise RefusedError(409, "ModelArts.2796", "The job cannot be terminated.")
    status = before["status"] | {"phase": "Terminating", "secondary_phase": "Terminating"}
    return json_response(dict(before) | {"status": status}, 202)


def _accepted(world: World) -> Response:
    body = world.switches.empty_202
    return Response(body, status_code=202, media_type="application/json" if body else None)


def _show(world: World, job_id: str) -> Job:
    job = world.get(job_id)
    if job is None:
        raise job_not_found(job_id, world.switches.not_found_style)
    return render_job(job, world.switches)
