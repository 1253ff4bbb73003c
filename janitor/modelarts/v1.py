"""Owns the v1 routes of training jobs ("old version": integer ids, versions); decides nothing about which job may go."""

import json
from dataclasses import replace
from typing import Any

from janitor.modelarts.call import Call, Reply, RouteKind, Sender
from janitor.modelarts.errors import DoesNotAddUp, ListingIncomplete, ProtocolError
from janitor.modelarts.quotas import JobQuota
from janitor.modelarts.signing import canonical_query
from janitor.modelarts.v1_listing import PER_PAGE, Search, is_number, parse_page, parse_rows
from janitor.modelarts.v2 import DeleteAccepted, is_workspace_id, require_project_id
from janitor.modelarts.v2_listing import OffsetMemory, OffsetMode, Proof, collect
from janitor.modelarts.v2_page import Page

_DELETE_ACCEPTED = frozenset({200, 202})
_MOST_VERSION_PAGES = 16
_LONGEST_DESCRIPTION = 256
_ALL_AT_ONCE = 0  # of `page`: the route's word for "no paging"


class TrainingJobsV1:
    """The v1 training jobs of one project; ids are whole numbers, and text is refused before anything is sent."""

    def __init__(self, transport: Sender, project_id: str) -> None:
        self._transport = transport
        self._project_id = require_project_id(project_id)

    def list_page(self, search: Search = Search()) -> dict[str, Any]:  # noqa: B008 -- frozen, without state
        """One page of the job list as the platform sends it; this alone proves nothing about completeness."""
        if not is_workspace_id(search.workspace_id):
            raise ValueError(f"{search.workspace_id!r:.100} is not a workspace id")
        document = self._read(RouteKind.LIST, "training-jobs", search.query()).document
        parse_rows(document)
        return dict(document)

    def list_jobs(self, workspace_id: str, *, search_content: str = "", by_total: bool = False) -> tuple[dict[str, Any], ...]:
        """The row of every job of a workspace, oldest first, each once, proven complete.

        A row shows the status of one of its job's versions. `search_content` narrows it to names that hold this text. With
        `by_total` two readings that agree are no proof: a list that always leaves a job out agrees with itself. Raises
        ListingIncomplete where no proof is found, and any error of a page: there is no partial listing.
        """
        search = Search(workspace_id=workspace_id, search_content=search_content)

        def fetch(index: int) -> Page:
            return parse_page(self.list_page(replace(search, page=index + 1)), workspace_id=workspace_id)

        listed = collect(fetch, lambda row: row, OffsetMemory(mode=OffsetMode.PAGES))
        if by_total and listed.proof is not Proof.TOTAL:
            raise ListingIncomplete(f"the job list shows {len(listed.items)} jobs, which its job_total_count does not confirm")
        return listed.items

    def read_job_quota(self) -> JobQuota:
        """How many jobs there may be and are, as a page of the list says; raises ProtocolError where it does not."""
        document = self._read(RouteKind.OTHER, "training-jobs", Search(per_page=1).query()).document
        numbers = [document.get(key) if isinstance(document, dict) else None for key in ("quotas", "job_count_limit")]
        limit, left = (number if isinstance(number, int) and not isinstance(number, bool) else -1 for number in numbers)
        if not 0 <= left <= limit:
            raise ProtocolError("a page of the job list does not say how many jobs there may be, and how many more")
        return JobQuota(limit=limit, used=limit - left)

    def get_versions(self, job_id: int) -> dict[str, Any]:
        """A job with all its versions; raises NotFound when the platform says that it does not exist.

        The document holds as many different versions as it says that there are, else DoesNotAddUp.
        """
        document = self._versions_page(job_id, _ALL_AT_ONCE)
        versions = _by_id(document)
        page = 0
        while len(versions) < document["version_count"] and page < _MOST_VERSION_PAGES:
            page += 1
            more = self._versions_page(job_id, page)
            if more["version_count"] != document["version_count"]:
                raise DoesNotAddUp(f"the versions of job {job_id} changed while they were read")
            before = len(versions)
            versions |= _by_id(more)
            if len(versions) == before and page > 1:
                break
        if len(versions) != document["version_count"]:
            raise DoesNotAddUp(f"job {job_id} says it has {document['version_count']} versions, and shows {len(versions)}")
        return {**document, "versions": list(versions.values())}

    def get_version(self, job_id: int, version_id: int) -> dict[str, Any]:
        """Read one version; raises NotFound when the platform says that there is none."""
        document = self._read(RouteKind.GET, _version_path(job_id, version_id), about_job=True).document
        named = {"job_id": job_id, "version_id": version_id}
        if not isinstance(document, dict) or any(not _is_same(document.get(key), value) for key, value in named.items()):
            raise ProtocolError(f"the answer to GET of version {version_id} of job {job_id} is not about this version")
        return dict(document)

    def delete_job(self, job_id: int, *, not_after: float | None = None) -> DeleteAccepted:
        """Ask for the deletion of a job with all its versions, which can not be undone.

        `not_after` is the clock's monotonic time by which the request must leave, else TooLate. Raises NotFound when the job
        is gone already, OutcomeUnknown when only looking can tell, and other errors only if nothing was deleted.
        """
        return self._delete(_job_path(job_id), not_after)

    def delete_version(self, job_id: int, version_id: int, *, not_after: float | None = None) -> DeleteAccepted:
        """Ask for the deletion of one version, as `delete_job` does; janitor itself never does: it deletes whole jobs."""
        return self._delete(_version_path(job_id, version_id), not_after)

    def stop_version(self, job_id: int, version_id: int) -> None:
        """Ask for the stop of a running version; janitor itself never stops jobs. Returns before it has stopped.

        Raises as `delete_job` does.
        """
        self._change(RouteKind.OTHER, "POST", f"{_version_path(job_id, version_id)}/stop")

    def describe_job(self, job_id: int, text: str) -> None:
        """Replace the description of a job, at most 256 characters; janitor itself never does.

        Source: docs/modelarts-api.md, the first generation. Raises as `delete_job` does.
        """
        if len(text) > _LONGEST_DESCRIPTION:
            raise ValueError(f"a description has at most {_LONGEST_DESCRIPTION} characters, not {len(text)}")
        self._transport.send(
            Call(
                kind=RouteKind.OTHER,
                method="PUT",
                path=f"/v1/{self._project_id}/{_job_path(job_id)}",
                body=json.dumps({"job_desc": text}, separators=(",", ":")).encode(),
                project_id=self._project_id,
                about_job=True,
                mutates=True,
                says_success=True,
            )
        )

    def _versions_page(self, job_id: int, page: int) -> dict[str, Any]:
        query = canonical_query([("page", page), ("per_page", PER_PAGE)])
        document = self._read(RouteKind.GET, f"{_job_path(job_id)}/versions", query, about_job=True).document
        if not isinstance(document, dict) or not _is_same(document.get("job_id"), job_id):
            raise DoesNotAddUp(f"the answer to GET of job {job_id} is not about this job")
        count = document.get("version_count")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise DoesNotAddUp(f"job {job_id} does not say how many versions it has")
        return dict(document)

    def _delete(self, path: str, not_after: float | None) -> DeleteAccepted:
        reply = self._change(RouteKind.DELETE, "DELETE", path, not_after)
        return DeleteAccepted(request_id=reply.request_id, attempts=reply.attempts)

    def _read(self, kind: RouteKind, path: str, query: str = "", *, about_job: bool = False) -> Reply:
        return self._transport.send(
            Call(
                kind=kind,
                method="GET",
                path=f"/v1/{self._project_id}/{path}",
                query=query,
                project_id=self._project_id,
                about_job=about_job,
                says_success=True,
            )
        )

    def _change(self, kind: RouteKind, method: str, path: str, not_after: float | None = None) -> Reply:
        return self._transport.send(
            Call(
                kind=kind,
                method=method,
                path=f"/v1/{self._project_id}/{path}",
                project_id=self._project_id,
                about_job=True,
                mutates=True,
                says_success=True,
                accepts=_DELETE_ACCEPTED,
                not_after=not_after,
            )
        )


def _job_path(job_id: int) -> str:
    return f"training-jobs/{_require_id(job_id)}"


def _version_path(job_id: int, version_id: int) -> str:
    return f"{_job_path(job_id)}/versions/{_require_id(version_id)}"


def _require_id(value: int) -> int:
    if not is_number(value):
        raise ValueError(f"{value!r:.100} is not the id of a v1 training job or version (a whole number from 1 on)")
    return value


def _by_id(document: dict[str, Any]) -> dict[int, dict[str, Any]]:
    versions = document.get("versions")
    if not isinstance(versions, list) or not all(isinstance(each, dict) for each in versions):
        raise DoesNotAddUp(f"job {document['job_id']} has no list of versions")
    if not all(is_number(each.get("version_id")) for each in versions):
        raise DoesNotAddUp(f"a version of job {document['job_id']} has no id")
    found = {each["version_id"]: each for each in versions}
    if len(found) != len(versions):
        raise DoesNotAddUp(f"job {document['job_id']} shows a version twice")
    return found


def _is_same(value: object, wanted: int) -> bool:
    return is_number(value) and value == wanted
