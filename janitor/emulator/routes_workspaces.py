"""Owns the list of workspaces (modelarts-api.md §1.2 row 18)."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.refusal import RefusedError
from janitor.emulator.world import World

CREATED_MS = 1735689600000


class WorkspaceRoutes:
    """Answers for the workspaces that one world's jobs are in."""

    def __init__(self, world: World) -> None:
        self._world = world

    def register(self, app: FastAPI) -> None:
        """Add the route."""
        app.add_api_route("/v1/{project_id}/workspaces", self.list_workspaces, methods=["GET"], name="workspaces")

    async def list_workspaces(self, request: Request) -> Response:
        """Return the workspaces, by name, from the offset-th record on."""
        if not self._world.switches.workspaces_enabled:
            raise RefusedError(400, "ModelArts.7002", "The workspace feature is not enabled for this account.")
        offset = _whole_number(request, "offset", 0, range(2**31))
        limit = _whole_number(request, "limit", 1000, range(1, 1001))
        known = sorted((self._workspace(id_) for id_ in self._world.workspaces()), key=lambda each: str(each["name"]))
        if request.query_params.get("order", "desc") == "desc":
            known.reverse()
        matching = [each for each in known if request.query_params.get("name", "") in str(each["name"])]
        page = matching[offset : offset + limit]
        return json_response({"total_count": len(matching), "count": len(page), "workspaces": page})

    def _workspace(self, workspace_id: str) -> dict[str, object]:
        return {
            "id": workspace_id,
            "name": "default" if workspace_id == "0" else f"team-{workspace_id[:8]}",
            "description": "",
            "status": "NORMAL",
            "auth_type": "PUBLIC",
            "owner": self._world.account.project_name,
            "create_time": CREATED_MS,
            "update_time": CREATED_MS,
            "enterprise_project_id": "0",
        }


def _whole_number(request: Request, name: str, default: int, allowed: range) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) not in allowed:
        raise RefusedError(400, "ModelArts.0104", f"Invalid query parameter {name}.")
    return int(text)
