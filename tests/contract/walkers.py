"""Two clients that can walk one tour of a ModelArts: the vendor's SDK, and ours. Neither knows that it talks to an emulator."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkmodelarts import v1 as sdk

from janitor.emulator.account import Account
from janitor.modelarts import (
    AccessKey,
    Endpoint,
    ModelArtsError,
    Quotas,
    TrainingJobsV2,
    Transport,
    TransportLimits,
    Workspaces,
)

LIMIT = 50


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a client has understood of a job."""

    id: str
    name: str
    kind: str
    phase: str
    created_ms: int


@dataclass(frozen=True)
class Refused:
    """An error, as a client has understood it."""

    status: int | None
    code: str | None


class Walker(Protocol):
    """What a tour asks of a client; any of it may be refused."""

    def list_ids(self, phases: Sequence[str], workspace: str = "0") -> tuple[str, ...]: ...
    def get(self, job_id: str) -> Facts: ...
    def delete(self, job_id: str) -> None: ...
    def delete_batch(self, jobs: Sequence[tuple[str, str]]) -> None: ...
    def stop(self, job_id: str) -> None: ...
    def quota(self) -> tuple[int, int]: ...
    def workspaces(self) -> set[str]: ...
    def see(self, what: Callable[[], Any]) -> Any: ...


class VendorWalker:
    """The vendor's SDK, told what the list's offset counts: it has no way to find out."""

    def __init__(self, url: str, account: Account, offset_mode: str = "page") -> None:
        credentials = BasicCredentials(account.access_key, account.secret_key, account.project_id)
        self.client = sdk.ModelArtsClient.new_builder().with_credentials(credentials).with_endpoints([url]).build()
        self._step = 1 if offset_mode == "page" else LIMIT

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.client.close()

    def list_ids(self, phases: Sequence[str], workspace: str = "0") -> tuple[str, ...]:
        filters = [sdk.Filter(key="phase", operator="in", value=list(phases))]
        found: list[str] = []
        offset = 0
        while True:
            body = sdk.JobSearches(
                limit=LIMIT, offset=offset, order="asc", sort_by="create_time", workspace_id=workspace, filters=filters
            )
            page = self.client.list_training_jobs(sdk.ListTrainingJobsRequest(body=body))
            found += [item.metadata.id for item in page.items]
            if len(page.items) < LIMIT:
                return tuple(found)
            offset += self._step

    def get(self, job_id: str) -> Facts:
        job = self.client.show_training_job_details(sdk.ShowTrainingJobDetailsRequest(training_job_id=job_id))
        return Facts(
            id=job.metadata.id,
            name=job.metadata.name,
            kind=job.kind,
            phase=job.status.phase,
            created_ms=job.metadata.create_time,
        )

    def delete(self, job_id: str) -> None:
        self.client.delete_training_job(sdk.DeleteTrainingJobRequest(training_job_id=job_id))

    def delete_batch(self, jobs: Sequence[tuple[str, str]]) -> None:
        items = [sdk.BatchDeleteJobItem(kind=kind, metadata=sdk.BatchDeleteJobMetadata(id=id_)) for kind, id_ in jobs]
        self.client.batch_delete_training_job(sdk.BatchDeleteTrainingJobRequest(body=sdk.BatchDeleteJobsReq(jobs=items)))

    def stop(self, job_id: str) -> None:
        action = sdk.JobActionType(action_type="terminate")
        self.client.stop_training_job(sdk.StopTrainingJobRequest(training_job_id=job_id, body=action))

    def quota(self) -> tuple[int, int]:
        (row,) = self.client.show_training_quotas(sdk.ShowTrainingQuotasRequest(resource="job-num")).quotas
        return row.quota, row.used

    def workspaces(self) -> set[str]:
        return {each.id for each in self.client.list_workspace(sdk.ListWorkspaceRequest()).workspaces}

    def see(self, what: Callable[[], Any]) -> Any:
        try:
            return what()
        except ServiceResponseException as error:
            return Refused(error.status_code, error.error_code)


class OurWalker:
    """Our client library, which finds out by itself what the list's offset counts."""

    def __init__(self, url: str, account: Account) -> None:
        key = AccessKey(account.access_key, account.secret_key)
        self._transport = Transport(Endpoint(url=url), key, limits=TransportLimits(requests_per_second=1000))
        self._jobs = TrainingJobsV2(self._transport, account.project_id)
        self._quotas = Quotas(self._transport, account.project_id)
        self._workspaces = Workspaces(self._transport, account.project_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._transport.close()

    def list_ids(self, phases: Sequence[str], workspace: str = "0") -> tuple[str, ...]:
        return tuple(item["metadata"]["id"] for item in self._jobs.list_jobs(workspace, phases).items)

    def get(self, job_id: str) -> Facts:
        job = self._jobs.get_job(job_id)
        metadata = job["metadata"]
        return Facts(
            id=metadata["id"],
            name=metadata["name"],
            kind=job["kind"],
            phase=job["status"]["phase"],
            created_ms=metadata["create_time"],
        )

    def delete(self, job_id: str) -> None:
        self._jobs.delete_job(job_id)

    def delete_batch(self, jobs: Sequence[tuple[str, str]]) -> None:
        self._jobs.delete_jobs(jobs)

    def stop(self, job_id: str) -> None:
        self._jobs.terminate_job(job_id)

    def quota(self) -> tuple[int, int]:
        quota = self._quotas.read_job_quota()
        return quota.limit, quota.used

    def workspaces(self) -> set[str]:
        return set(self._workspaces.list_workspace_ids())

    def see(self, what: Callable[[], Any]) -> Any:
        try:
            return what()
        except ModelArtsError as error:
            return Refused(error.status, error.code)
