"""Owns the unsigned routes under /_emulator/v1/, and the changes of v1 jobs that a fault can script."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.registry import TheV1
from janitor.emulator.world_v1 import WorldV1

Change = Callable[[WorldV1], object]


def register(app: FastAPI, prefix: str) -> None:
    """Add the routes; they stay out of the OpenAPI document, and a mistake in a request is a 400 with its reason."""
    for path, method, endpoint in (
        ("/v1/jobs", "GET", list_jobs),
        ("/v1/jobs", "POST", add_jobs),
        ("/v1/jobs/{job_id}", "PATCH", change_job),
        ("/v1/jobs/{job_id}", "DELETE", remove_job),
        ("/v1/jobs/{job_id}/versions", "POST", add_version),
        ("/v1/jobs/{job_id}/versions/{version_id}", "PATCH", change_version),
        ("/v1/jobs/{job_id}/versions/{version_id}", "DELETE", remove_version),
    ):
        name = f"control {method} {path}"
        app.add_api_route(prefix + path, endpoint, methods=[method], include_in_schema=False, name=name)


async def list_jobs(v1: TheV1) -> Response:
    """Return every v1 job of every workspace with its versions, oldest first."""
    return json_response(v1.jobs())


async def add_jobs(request: Request, v1: TheV1) -> Response:
    """Add one job, or an array of jobs."""
    body = await request.json()
    for job in body if isinstance(body, list) else [body]:
        v1.add(job)
    return json_response({}, 201)


async def change_job(request: Request, v1: TheV1, job_id: str) -> Response:
    """Set fields of a job."""
    v1.change(int(job_id), **await request.json())
    return json_response(v1.get(int(job_id)))


async def remove_job(v1: TheV1, job_id: str) -> Response:
    """Let a third party delete a job."""
    v1.remove(int(job_id))
    return json_response({})


async def add_version(request: Request, v1: TheV1, job_id: str) -> Response:
    """Let somebody start another version, running unless the body has another `status`; return its id."""
    return json_response({"version_id": v1.add_version(int(job_id), **await request.json())}, 201)


async def change_version(request: Request, v1: TheV1, job_id: str, version_id: str) -> Response:
    """Set fields of a version, such as its status."""
    v1.change_version(int(job_id), int(version_id), **await request.json())
    return json_response(v1.get(int(job_id)))


async def remove_version(v1: TheV1, job_id: str, version_id: str) -> Response:
    """Let a third party delete a version."""
    v1.remove(int(job_id), int(version_id))
    return json_response({})


def parse_change_v1(document: dict[str, Any]) -> Change:
    """Read a change of the v1 jobs; `remove` and `change` mean one version where the object names a `version`."""
    match document:
        case {"add": dict(job)}:
            return lambda v1: v1.add(job)
        case {"add_version": int(job_id), "fields": dict(fields)}:
            return lambda v1: v1.add_version(job_id, **fields)
        case {"remove": int(job_id), **named}:
            return lambda v1: v1.remove(job_id, named.get("version"))
        case {"change": int(job_id), "version": int(version_id), "fields": dict(fields)}:
            return lambda v1: v1.change_version(job_id, version_id, **fields)
        case {"change": int(job_id), "fields": dict(fields)}:
            return lambda v1: v1.change(job_id, **fields)
        case _:
            known = "{add: job}, {add_version: id, fields: {...}}, {remove: id} or {change: id, fields: {...}}"
            raise ValueError(f"a change of v1 is {known}, the last two perhaps with a version")
