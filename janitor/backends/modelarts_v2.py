"""Owns the adapter to ModelArts v2: its documents become jobs, its errors become janitor's."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from janitor.backends.modelarts_document import PHASES, parse_job
from janitor.backends.port import Answer, Listing, Quota, Reply, Traffic
from janitor.core.errors import (
    BackendError,
    ClockSkewed,
    CredentialsRefused,
    Interrupted,
    JobNotFound,
    ListingIncomplete,
    Misconfigured,
    NotPermitted,
    Unreachable,
)
from janitor.core.job import Job
from janitor.core.phase import TERMINAL
from janitor.modelarts import errors as vendor
from janitor.modelarts.iam import Iam
from janitor.modelarts.quotas import Quotas
from janitor.modelarts.transport import Transport
from janitor.modelarts.v2 import BATCH, DeleteAccepted, TrainingJobsV2
from janitor.modelarts.v2_listing import OffsetMode
from janitor.modelarts.workspaces import Workspaces

TERMINAL_PHASES = tuple(name for name, phase in PHASES.items() if phase in TERMINAL)
_NO_ROUTE = (404, "APIG.0101")
"""Status and code with which the gateway says that it has no such API (docs/modelarts-api.md, error table)."""

_RAISED: tuple[tuple[type[vendor.ModelArtsError], type[BackendError]], ...] = (
    (vendor.NotFound, JobNotFound),
    (vendor.ClockSkewed, ClockSkewed),
    (vendor.AuthFailed, CredentialsRefused),
    (vendor.PermissionDenied, NotPermitted),
    (vendor.Misconfigured, Misconfigured),
    (vendor.ListingIncomplete, ListingIncomplete),
    (vendor.ModelArtsError, Unreachable),
)
"""The first that fits; whatever is not named leaves the target unreachable, never "gone"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What an error of a delete request means: the answer, a word for it, and whether the sweep ends."""

    answer: Answer
    code: str
    ends_sweep: bool = False


_FATES: tuple[tuple[type[vendor.ModelArtsError], Fate], ...] = (
    (vendor.NotFound, Fate(answer=Answer.GONE, code="said_gone")),
    (vendor.TooLate, Fate(answer=Answer.LATE, code="too_slow")),
    (vendor.Stopped, Fate(answer=Answer.UNSENT, code="interrupted", ends_sweep=True)),
    (vendor.BreakerOpen, Fate(answer=Answer.UNSENT, code="breaker_open", ends_sweep=True)),
    (vendor.Throttled, Fate(answer=Answer.UNSENT, code="throttled", ends_sweep=True)),
    (vendor.Unavailable, Fate(answer=Answer.UNSENT, code="unreachable")),
    (vendor.AuthFailed, Fate(answer=Answer.REFUSED, code="not_permitted", ends_sweep=True)),
    (vendor.Misconfigured, Fate(answer=Answer.REFUSED, code="misconfigured", ends_sweep=True)),
    (vendor.PermissionDenied, Fate(answer=Answer.REFUSED, code="not_permitted")),
    (vendor.Conflict, Fate(answer=Answer.REFUSED, code="conflict")),
    (vendor.Rejected, Fate(answer=Answer.REFUSED, code="rejected")),
    (vendor.ModelArtsError, Fate(answer=Answer.UNKNOWN, code="unknown")),
)
"""The first that fits; whatever is not named may have deleted the job, and is settled by looking."""

_BATCH_FATES: tuple[tuple[type[vendor.ModelArtsError], Fate], ...] = (
    (vendor.RouteAbsent, Fate(answer=Answer.UNSUPPORTED, code="no_batch")),
    *((kind, fate) for kind, fate in _FATES if fate.answer in (Answer.LATE, Answer.UNSENT) or fate.ends_sweep),
    (vendor.ModelArtsError, Fate(answer=Answer.UNKNOWN, code="batch_unclear")),
)
"""The same for a request that names several jobs: even a refusal says nothing about any single one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which part of the platform a target covers; `workspaces` None means all that there are."""

    project_id: str
    project_name: str | None
    workspaces: tuple[str, ...] | None


class ModelArtsV2:
    """One ModelArts project as a Backend; without a transport to IAM the project's identity cannot be asked for."""

    def __init__(self, transport: Transport, iam_transport: Transport | None, scope: Scope) -> None:
        self._transport = transport
        self._iam_transport = iam_transport
        self._jobs = TrainingJobsV2(transport, scope.project_id)
        self._workspaces = Workspaces(transport, scope.project_id)
        self._quotas = Quotas(transport, scope.project_id)
        self._scope = scope
        self._has_batch = True

    @property
    def most_at_once(self) -> int:
        """As many as the platform takes, until it has said that it has no such route, or not for these credentials."""
        return BATCH if self._has_batch else 1

    def list_jobs(self) -> Listing:
        """List the terminal jobs of every workspace in scope; a job shown for two workspaces counts once."""
        with _translated():
            workspaces = self._scope.workspaces or self._workspaces.list_workspace_ids()
            found: dict[str, Job] = {}
            offsets: str | None = None
            for workspace in workspaces:
                listed = self._jobs.list_jobs(workspace, TERMINAL_PHASES, parse=parse_job)
                offsets = None if listed.offsets is OffsetMode.UNKNOWN else listed.offsets.value
                for job in listed.items:
                    if job.workspace in (None, workspace):
                        found.setdefault(job.id, job)
        return Listing(jobs=tuple(found.values()), workspaces=tuple(workspaces), offsets=offsets)

    def get_job(self, job_id: str) -> Job:
        """Look at one job."""
        with _translated():
            return parse_job(self._jobs.get_job(job_id))

    def delete_jobs(self, jobs: Sequence[Job], *, not_after: float) -> Reply:
        """Ask for the deletion of one job, or of several by the batch route; the answer says what is certain."""
        fates = _FATES if len(jobs) == 1 else _BATCH_FATES
        try:
            accepted = self._send_deletion(jobs, not_after)
        except vendor.ModelArtsError as error:
            fate = next(fate for kind, fate in fates if isinstance(error, kind))
            self._has_batch = self._has_batch and not (len(jobs) > 1 and _denies_batches(error))
            return Reply(
                answer=fate.answer,
                code=fate.code,
                message=str(error),
                request_id=error.request_id,
                error_code=error.code,
                ends_sweep=fate.ends_sweep,
            )
        return Reply(answer=Answer.ACCEPTED, request_id=accepted.request_id)

    def _send_deletion(self, jobs: Sequence[Job], not_after: float) -> DeleteAccepted:
        if len(jobs) == 1:
            return self._jobs.delete_job(jobs[0].id, not_after=not_after)
        return self._jobs.delete_jobs([(job.kind or "", job.id) for job in jobs], not_after=not_after)

    def list_projects(self) -> tuple[tuple[str, str], ...]:
        """The projects that the credentials see under the configured name; raises Misconfigured without an IAM endpoint."""
        if self._iam_transport is None:
            raise Misconfigured("iam_endpoint is not set, so the project's identity cannot be asked for")
        with _translated():
            projects = Iam(self._iam_transport).get_projects(self._scope.project_name)
        return tuple((str(project.get("id")), str(project.get("name"))) for project in projects)

    def read_quota(self) -> Quota | None:
        """The project's quota of jobs; None where the gateway says that the region has no such route."""
        with _translated():
            try:
                quota = self._quotas.read_job_quota()
            except vendor.Misconfigured as error:
                if (error.status, error.code) == _NO_ROUTE:
                    return None
                raise
        return Quota(limit=quota.limit, used=quota.used)

    def close(self) -> None:
        """Close the pooled connections to ModelArts and to IAM."""
        self._transport.close()
        if self._iam_transport is not None:
            self._iam_transport.close()

    def traffic(self) -> Traffic:
        """What was sent to ModelArts and, as `other`, to IAM."""
        requests = dict(self._transport.traffic.snapshot())
        if self._iam_transport is not None:
            requests["other"] += sum(self._iam_transport.traffic.snapshot().values())
        skew = self._transport.traffic.skew
        return Traffic(requests=requests, skew=None if skew is None else timedelta(seconds=skew))


def _denies_batches(error: vendor.ModelArtsError) -> bool:
    """Whether to ask singly from now on: there is no batch route, or no permission for it, which is one of its own."""
    return isinstance(error, vendor.RouteAbsent) or error.status == 403


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except vendor.Stopped as error:
        raise Interrupted("asked to stop") from error
    except vendor.ModelArtsError as error:
        kind = next(ours for theirs, ours in _RAISED if isinstance(error, theirs))
        raise kind(str(error)) from error
