"""Owns what every adapter to ModelArts has in common: its scope, and what a project shows whatever its jobs are like."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from janitor.backends.inspection import Feature, Finding, Found, Inspection
from janitor.backends.modelarts_errors import translated
from janitor.backends.modelarts_inspection import (
    SHARED_ROUTES,
    address_of,
    credentials_of,
    find_needs,
    find_workspaces,
    policy_files,
)
from janitor.backends.narrow import Narrow
from janitor.backends.port import Quota, Traffic
from janitor.core.errors import Misconfigured
from janitor.modelarts import errors as vendor
from janitor.modelarts.iam import Iam
from janitor.modelarts.quotas import Quotas
from janitor.modelarts.transport import Transport
from janitor.modelarts.workspaces import Workspaces

_NO_ROUTE = (404, "APIG.0101")
"""Status and code with which the gateway says that it has no such API (docs/modelarts-api.md, error table)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which part of the platform a target covers; `workspaces` None means all that there are."""

    project_id: str
    project_name: str | None
    workspaces: tuple[str, ...] | None


class ModelArtsProject:
    """One project; without a transport to IAM its identity cannot be asked for.

    `routes` names what each adapter's routes are for, by method and path as in the table of permissions.
    """

    routes: ClassVar[Mapping[str, tuple[str, str]]] = SHARED_ROUTES

    def __init__(self, transport: Transport, iam_transport: Transport | None, scope: Scope) -> None:
        self._transport = transport
        self._iam_transport = iam_transport
        self._scope = scope
        self._quotas = Quotas(transport, scope.project_id)
        self._workspaces = Workspaces(transport, scope.project_id)

    @property
    def narrow(self) -> Narrow | None:
        """None, unless a generation of the API has a list that can be narrowed."""
        return None

    def list_workspaces(self) -> tuple[str, ...]:
        """The ids of the workspaces in scope."""
        return self._scope.workspaces or self._workspaces.list_workspace_ids()

    def list_projects(self) -> tuple[tuple[str, str], ...]:
        """The projects that the credentials see under the configured name; raises Misconfigured without an IAM endpoint."""
        if self._iam_transport is None:
            raise Misconfigured("iam_endpoint is not set, so the project's identity cannot be asked for")
        with translated():
            projects = Iam(self._iam_transport).get_projects(self._scope.project_name)
        return tuple((str(project.get("id")), str(project.get("name"))) for project in projects)

    def read_quota(self) -> Quota | None:
        """The project's quota of jobs; None where the gateway says that the region has no such route."""
        with translated():
            try:
                quota = self._quotas.read_job_quota()
            except vendor.Misconfigured as error:
                if (error.status, error.code) == _NO_ROUTE:
                    return None
                raise
        return Quota(limit=quota.limit, used=quota.used)

    def questions(self) -> dict[Feature, Callable[[], Finding]]:
        """How to find out about each feature that such a platform can have; what is not named here it never has."""
        return {Feature.WORKSPACES: lambda: find_workspaces(self._workspaces)}

    def inspect(self, *, ask: bool = True) -> Inspection:
        """Addresses, credentials and permissions, which need no request, and with `ask` the features, each by one request."""
        questions = self.questions()
        found = {feature: Finding(found=Found.NEVER) for feature in Feature if feature not in questions}
        if ask:
            with translated():
                found |= {feature: question() for feature, question in questions.items()}
        observe_policy, enforce_policy = policy_files()
        return Inspection(
            addresses=tuple(address_of(service, transport.endpoint) for service, transport in self._services()),
            credentials=credentials_of(self._transport.key_state()),
            features=found,
            needs=find_needs(self.routes),
            observe_policy=observe_policy,
            enforce_policy=enforce_policy,
        )

    def _services(self) -> tuple[tuple[str, Transport], ...]:
        iam = () if self._iam_transport is None else (("iam", self._iam_transport),)
        return (("modelarts", self._transport), *iam)

    def end_by(self, until: float) -> None:
        """Send nothing to ModelArts and to IAM after this, in monotonic seconds."""
        for _, transport in self._services():
            transport.curfew.set(until)

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
