"""Owns the listing of a project's workspaces; says nothing about the jobs in them."""

from typing import Any

from janitor.modelarts.call import Call, RouteKind, Sender
from janitor.modelarts.errors import ListingIncomplete, Misconfigured, ProtocolError
from janitor.modelarts.signing import canonical_query
from janitor.modelarts.v2 import is_workspace_id, require_project_id

DEFAULT_WORKSPACE = "0"
_LIMIT = 1000
_MOST_PAGES = 100
_NOT_ENABLED = "ModelArts.7002"


class Workspaces:
    """The workspaces of one project."""

    def __init__(self, transport: Sender, project_id: str) -> None:
        self._transport = transport
        self._project_id = require_project_id(project_id)

    def list_workspace_ids(self) -> tuple[str, ...]:
        """All workspace ids; the default one alone where the account has no workspaces."""
        found = self.find_workspace_ids()
        return (DEFAULT_WORKSPACE,) if found is None else found

    def find_workspace_ids(self) -> tuple[str, ...] | None:
        """All workspace ids; None where workspaces are not enabled for the account.

        Raises ListingIncomplete unless the platform's own total equals what was found (docs/modelarts-api.md, endpoint table).
        """
        found: dict[str, None] = {}
        for _ in range(_MOST_PAGES):
            try:
                document = self._page(len(found))
            except Misconfigured as error:
                if error.code == _NOT_ENABLED and not found:
                    return None
                raise
            before = len(found)
            found |= dict.fromkeys(_ids(document))
            total = document.get("total_count")
            if isinstance(total, int) and not isinstance(total, bool) and total == len(found):
                return tuple(found)
            if len(found) == before:
                break
        raise ListingIncomplete(f"the list of workspaces does not add up: {len(found)} found")

    def _page(self, offset: int) -> dict[str, Any]:
        query = canonical_query([("offset", offset), ("limit", _LIMIT), ("sort_by", "name"), ("order", "asc")])
        path = f"/v1/{self._project_id}/workspaces"
        call = Call(kind=RouteKind.OTHER, method="GET", path=path, query=query, project_id=self._project_id)
        document = self._transport.send(call).document
        if not isinstance(document, dict):
            raise ProtocolError("the list of workspaces is not an object")
        return document


def _ids(document: dict[str, Any]) -> list[str]:
    workspaces = document.get("workspaces")
    if not isinstance(workspaces, list):
        raise ProtocolError("the list of workspaces has no list of them")
    ids = [workspace.get("id") if isinstance(workspace, dict) else None for workspace in workspaces]
    if not all(is_workspace_id(value) for value in ids):
        raise ProtocolError("a workspace has no id")
    return [str(value) for value in ids]
