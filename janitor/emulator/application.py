"""Owns the assembly: which routes exist, and the pipeline in front of them."""

from functools import cache
from typing import get_args

from fastapi import FastAPI
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator import (
    control,
    routes_creation,
    routes_events,
    routes_identity,
    routes_jobs,
    routes_login,
    routes_metadata,
    routes_quotas,
    routes_tag_search,
    routes_tags,
    routes_v1,
    routes_workspaces,
)
from janitor.emulator.caller import received_of
from janitor.emulator.faults import FaultScript, IdentityRoute
from janitor.emulator.journal import Journal
from janitor.emulator.pipeline import Pipeline
from janitor.emulator.refusal import IamRefusedError, RefusedError, bad_body, bad_parameter
from janitor.emulator.refusal_v1 import is_v1, refusal_reply_v1
from janitor.emulator.reply import refusal_reply
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1

_ROUTES = (
    *(routes_jobs, routes_creation, routes_events, routes_tags, routes_tag_search),
    *(routes_quotas, routes_workspaces, routes_identity, routes_login, routes_metadata, routes_v1, control),
)
_IAM = frozenset(get_args(IdentityRoute))
"""The routes whose refusals have IAM's shape."""


def build_application(world: World, v1: WorldV1, faults: FaultScript, journal: Journal) -> Pipeline:
    """Build the ASGI application of an emulator."""
    return Pipeline(build_router(), world, v1, faults, journal)


@cache
def build_router() -> FastAPI:
    """Build the table of routes, once for all emulators, as it takes far longer than all the rest.

    It keeps nothing of its own: what a route works on comes with each request.
    """
    router = FastAPI(
        title="ModelArts v2 and v1 (emulated)",
        openapi_url=f"{control.PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for routes in _ROUTES:
        routes.register(router)
    for kind, handler in ((RefusedError, _refuse), (RequestValidationError, _refuse_invalid), (HTTPException, _refuse_unread)):
        router.add_exception_handler(kind, handler)
    return router


async def _refuse_invalid(request: Request, error: Exception) -> Response:
    """Answer what a parameter or a body's field may not be; the events have a code of their own for it (§1.2 row 8)."""
    if not isinstance(error, RequestValidationError):
        raise error
    place, problem = error.errors()[0]["loc"], error.errors()[0]["msg"]
    if request.scope["route"].name in _IAM:
        return await _refuse(request, IamRefusedError(400, f"{place[-1]}: {problem}"))
    detail = f"{'.'.join(str(part) for part in place[1:])}: {problem}"
    refused = bad_body(detail) if place[0] == "body" else bad_parameter(detail)
    if request.scope["route"].name == "events":
        refused.code = routes_events.BAD_QUERY
    return await _refuse(request, refused)


async def _refuse_unread(request: Request, error: Exception) -> Response:
    """Answer a body that could not even be decoded; an unknown path or method gets here on a control route only."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code != 400:
        return await http_exception_handler(request, error)
    is_iam = request.scope["route"].name in _IAM
    return await _refuse(request, IamRefusedError(400, "The body is no JSON.") if is_iam else bad_body("it is no JSON"))


async def _refuse(request: Request, error: Exception) -> Response:
    """Turn a route's refusal into its answer."""
    if not isinstance(error, RefusedError):
        raise error
    if is_v1(request.scope["route"].name):
        reply = refusal_reply_v1(error, request.state.world.switches)
    else:
        reply = refusal_reply(error, received_of(request).request_id)
    return Response(reply.body, status_code=reply.status, headers=dict(reply.headers))
