"""Owns the v2 routes of training jobs (UUID ids): list, get, delete, stop; decides nothing about which job may go."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, overload
from urllib.parse import quote

from janitor.modelarts.call import Call, Reply, RouteKind, Sender
from janitor.modelarts.errors import OutcomeUnknown, ProtocolError
from janitor.modelarts.v2_listing import FetchAll, ListedJobs, OffsetMemory, collect, one_by_one
from janitor.modelarts.v2_narrow import Filter, Numbers, ShortList, by_creation, read_short, trusted
from janitor.modelarts.v2_page import LIMIT, Page, is_job_id, parse_page

T = TypeVar("T")
_DELETE_ACCEPTED = frozenset({200, 202, 204})
_PROJECT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_WORKSPACE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
BATCH = 100
"""How many jobs one batch delete may name (docs/modelarts-api.md, batch delete)."""
_MOST_PHASES = 10  # values of one filter (docs/modelarts-api.md, list filters)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteAccepted:
    """The platform took a delete request; the job goes later, so this proves nothing."""

    request_id: str | None
    attempts: int


class TrainingJobsV2:
    """The training jobs of one project; it remembers how the platform counts list offsets.

    `fetch_all` may fetch several pages of a whole listing at once.
    """

    def __init__(self, transport: Sender, project_id: str, fetch_all: FetchAll = one_by_one) -> None:
        self._transport = transport
        self._fetch_all = fetch_all
        self._project_id = require_project_id(project_id)
        self._offsets = OffsetMemory()
        self._numbers = defaultdict[str, list[Numbers]](list)

    @overload
    def list_jobs(self, workspace_id: str, phases: Collection[str]) -> ListedJobs[dict[str, Any]]: ...

    @overload
    def list_jobs(
        self,
        workspace_id: str,
        phases: Collection[str],
        parse: Callable[[dict[str, Any]], T],
        created: tuple[datetime, datetime] | None = None,
    ) -> ListedJobs[T]: ...

    def list_jobs(
        self,
        workspace_id: str,
        phases: Collection[str],
        parse: Callable[[dict[str, Any]], Any] | None = None,
        created: tuple[datetime, datetime] | None = None,
    ) -> ListedJobs[Any]:
        """List all jobs of a workspace in these phases, oldest first, each once, proven complete.

        `parse` turns each raw item into what the caller keeps, so that a million raw items are never held at once. Raises
        ListingIncomplete where no proof is found, and any error of a page: there is no partial listing. With `created`, all that
        were created in this window of at most 31 days, its ends included and widened to whole seconds.
        """
        if created is None:
            self._numbers[workspace_id] = []
        window = () if created is None else (by_creation(*created),)
        fetch = self._pages(workspace_id, _by_phases(phases), *window)
        listed = collect(fetch, parse or (lambda item: item), self._offsets, self._fetch_all)
        self._numbers[workspace_id].append((len(listed.items), listed.numbers))
        return listed

    def peek_jobs(self, workspace_id: str, phases: Collection[str], parse: Callable[[dict[str, Any]], T]) -> tuple[T, ...]:
        """The first page of the list of `list_jobs`: the oldest jobs, as far as the platform keeps to the order asked for.

        A listing by windows of creation begins with it.
        """
        self._numbers[workspace_id] = []
        return tuple(parse(item) for item in self._pages(workspace_id, _by_phases(phases))(0).items)

    def list_few(self, workspace_id: str, few: Filter, parse: Callable[[dict[str, Any]], T]) -> ShortList[T]:
        """List the jobs of a workspace that a filter by ids or by creation lets through, in whatever phase, oldest first.

        Whether they are all is told by the numbers that the last listing of the workspace stated rightly. Raises any error
        of a page.
        """
        return read_short(self._pages(workspace_id, few), parse, self._offsets.mode, trusted(self._numbers[workspace_id]))

    def _pages(self, workspace_id: str, *restrictions: Filter) -> Callable[[int], Page]:
        body = _search(workspace_id, restrictions)

        def fetch(offset: int) -> Page:
            reply = self._send(RouteKind.LIST, "POST", "training-job-searches", body={**body, "offset": offset})
            return parse_page(reply.document, offset=offset, workspace_id=workspace_id)

        return fetch

    def list_page(self, search: Mapping[str, Any]) -> dict[str, Any]:
        """One page of the job list as the platform wrote it, for a search body as the caller wrote it.

        It proves nothing about the whole list, and what `offset` counts is the platform's secret
        (docs/modelarts-api.md, paging): use `list_jobs` wherever something depends on completeness.
        """
        document = self._send(RouteKind.LIST, "POST", "training-job-searches", body=dict(search)).document
        items = document.get("items") if isinstance(document, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ProtocolError("a page of the job list has no list of items")
        return dict(document)

    def get_job(self, job_id: str) -> dict[str, Any]:
        """Read one job; raises NotFound when the platform says that it does not exist."""
        path = _job_path(job_id)
        document = self._send(RouteKind.GET, "GET", path, about_job=True).document
        metadata = document.get("metadata") if isinstance(document, dict) else None
        if not isinstance(metadata, dict) or metadata.get("id") != job_id:
            raise ProtocolError(f"the answer to GET of job {job_id} is not about this job")
        return dict(document)

    def delete_job(self, job_id: str, *, not_after: float | None = None) -> DeleteAccepted:
        """Ask for a job's deletion, which can not be undone.

        `not_after` is the clock's monotonic time by which the request must leave, else TooLate. Raises NotFound when the job
        is gone already, OutcomeUnknown when only looking can tell, and other errors only if nothing was deleted.
        """
        call = Call(
            kind=RouteKind.DELETE,
            method="DELETE",
            path=f"/v2/{self._project_id}/{_job_path(job_id)}",
            project_id=self._project_id,
            about_job=True,
            mutates=True,
            accepts=_DELETE_ACCEPTED,
            not_after=not_after,
        )
        return self._delete(call)

    def delete_jobs(self, jobs: Sequence[tuple[str, str]], *, not_after: float | None = None) -> DeleteAccepted:
        """Ask for the deletion of 1 to BATCH jobs of one workspace in one request; each is a pair of kind and job id.

        No answer says anything per job. Raises RouteAbsent where there is no such route, and with every other refusal that
        may concern one of the jobs ("not found", "not permitted", "conflict" ...) OutcomeUnknown: each job has to be looked at.
        What else it raises, as `delete_job` does, means that none was deleted. ValueError, before anything is sent, for pairs
        that no such request may hold.
        """
        call = Call(
            kind=RouteKind.BATCH_DELETE,
            method="POST",
            path=f"/v2/{self._project_id}/training-jobs/batch-delete",
            body=_write({"jobs": _batch(jobs)}),
            project_id=self._project_id,
            mutates=True,
            in_parts=True,
            accepts=_DELETE_ACCEPTED,
            not_after=not_after,
        )
        return self._delete(call)

    def terminate_job(self, job_id: str) -> dict[str, Any]:
        """Ask for the stop of an active job; janitor itself never stops jobs, this is for other users of the library.

        Returns the job as the answer shows it, {} where it shows none. The job is Terminating for a while, which this does not
        wait for. Raises Conflict where the job's phase forbids it,
        NotFound when the job does not exist, OutcomeUnknown when only looking can tell.
        """
        call = Call(
            kind=RouteKind.OTHER,
            method="POST",
            path=f"/v2/{self._project_id}/{_job_path(job_id)}/actions",
            body=_write({"action_type": "terminate"}),
            project_id=self._project_id,
            about_job=True,
            mutates=True,
            accepts=frozenset({200, 202}),
        )
        document = self._transport.send(call).document
        return dict(document) if isinstance(document, dict) else {}

    def _delete(self, call: Call) -> DeleteAccepted:
        """Send a deletion; nothing, an empty text or an object acknowledge it, but an object may hold the fate of single jobs."""
        reply = self._transport.send(call)
        is_plain = isinstance(reply.document, dict) and not call.in_parts
        if reply.document not in (None, "", {}) and not is_plain:
            error = OutcomeUnknown(
                f"{call} answered {reply.status} with an unknown body", status=reply.status, request_id=reply.request_id
            )
            error.attempts = reply.attempts
            raise error
        return DeleteAccepted(request_id=reply.request_id, attempts=reply.attempts)

    def _send(
        self, kind: RouteKind, method: str, path: str, *, body: dict[str, Any] | None = None, about_job: bool = False
    ) -> Reply:
        call = Call(
            kind=kind,
            method=method,
            path=f"/v2/{self._project_id}/{path}",
            body=b"" if body is None else _write(body),
            project_id=self._project_id,
            about_job=about_job,
        )
        return self._transport.send(call)


def require_project_id(project_id: str) -> str:
    """The project id itself; raises ValueError for anything that is not 1 to 64 letters, digits and hyphens."""
    if not _PROJECT_ID.fullmatch(project_id):
        raise ValueError("a project id is 1 to 64 letters, digits and hyphens")
    return project_id


def is_workspace_id(value: object) -> bool:
    """Whether a value can be a workspace's id: "0" or, usually, 32 characters."""
    return isinstance(value, str) and _WORKSPACE_ID.fullmatch(value) is not None


