"""Owns how a route is added and what its function is given; every route describes its parameters and errors for OpenAPI."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Query
from pydantic import BaseModel
from starlette.requests import Request

from janitor.emulator.actor import Actor
from janitor.emulator.caller import actor_of, principal_of, received_of
from janitor.emulator.faults import FaultScript
from janitor.emulator.journal import Journal
from janitor.emulator.principal import Principal
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1

Endpoint = Callable[..., Any]
_PROJECT_ID = {"pattern": "^[0-9A-Za-z-]{1,64}$"}
_JOB_ID = {"format": "uuid"}


class IamError(BaseModel):
    """What IAM says is wrong; `code` repeats the status."""

    message: str
    code: int
    title: str


class IamErrorBody(BaseModel):
    """The body of a refusal by IAM or the metadata service."""

    error: IamError


class ErrorBody(BaseModel):
    """The body of a refusal."""

    error_code: str
    error_msg: str
    error_solution: str | None = None
    request_id: str | None = None


ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 401, 403, 404, 405, 409)}
IAM_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": IamErrorBody | ErrorBody} for status in (400, 401, 403, 404, 405)
}
"""What is wrong with a signature or the method, the gateway says in its own words."""


async def _world(request: Request) -> Any:
    return request.state.world


async def _v1(request: Request) -> Any:
    return request.state.v1


async def _faults(request: Request) -> Any:
    return request.state.faults


async def _journal(request: Request) -> Any:
    return request.state.journal


async def _actor(request: Request) -> Actor:
    return actor_of(received_of(request))


async def _principal(request: Request) -> Principal | None:
    return principal_of(request)


async def _body(request: Request) -> bytes:
    return received_of(request).body


TheWorld = Annotated[World, Depends(_world)]
TheV1 = Annotated[WorldV1, Depends(_v1)]
TheFaults = Annotated[FaultScript, Depends(_faults)]
TheJournal = Annotated[Journal, Depends(_journal)]
TheActor = Annotated[Actor, Depends(_actor)]
"""The request, as the cause of what it changes."""
ThePrincipal = Annotated[Principal | None, Depends(_principal)]
"""Whom the request is for; None on a route that asks nobody who they are."""
RawBody = Annotated[bytes, Depends(_body)]
JobId = Annotated[str, Path(json_schema_extra=dict(_JOB_ID))]
"""One that is no UUID is just a job that does not exist."""
Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1)]


async def _in_project(project_id: Annotated[str, Path(json_schema_extra=dict(_PROJECT_ID))]) -> None:
    """Describe the project id; the pipeline has checked it."""


def add_route(app: FastAPI, line: str, endpoint: Endpoint, *, name: str, **details: Any) -> None:
    """Add the route of a line such as "GET /v2/{project_id}/x"; its name is what faults and request records call it.

    `responses` adds to the errors that every route may answer, or describes them otherwise.
    """
    method, path = line.split(" ")
    dependencies = [Depends(_in_project)] if "{project_id}" in path else []
    responses = ERRORS | details.pop("responses", {})
    app.add_api_route(path, endpoint, methods=[method], name=name, dependencies=dependencies, responses=responses, **details)
