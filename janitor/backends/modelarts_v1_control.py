"""Owns the control of a v1 listing: whether the platform heeds the workspace that it is asked for."""

from janitor.modelarts import errors as vendor
from janitor.modelarts.v1 import TrainingJobsV1
from janitor.modelarts.v1_listing import Search

NOWHERE = "janitor-asks-for-no-workspace-00"
"""As long as a workspace's id, and none: those are hexadecimal."""
_NO_SUCH_WORKSPACE = frozenset(f"ModelArts.{code}" for code in ("0102", "2891", "7002", "7004", "7005"))


def heeds_workspaces(jobs: TrainingJobsV1) -> bool:
    """Ask for the jobs of a workspace that cannot exist: who shows one does not heed the workspace, and may show anyone's.

    An empty page, or a refusal of the workspace or of the request as it was written, says that it is heeded; a refusal that
    says neither leaves that open, so no. Raises what kept the platform from answering. Source: docs/modelarts-api.md, the
    first generation.
    """
    try:
        page = jobs.list_page(Search(workspace_id=NOWHERE, per_page=1))
    except vendor.Rejected:
        return True
    except vendor.Misconfigured as error:
        if error.code in _NO_SUCH_WORKSPACE:
            return True
        raise
    except (vendor.PermissionDenied, vendor.ProtocolError) as error:
        if error.status is not None and 400 <= error.status < 500:
            return False
        raise
    return not page["jobs"]