def _write(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _job_path(job_id: str) -> str:
    return f"training-jobs/{quote(_require_job_id(job_id), safe='')}"


def _require_job_id(job_id: str) -> str:
    if not is_job_id(job_id):
        raise ValueError(f"{job_id!r:.100} is not the id of a v2 training job (a UUID of 36 characters)")
    return job_id


def _batch(jobs: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """The items of a batch delete; ids that differ only in case would be one job, so they are refused as well."""
    if not 1 <= len(jobs) <= BATCH:
        raise ValueError(f"a batch delete names 1 to {BATCH} jobs, not {len(jobs)}")
    if not all(isinstance(kind, str) and kind.strip() for kind, _ in jobs):
        raise ValueError("a job to delete has no kind")
    items = [{"kind": kind, "metadata": {"id": _require_job_id(job_id)}} for kind, job_id in jobs]
    if len({job_id.lower() for _, job_id in jobs}) != len(jobs):
        raise ValueError("a batch delete names a job twice")
    return items


def _search(workspace_id: str, restrictions: Sequence[Filter]) -> dict[str, Any]:
    """The body of a listing without its offset."""
    if not is_workspace_id(workspace_id):
        raise ValueError(f"{workspace_id!r:.100} is not a workspace id")
    return {
        "workspace_id": workspace_id,
        "limit": LIMIT,
        "sort_by": "create_time",
        "order": "asc",
        "filters": list(restrictions),
    }


def _by_phases(phases: Collection[str]) -> Filter:
    """The filter of a whole listing; a missing one would mean "everything", so it is refused here."""
    names = sorted(set(phases))
    if isinstance(phases, str) or not 1 <= len(names) <= _MOST_PHASES or not all(name.strip() for name in names):
        raise ValueError(f"a listing needs 1 to {_MOST_PHASES} phases, none blank")
    return {"key": "phase", "operator": "in", "value": names}
