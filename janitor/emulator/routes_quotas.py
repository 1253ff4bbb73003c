"""Owns the reading of quotas (modelarts-api.md §1.2 row 15)."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.refusal import RefusedError, unknown_path
from janitor.emulator.world import World

JOBS = "job-num"


class QuotaRoutes:
    """Answers for the number of jobs in one world, those on their way out included."""

    def __init__(self, world: World) -> None:
        self._world = world

    def register(self, app: FastAPI) -> None:
        """Add the route."""
        app.add_api_route("/v2/{project_id}/training-quotas", self.list_quotas, methods=["GET"], name="quota")

    async def list_quotas(self, request: Request) -> Response:
        """Return the quota of jobs; no other resource has one here."""
        switches = self._world.switches
        if switches.quota == "absent":
            raise unknown_path()
        if switches.quota == "refused":
            raise RefusedError(403, "ModelArts.0108", "The user is not authorized to read quotas.")
        if request.query_params.get("resource", JOBS) != JOBS:
            raise RefusedError(400, "ModelArts.0104", "Invalid query parameter resource.")
        row = {"resource": JOBS, "quota": switches.quota_limit, "used": len(self._world.jobs())}
        return json_response({"quotas": [row]})
