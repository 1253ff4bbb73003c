"""Owns the adapter to ModelArts v1: jobs with versions become jobs, its errors become janitor's."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any, ClassVar

from janitor.backends.modelarts_errors import FATES, reply_to, translated
from janitor.backends.modelarts_inspection import ROUTES_V1
from janitor.backends.modelarts_project import ModelArtsProject, Scope
from janitor.backends.modelarts_v1_control import heeds_workspaces
from janitor.backends.modelarts_v1_document import Origin, has_ended, parse_job, read_origin
from janitor.backends.port import Answer, Listing, Quota, Reply, is_found
from janitor.core.job import Job
from janitor.core.phase import TERMINAL
from janitor.core.seams import Spawner
from janitor.modelarts import errors as vendor
from janitor.modelarts.transport import Transport
from janitor.modelarts.v1 import TrainingJobsV1
from janitor.modelarts.v1_listing import LONGEST_SEARCH, Search, is_v1_job_id


class ModelArtsV1(ModelArtsProject):
    """The v1 training jobs of one project as a Backend; a Job's id is the decimal text of the job's number.

    Some facts stand in the job list alone, others must agree with it: rows are kept from the last listing for the looks that
    follow.
    """

    routes: ClassVar = ROUTES_V1

    def __init__(self, transport: Transport, iam_transport: Transport | None, scope: Scope, spawner: Spawner) -> None:
        super().__init__(transport, iam_transport, scope)
        self._jobs = TrainingJobsV1(transport, scope.project_id)
        self._spawner = spawner
        self._origins: dict[int, Origin] = {}
        self._is_heeded: bool | None = None
        self._roll = RollCall(self._list_ids)

    @property
    def most_at_once(self) -> int:
        """One: there is no request for several."""
        return 1

    @property
    def has_labels(self) -> bool:
        """No: tags belong to v2."""
        return False

    def list_jobs(self) -> Listing:
        """List the jobs of every workspace in scope all of whose versions have ended.

        A row shows one version only, so every job whose row has ended is read with all its versions. One whose versions do not
        add up is left out, as one that runs is; where those of no job do, the platform has changed, and nothing is listed.
        """
        odd = list[vendor.DoesNotAddUp]()
        with translated():
            workspaces = self.list_workspaces()
            self._is_heeded = None
            self._origins, ended = self._list_rows(workspaces)
            read = self._spawner.run_all(partial(self._read_if_sound, odd=odd), ended)
            if 1 < len(odd) == len(read):
                raise odd[0]
        jobs = tuple(job for job in read if job is not None and job.phases <= TERMINAL)
        return Listing(jobs=jobs, workspaces=tuple(workspaces))

    def get_job(self, job_id: str) -> Job:
        """Look at one job: its versions now, and what the last row of it that was seen tells."""
        number = _number(job_id)
        with translated():
            document, origin = self._read(number)
        row = {"owner": origin.owner, "workspace": origin.workspace, "description": origin.description}
        return replace(parse_job(document, origin), document={"job": document, "row": row})

    def has_job(self, job_id: str) -> bool:
        """Whether a look finds the job, which takes one request."""
        return is_found(lambda: self.get_job(job_id))

    def read_quota(self) -> Quota | None:
        """The project's quota of v1 jobs, which their list tells."""
        with translated():
            quota = self._jobs.read_job_quota()
        return Quota(limit=quota.limit, used=quota.used)

    def delete_jobs(self, jobs: Sequence[Job], *, not_after: float) -> Reply:
        """Ask for the deletion of one job with all its versions; the answer says what is certain."""
        if len(jobs) != 1:
            return Reply(answer=Answer.UNSUPPORTED, code="no_batch", message="v1 has no request for several jobs")
        try:
            accepted = self._jobs.delete_job(_number(jobs[0].id), not_after=not_after)
        except vendor.ModelArtsError as error:
            return reply_to(error, FATES)
        return Reply(answer=Answer.ACCEPTED, request_id=accepted.request_id)

    def _list_rows(self, workspaces: Sequence[str]) -> tuple[dict[int, Origin], list[int]]:
        """The origin of every job there is, and which of them have a row that has ended, each once, oldest first."""
        origins, ended = dict[int, Origin](), dict[int, None]()
        for workspace in workspaces:
            for row in self._jobs.list_jobs(workspace):
                job_id, origin = row["job_id"], read_origin(row, self._heeded(workspace))
                if origin.workspace not in (None, workspace):
                    continue
                if job_id in origins:  # shown for two workspaces: it cannot be told which one it is in
                    origin = replace(origin, workspace=None)
                origins[job_id] = origin
                if has_ended(row):
                    ended[job_id] = None
        return origins, list(ended)

    def _list_ids(self) -> frozenset[int]:
        """The ids of all jobs; two readings that agree do not prove that a job is gone, since it may be what both leave out."""
        rows = (self._jobs.list_jobs(workspace, by_total=True) for workspace in self.list_workspaces())
        return frozenset(row["job_id"] for found in rows for row in found)

    def _heeded(self, workspace: str) -> str | None:
        """The workspace that was asked for, None if the platform does not heed it; asked once a listing, never of a whole one."""
        if self._scope.workspaces is None:
            return workspace
        if self._is_heeded is None:
            self._is_heeded = heeds_workspaces(self._jobs)
        return workspace if self._is_heeded else None

    def _read_if_sound(self, job_id: int, odd: list[vendor.DoesNotAddUp]) -> Job | None:
        try:
            return parse_job(*self._read(job_id))
        except vendor.NotFound:
            return None
        except vendor.DoesNotAddUp as error:
            odd.append(error)
            return None

    def _read(self, job_id: int) -> tuple[dict[str, Any], Origin]:
        """A job with its versions, and its row; raises NotFound also where a complete listing shows that a refusal meant it."""
        try:
            document = self._jobs.get_versions(job_id)
        except vendor.ProtocolError as error:
            if _may_mean_gone(error) and job_id not in self._roll.call_after_now():
                raise vendor.NotFound(f"{error}; it is not listed either", status=error.status, code=error.code) from error
            raise
        return document, self._origin(job_id, document.get("job_name"))

    def _origin(self, job_id: int, name: object) -> Origin:
        """The row of a job; of one that was not listed, from the list of jobs with its name, unknown without."""
        if job_id not in self._origins:
            self._origins[job_id] = self._find_origin(job_id, name) if isinstance(name, str) and name else Origin()
        return self._origins[job_id]

    def _find_origin(self, job_id: int, name: str) -> Origin:
        found = list[Origin]()
        for workspace in self.list_workspaces():
            page = self._jobs.list_page(Search(workspace_id=workspace, search_content=name[:LONGEST_SEARCH]))
            rows = (row for row in page["jobs"] if row["job_id"] == job_id)
            origins = (read_origin(row, self._heeded(workspace)) for row in rows)
            found += [origin for origin in origins if origin.workspace in (None, workspace)]
        if not found:
            return Origin()
        return found[0] if len(found) == 1 else replace(found[0], workspace=None)


class RollCall:
    """Complete listings of all ids; who needs one that began after now shares it with all others that do."""

    def __init__(self, take: Callable[[], frozenset[int]]) -> None:
        self._take = take
        self._lock = Lock()
        self._begun = 0
        self._last: tuple[int, frozenset[int]] = (0, frozenset())

    def call_after_now(self) -> frozenset[int]:
        """The ids of a complete listing that began after this was called; raises what listing raises."""
        begun = self._begun
        with self._lock:
            if self._last[0] <= begun:
                self._begun += 1
                self._last = (self._begun, self._take())
            return self._last[1]


def _may_mean_gone(error: vendor.ProtocolError) -> bool:
    """Whether a refusal in words that are not known may be the one for a job that does not exist."""
    return error.status is not None and 400 <= error.status < 500


def _number(job_id: str) -> int:
    if not isinstance(job_id, str) or not is_v1_job_id(job_id):
        raise ValueError(f"{job_id!r:.100} is not the id of a v1 training job (a whole number)")
    return int(job_id)
