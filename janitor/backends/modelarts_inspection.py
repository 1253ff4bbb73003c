"""Owns what ModelArts adapters find out about their platform for people; asks nothing that could change anything."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from janitor.backends.inspection import Address, Credentials, Finding, Found, Need
from janitor.modelarts import errors as vendor
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.keyring import KeyState
from janitor.modelarts.permissions import POLICIES, ROUTES, find_action
from janitor.modelarts.probes import Probes
from janitor.modelarts.quotas import Quotas
from janitor.modelarts.workspaces import Workspaces

SHARED_ROUTES = {
    "identity": ("GET", "/v3/projects"),
    "workspaces": ("GET", "/v1/{project_id}/workspaces"),
}
"""What the routes that every adapter uses are for."""

ROUTES_V2 = {
    "list": ("POST", "/v2/{project_id}/training-job-searches"),
    "get": ("GET", "/v2/{project_id}/training-jobs/{job_id}"),
    "tags": ("POST", "/v2/{project_id}/modelarts-training-job/resource-instances/filter"),
    "tags of a job": ("GET", "/v2/{project_id}/modelarts-training-job/{job_id}/tags"),
    "quota": ("GET", "/v2/{project_id}/training-quotas"),
    **SHARED_ROUTES,
    "delete": ("DELETE", "/v2/{project_id}/training-jobs/{job_id}"),
    "batch": ("POST", "/v2/{project_id}/training-jobs/batch-delete"),
}

ROUTES_V1 = {
    "list": ("GET", "/v1/{project_id}/training-jobs"),
    "get": ("GET", "/v1/{project_id}/training-jobs/{job_id}/versions"),
    **SHARED_ROUTES,
    "delete": ("DELETE", "/v1/{project_id}/training-jobs/{job_id}"),
}
"""The list of v1 jobs tells their quota too."""

_GIVEN = ("access_key", "temporary_key", "profile")
"""The kinds of credentials that somebody puts in their place: all others renew themselves."""

_POLICIES = PurePosixPath("deploy/iam")


def address_of(service: str, endpoint: Endpoint) -> Address:
    """One service and the way to it, without what a proxy's URL may hold besides its host."""
    return Address(
        service=service,
        url=endpoint.url,
        is_encrypted=endpoint.is_encrypted,
        ca_file=endpoint.ca_file,
        proxy=endpoint.proxy_host,
    )


def credentials_of(state: KeyState) -> Credentials:
    """The kind of credentials and their end."""
    return Credentials(
        kind=state.kind,
        expires_at=state.expires_at,
        is_renewed=state.kind not in _GIVEN,
        may_change=state.is_renewable,
        came_expired=state.came_expired,
    )


def find_needs(routes: Mapping[str, tuple[str, str]]) -> tuple[Need, ...]:
    """The permissions that these routes need, by the table of permissions."""
    deleting = {(route.method, route.path) for route in ROUTES if route.deletes}
    return tuple(Need(what=what, action=find_action(*route), deletes=route in deleting) for what, route in routes.items())


def policy_files() -> tuple[str, str]:
    """Where the permissions of a target that observes, and of one that enforces, are written down."""
    of_project = {may_delete: name for name, (service, may_delete) in POLICIES.items() if service == "modelarts"}
    beside = next(name for name, (service, _) in POLICIES.items() if service == "iam")
    observe, enforce = (
        f"{_POLICIES / of_project[may_delete]}.json, with {_POLICIES / beside}.json beside it" for may_delete in (False, True)
    )
    return observe, enforce


def find_workspaces(workspaces: Workspaces) -> Finding:
    """Whether workspaces are enabled for the account, and how many these credentials see."""

    def ask() -> Finding:
        ids = workspaces.find_workspace_ids()
        return Finding(found=Found.OFF) if ids is None else Finding(found=Found.ON, words=f"{len(ids)} of them are seen")

    return _find(ask)


def find_aging(quotas: Quotas) -> Finding:
    """Whether the platform removes all the user's jobs by itself after a time."""
    return _find(lambda: Finding(found=Found.ON if quotas.read_aging() else Found.OFF))


def find_tags(probes: Probes, workspace_id: str) -> Finding:
    """Whether the tags of jobs can be read."""

    def ask() -> Finding:
        probes.ask_tag_routes(workspace_id)
        return Finding(found=Found.THERE)

    return _find(ask)


def find_batch(probes: Probes) -> Finding:
    """Whether several jobs can be deleted by one request: what refuses a request that nobody can carry out is there."""

    def ask() -> Finding:
        try:
            probes.ask_batch_route()
        except vendor.Misconfigured:
            raise
        except vendor.ModelArtsError as error:
            if error.status == 400 and not isinstance(error, vendor.PermissionDenied):
                return Finding(found=Found.THERE)
            raise
        return Finding(found=Found.UNKNOWN, words="a request that cannot be carried out was answered as if it had been")

    return _find(ask)


def _find(ask: Callable[[], Finding]) -> Finding:
    """Ask, and make a finding of any error but the wish to stop."""
    try:
        return ask()
    except vendor.Stopped:
        raise
    except vendor.RouteAbsent as error:
        return Finding(found=Found.ABSENT, words=str(error))
    except vendor.PermissionDenied as error:
        return Finding(found=Found.REFUSED, words=str(error))
    except vendor.ModelArtsError as error:
        return Finding(found=Found.UNKNOWN, words=str(error))
