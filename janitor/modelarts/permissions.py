"""Owns the table of the permissions that each route in use needs, and the IAM policies made from it."""

import json
import re
from dataclasses import dataclass
from typing import Any

_ANY = {"project_id": "[^/]+", "job_id": "[^/]+"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route in use and the IAM action that allows it; `deletes` routes are for those who enforce.

    Source: docs/modelarts-api.md, permissions. `is_inferred` marks an action that no document names for this route.
    """

    method: str
    path: str
    action: str
    deletes: bool = False
    is_inferred: bool = False

    def fits(self, method: str, path: str) -> bool:
        """Whether a request goes to this route."""
        pattern = re.sub(r"\{(\w+)\}", lambda found: _ANY[found[1]], self.path)
        return method == self.method and re.fullmatch(pattern, path) is not None


ROUTES = (
    Route(method="POST", path="/v2/{project_id}/training-job-searches", action="modelarts:trainJob:list"),
    Route(method="GET", path="/v2/{project_id}/training-jobs/{job_id}", action="modelarts:trainJob:get"),
    Route(method="GET", path="/v2/{project_id}/training-quotas", action="modelarts:trainJob:getQuotas"),
    Route(method="GET", path="/v1/{project_id}/workspaces", action="modelarts:workspace:list", is_inferred=True),
    Route(method="GET", path="/v3/projects", action="iam:projects:listProjects", is_inferred=True),
    Route(method="DELETE", path="/v2/{project_id}/training-jobs/{job_id}", action="modelarts:trainJob:delete", deletes=True),
)


def make_policy(*, may_delete: bool) -> dict[str, Any]:
    """An IAM custom policy that allows what observing, or enforcing, needs: one statement a service, and nothing else."""
    actions = [route.action for route in ROUTES if may_delete or not route.deletes]
    services = dict.fromkeys(action.partition(":")[0] for action in actions)
    statements = [
        {"Effect": "Allow", "Action": [action for action in actions if action.startswith(f"{service}:")]} for service in services
    ]
    return {"Version": "1.1", "Statement": statements}


def write_policy(*, may_delete: bool) -> str:
    """The policy as the text of a file."""
    return json.dumps(make_policy(may_delete=may_delete), indent=2) + "\n"
