"""Owns the IAM call that tells whose project a key belongs to (modelarts-api.md §1.7, §4.5).

The project id and the region name are all that a client can learn here.
"""

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.registry import TheWorld, add_route

BUILT_IN = ("m05000000000000000000000000000b5", "MOS")
"""A project of the object store that every account has and no client should mistake for its own."""


class Project(BaseModel):
    """One project."""

    id: str
    name: str


class Projects(BaseModel):
    """The projects that a key sees."""

    projects: list[Project]
    links: dict[str, str | None]


def register(app: FastAPI) -> None:
    """Add the route."""
    add_route(app, "GET /v3/projects", list_projects, name="identity", response_model=Projects)


async def list_projects(world: TheWorld, request: Request, name: str | None = None) -> Response:
    """Return the account's projects, or only that of the given name."""
    known = ((world.account.project_id, world.account.project_name), BUILT_IN)
    projects = [_project(world.account.domain_id, *pair) for pair in known if name in (None, pair[1])]
    links = {"self": str(request.url), "previous": None, "next": None}
    return json_response({"projects": projects, "links": links})


def _project(domain_id: str, project_id: str, name: str) -> dict[str, object]:
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
