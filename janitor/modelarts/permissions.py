"""Owns the table of the permissions that each route in use needs, and the IAM policies made from it."""

import json
import re
from dataclasses import dataclass
from typing import Any

_ANY = {"project_id": "[^/]+", "job_id": "[^/]+", "version_id": "[^/]+"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route of the library and the IAM action that allows it; `deletes` routes are for those who enforce.

    Source: docs/modelarts-api.md, permissions. `is_inferred` marks an action that no document names for this route,
    `is_unused` a route that no command of janitor asks for: no policy allows it.
    """

    method: str
    path: str
    action: str
    deletes: bool = False
    is_inferred: bool = False
    is_unused: bool = False

    def fits(self, method: str, path: str) -> bool:
        """Whether a request goes to this route."""
        pattern = re.sub(r"\{(\w+)\}", lambda found: _ANY[found[1]], self.path)
        return method == self.method and re.fullmatch(pattern, path) is not None


ROUTES = (
    Route(method="POST", path="/v2/{project_id}/training-job-searches", action="modelarts:trainJob:list"),
    Route(method="GET", path="/v2/{project_id}/training-jobs/{job_id}", action="modelarts:trainJob:get"),
    Route(method="GET", path="/v2/{project_id}/training-quotas", action="modelarts:trainJob:getQuotas"),
    Route(method="GET", path="/v2/{project_id}/modelarts-training-job/{job_id}/tags", action="modelarts:tag:list"),
    Route(method="GET", path="/v2/{project_id}/modelarts-training-job/tags", action="modelarts:tag:list", is_inferred=True),
    Route(
        method="POST",
        path="/v2/{project_id}/modelarts-training-job/resource-instances/filter",
        action="modelarts::listResourcesByTag",
    ),
    Route(method="GET", path="/v1/{project_id}/workspaces", action="modelarts:workspace:list"),
    Route(method="GET", path="/v3/projects", action="iam:projects:listProjects", is_inferred=True),
    Route(method="DELETE", path="/v2/{project_id}/training-jobs/{job_id}", action="modelarts:trainJob:delete", deletes=True),
    Route(
        method="POST", path="/v2/{project_id}/training-jobs/batch-delete", action="modelarts:trainJob:batchDelete", deletes=True
    ),
    Route(
        method="POST",
        path="/v2/{project_id}/training-jobs/{job_id}/actions",
        action="modelarts:trainJob:update",
        is_inferred=True,
        is_unused=True,
    ),
    Route(method="GET", path="/v1/{project_id}/training-jobs", action="modelarts:trainJob:list"),
    Route(method="GET", path="/v1/{project_id}/training-jobs/{job_id}/versions", action="modelarts:trainJobVersion:list"),
    Route(
        method="GET",
        path="/v1/{project_id}/training-jobs/{job_id}/versions/{version_id}",
        action="modelarts:trainJobVersion:list",
        is_inferred=True,
        is_unused=True,
    ),
    Route(method="DELETE", path="/v1/{project_id}/training-jobs/{job_id}", action="modelarts:trainJob:delete", deletes=True),
    Route(
        method="DELETE",
        path="/v1/{project_id}/training-jobs/{job_id}/versions/{version_id}",
        action="modelarts:trainJobVersion:delete",
        deletes=True,
        is_unused=True,
    ),
    Route(
        method="POST",
        path="/v1/{project_id}/training-jobs/{job_id}/versions/{version_id}/stop",
        action="modelarts:trainJobVersion:stop",
        is_unused=True,
    ),
    Route(
        method="PUT",
        path="/v1/{project_id}/training-jobs/{job_id}",
        action="modelarts:trainJob:update",
        is_inferred=True,
        is_unused=True,
    ),
)


def find_action(method: str, path: str) -> str:
    """The action that allows a row's method and path, as they stand in the table; raises KeyError for any other."""
    return {(route.method, route.path): route.action for route in ROUTES}[method, path]


POLICIES = {
    "modelarts-observe": ("modelarts", False),
    "modelarts-enforce": ("modelarts", True),
    "iam-projects": ("iam", False),
}
"""Each policy's service, and whether it lets delete: a policy must not mix a global service (iam) with a project's."""


def make_policy(name: str) -> dict[str, Any]:
    """An IAM custom policy that allows what its service is asked for, and nothing else."""
    service, may_delete = POLICIES[name]
    in_use = [route for route in ROUTES if route.action.startswith(f"{service}:") and not route.is_unused]
    routes = [route for route in in_use if may_delete or not route.deletes]
    actions = list(dict.fromkeys(route.action for route in routes))
    return {"Version": "1.1", "Statement": [{"Effect": "Allow", "Action": actions}]}


def write_policy(name: str) -> str:
    """The policy as the text of a file."""
    return json.dumps(make_policy(name), indent=2) + "\n"
