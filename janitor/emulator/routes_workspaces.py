"""Owns the list of workspaces (modelarts-api.md §1.2 row 18)."""

from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.refusal import RefusedError
from janitor.emulator.registry import TheWorld, add_route
from janitor.emulator.world import World

CREATED_MS = 1735689600000
WORKSPACES = "/v1/{project_id}/workspaces"


class WorkspaceQuery(BaseModel):
    """Which workspaces are wanted, in which order; every one of them is accessible here."""

    offset: int = Field(default=0, ge=0, le=2**31 - 1)
    limit: int = Field(default=1000, ge=1, le=1000)
    sort_by: Literal["name", "update_time", "status"] = "name"
    order: Literal["asc", "desc"] = "desc"
    name: str = ""
    filter_accessible: bool = False
    enterprise_project_id: str | None = None

    def wants(self, workspace: dict[str, Any]) -> bool:
        """Tell whether a workspace is asked for."""
        is_named = self.name in workspace["name"]
        return is_named and self.enterprise_project_id in (None, workspace["enterprise_project_id"])


class ShownWorkspace(BaseModel):
    """One workspace."""

    id: str
    name: str
    status: str


class ShownWorkspaces(BaseModel):
    """One page of workspaces."""

    total_count: int
    count: int
    workspaces: list[ShownWorkspace]


def register(app: FastAPI) -> None:
    """Add the route."""
    add_route(app, f"GET {WORKSPACES}", list_workspaces, name="workspaces", response_model=ShownWorkspaces)


async def list_workspaces(world: TheWorld, query: Annotated[WorkspaceQuery, Query()]) -> Response:
    """Return one page of the workspaces; its offset counts what the job list's offset counts."""
    if not world.switches.workspaces_enabled:
        raise RefusedError(400, "ModelArts.7002", "The workspace feature is not enabled for this account.")
    known = [each for id_ in world.workspaces() if query.wants(each := _workspace(world, id_))]
    known.sort(key=lambda each: (each[query.sort_by], each["id"]), reverse=query.order == "desc")
    first = query.offset * query.limit if world.switches.offset_mode == "page" else query.offset
    page = known[first : first + query.limit]
    return json_response({"total_count": len(known), "count": len(page), "workspaces": page})


def _workspace(world: World, workspace_id: str) -> dict[str, Any]:
    return {
        "id": workspace_id,
        "name": "default" if workspace_id == "0" else f"team-{workspace_id[:8]}",
        "description": "",
        "status": "NORMAL",
        "auth_type": "PUBLIC",
        "owner": world.account.project_name,
        "create_time": CREATED_MS,
        "update_time": CREATED_MS,
        "enterprise_project_id": "0",
    }
