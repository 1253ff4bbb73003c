"""Owns the look-up of projects at the identity service; chooses none."""

from typing import Any

from janitor.modelarts.call import Call, RouteKind, Sender
from janitor.modelarts.errors import ListingIncomplete, ProtocolError
from janitor.modelarts.signing import canonical_query


class Iam:
    """The identity service, over a transport to the IAM endpoint."""

    def __init__(self, transport: Sender) -> None:
        self._transport = transport

    def get_projects(self, name: str | None = None) -> tuple[dict[str, Any], ...]:
        """The projects this key sees, or those of exactly this name; each has a text `id` and `name`.

        Source: docs/modelarts-api.md, project lookup. Raises ListingIncomplete where there are more than one page of them.
        """
        query = canonical_query([("name", name)] if name is not None else [])
        document = self._transport.send(Call(kind=RouteKind.OTHER, method="GET", path="/v3/projects", query=query)).document
        projects = document.get("projects") if isinstance(document, dict) else None
        if not isinstance(projects, list) or not all(_is_project(project) for project in projects):
            raise ProtocolError("the list of projects is not one of objects with id and name")
        links = document.get("links")
        if isinstance(links, dict) and links.get("next"):
            raise ListingIncomplete("there are more projects than one page; give the project's name")
        return tuple(project for project in projects if name is None or project["name"] == name)


def _is_project(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), str) and value[key] for key in ("id", "name"))
