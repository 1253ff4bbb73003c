"""Owns the IAM call that tells whose project a key belongs to (modelarts-api.md §1.7, §4.5)."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator.account import Account
from janitor.emulator.caller import json_response

BUILT_IN = ("m05000000000000000000000000000b5", "MOS")
"""A project of the object store that every account has and no client should mistake for its own."""


class IdentityRoutes:
    """Answers for one account; the project id and the region name are all that a client can learn here."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def register(self, app: FastAPI) -> None:
        """Add the route."""
        app.add_api_route("/v3/projects", self.list_projects, methods=["GET"], name="identity")

    async def list_projects(self, request: Request) -> Response:
        """Return the account's projects, or only that of the given name."""
        wanted = request.query_params.get("name")
        known = ((self._account.project_id, self._account.project_name), BUILT_IN)
        projects = [self._project(*pair) for pair in known if wanted in (None, pair[1])]
        links = {"self": str(request.url), "previous": None, "next": None}
        return json_response({"projects": projects, "links": links})

    def _project(self, project_id: str, name: str) -> dict[str, object]:
        domain = self._account.domain_id
        return {
            "id": project_id,
            "name": name,
            "domain_id": domain,
            "parent_id": domain,
            "enabled": True,
            "is_domain": False,
            "description": "",
            "links": {"self": f"/v3/projects/{project_id}"},
        }
