"""Owns the IAM calls that tell whose project a credential belongs to (modelarts-api.md §1.7, §4.5).

The project id and the region name are all that a client can learn here.
"""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.registry import IAM_ERRORS, ThePrincipal, TheWorld, add_route

BUILT_IN = ("m05000000000000000000000000000b5", "MOS")
"""A project of the object store that every account has and no client should mistake for its own."""


class ShownProject(BaseModel):
    """One project."""

    id: str
    name: str


class Projects(BaseModel):
    """The projects that a credential sees."""

    projects: list[ShownProject]
    links: dict[str, str | None]


def register(app: FastAPI) -> None:
    """Add the routes."""
    add_route(app, "GET /v3/projects", list_projects, name="identity", response_model=Projects, responses=IAM_ERRORS)
    add_route(
        app, "GET /v3/auth/projects", list_own_projects, name="auth_projects", response_model=Projects, responses=IAM_ERRORS
    )


async def list_projects(world: TheWorld, principal: ThePrincipal, request: Request, name: str | None = None) -> Response:
    """Return the projects of the credential's account, or only that of the given name."""
    return _answer(world, principal, request, name)


async def list_own_projects(world: TheWorld, principal: ThePrincipal, request: Request) -> Response:
    """Return the projects in which the credential's user may do something: here those of the account."""
    return _answer(world, principal, request, None)


def _answer(world: TheWorld, principal: ThePrincipal, request: Request, name: str | None) -> Response:
    project = (principal and principal.project) or world.identity.project
    known = ((project.id, project.name), BUILT_IN)
    projects = [_project(world.account.domain_id, *pair) for pair in known if name in (None, pair[1])]
    links = {"self": str(request.url), "previous": None, "next": None}
    return json_response({"projects": projects, "links": links})


def _project(domain_id: str, project_id: str, name: str) -> dict[str, Any]:
    return {
        "id": project_id,
        "name": name,
        "domain_id": domain_id,
        "parent_id": domain_id,
        "enabled": True,
        "is_domain": False,
        "description": "",
        "links": {"self": f"/v3/projects/{project_id}"},
    }
