"""Owns the questions whether a region has certain routes; asks each by a request that cannot change anything."""

from janitor.modelarts.call import Call, RouteKind, Sender
from janitor.modelarts.errors import ProtocolError
from janitor.modelarts.signing import canonical_query
from janitor.modelarts.v2 import is_workspace_id, require_project_id

_NO_BATCH = b'{"jobs":[{"kind":"none","metadata":{"id":"none"}}'
"""A body that breaks off, so that it is no JSON: see `ask_batch_route`."""


class Probes:
    """The routes of one project that not every region and edition has."""

    def __init__(self, transport: Sender, project_id: str) -> None:
        self._transport = transport
        self._project_id = require_project_id(project_id)

    def ask_batch_route(self) -> None:
        """Ask for a batch delete of nothing, in words that no server can carry out; only the error is of interest.

        No request without a body will do: the path is that of a job for every other method. A well-formed body with an empty
        `jobs`, or without it, names no job either, and yet a careless server might build a condition from the ids it got and,
        having got none, leave the condition out. So the body breaks off in the middle. Nothing can be read from it, and it is
        refused before anything is looked for; a reader that mended it would find one job of a kind that does not exist, whose
        id is none (ids are UUIDs): never an empty list, never a job. The documented body needs `jobs`, and for each `kind` and
        `metadata.id` (docs/modelarts-api.md, batch delete).

        It is sent as a change, so it is never repeated after an unclear answer, and counted as `other`: it deletes nothing.
        Raises RouteAbsent where there is no such route, PermissionDenied where these credentials may not use it, and, where
        there is one, Rejected or OutcomeUnknown with status 400. A success means that the answer came from something else.
        """
        call = Call(
            kind=RouteKind.OTHER,
            method="POST",
            path=f"/v2/{self._project_id}/training-jobs/batch-delete",
            body=_NO_BATCH,
            project_id=self._project_id,
            mutates=True,
        )
        self._transport.send(call)

    def ask_tag_routes(self, workspace_id: str) -> None:
        """Read one job of a workspace with its tags; raises RouteAbsent where the platform says that it has no such route.

        The route is that by which tags are read for many jobs at once (docs/modelarts-api.md, endpoint table, row 12).
        """
        if not is_workspace_id(workspace_id):
            raise ValueError(f"{workspace_id!r:.100} is not a workspace id")
        call = Call(
            kind=RouteKind.OTHER,
            method="POST",
            path=f"/v2/{self._project_id}/modelarts-training-job/resource-instances/filter",
            query=canonical_query([("limit", 1), ("offset", 0)]),
            body=b'{"workspace_id":"%s"}' % workspace_id.encode(),
            project_id=self._project_id,
            absent_by_code=True,
        )
        document = self._transport.send(call).document
        if not isinstance(document, dict) or not isinstance(document.get("resources"), list):
            raise ProtocolError("the answer about tags has no list of jobs")

    def ask_tags_of_project(self) -> None:
        """Read one of all the tags in use; raises RouteAbsent where the platform says that it has no such route (row 14)."""
        call = Call(
            kind=RouteKind.OTHER,
            method="GET",
            path=f"/v2/{self._project_id}/modelarts-training-job/tags",
            query=canonical_query([("limit", 1), ("offset", 0)]),
            project_id=self._project_id,
            absent_by_code=True,
        )
        self._transport.send(call)
