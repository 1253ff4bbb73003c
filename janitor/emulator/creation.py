"""Owns the making of a job from a request: what the request may say, and the job that comes of it (modelarts-api.md §3.4)."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from janitor.emulator.account import Account
from janitor.emulator.clock import to_ms
from janitor.emulator.document import Job
from janitor.emulator.flavors import describe_flavor, refer_to_experiment

NAME = "^[0-9A-Za-z_-]{1,64}$"
_OPEN = ConfigDict(strict=True, extra="allow")


class NewReference(BaseModel):
    """The experiment that the job is to belong to: a new one of a name, or one that is there, by its id."""

    model_config = _OPEN
    id: str | None = None
    name: str | None = Field(default=None, max_length=64)


class NewMetadata(BaseModel):
    """What the creator says of a job."""

    model_config = _OPEN
    name: str = Field(pattern=NAME)
    workspace_id: str = Field(default="0", json_schema_extra={"enum": ["0"]})
    description: str | None = Field(default=None, max_length=256)
    annotations: dict[str, str] = {}
    training_experiment_reference: NewReference | None = None


class NewResource(BaseModel):
    """What a job runs on; without a pool it is the public one."""

    model_config = _OPEN
    node_count: int = Field(default=1, ge=1, le=1024)


class NewSpec(BaseModel):
    """How a job runs."""

    model_config = _OPEN
    resource: NewResource = NewResource()


class NewJob(BaseModel):
    """The body of a creation; what it holds beyond this is kept as it is."""

    model_config = _OPEN
    kind: str = Field(pattern="^(job|hetero_job|visualization_job)$")
    metadata: NewMetadata
    algorithm: dict[str, Any] = {}
    spec: NewSpec = NewSpec()


def build_created(wanted: NewJob, account: Account, now: datetime) -> Job:
    """Build the job as it is at its creation: nothing has started, nothing is counted."""
    nodes = wanted.spec.resource.node_count
    metadata = {
        "id": str(uuid4()),
        "name": wanted.metadata.name,
        "description": wanted.metadata.description,
        "create_time": to_ms(now),
        "workspace_id": wanted.metadata.workspace_id,
        "user_name": account.user_name,
        "annotations": wanted.metadata.annotations,
    }
    if (experiment := wanted.metadata.training_experiment_reference) is not None:
        metadata["training_experiment_reference"] = refer_to_experiment(experiment.name, experiment.id)
    status = {
        "phase": "Creating",
        "secondary_phase": "Creating",
        "duration": 0,
        "start_time": 0,
        "node_count_metrics": None,
        "tasks": [f"worker-{number}" for number in range(nodes)],
    }
    spec = wanted.spec.model_dump()
    spec["resource"] |= describe_flavor(spec["resource"].get("flavor_id"))
    return {
        "kind": wanted.kind,
        "metadata": metadata,
        "status": status,
        "algorithm": wanted.algorithm,
        "spec": {"log_export_path": {}} | spec,
    }
