"""Owns the request that would create a deleted ModelArts job anew, made of its tombstone; it is printed, and never sent.

What may stand in it is from docs/modelarts-api.md, creating a job: everything else that the platform told is its own, such as
ids, times, phases and the details of a flavor.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from janitor.backends.modelarts_values import read_object
from janitor.core.errors import UsageError
from janitor.core.redaction import find_masked

Document = Mapping[str, Any]
_WHOLE: dict[str, Any] = {}


def _fields(words: str, **deeper: Any) -> dict[str, Any]:
    return dict.fromkeys(words.split(), _WHOLE) | deeper


_CODE = "code_dir boot_file local_code_dir working_dir inputs outputs environments"
_ENGINE = _fields("engine_id engine_name engine_version image_url install_sys_packages image_repo_id")
_V2 = _fields(
    "kind train_type ftjob_config",
    metadata=_fields("name workspace_id description annotations", training_experiment_reference=_fields("id name description")),
    algorithm=_fields(
        f"id name subscription_id item_version_id autosearch_config_path autosearch_framework_path command parameters policies "
        f"summary {_CODE}",
        engine=_ENGINE,
    ),
    tasks=_fields(
        "role log_export_path",
        algorithm=_fields(f"job_config {_CODE}", engine=_ENGINE),
        task_resource=_fields("flavor_id node_count pool_id"),
    ),
    spec=_fields(
        "volumes log_export_path auto_stop retention schedule_policy log_export_config notification custom_metrics output_model "
        "asset_model asset_id reserved_time",
        resource=_fields("flavor_id node_count pool_id pool_group_id main_container_customized_flavor"),
    ),
    endpoints={"ssh": _fields("key_pair_names")},
)
_V1_CONFIG = _fields(
    "worker_server_num app_url boot_file_url model_id parameter spec_id data_url dataset_id dataset_version_id data_source "
    "engine_id train_url log_url user_image_url user_command create_version volumes pool_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A request: where in its body values are masked and have to be filled in, and what else there is to know."""

    method: str
    path: str
    body: dict[str, Any]
    masked: tuple[str, ...]
    notes: tuple[str, ...]


def build_creation(tombstone: Document) -> Creation:
    """The request that would create the job of a tombstone anew; raises UsageError where there can be none."""
    build = _BUILDERS.get(tombstone["platform"])
    if build is None:
        raise UsageError(f"platform {tombstone['platform']}: nothing is known of how its jobs are created")
    if tombstone["document"] is None:
        raise UsageError(
            f"job {tombstone['job_id']}: its document was too large or too deep for a tombstone, so nothing can be made"
        )
    path, body, notes = build(read_object(tombstone["document"]), tombstone["project_id"])
    return Creation(method="POST", path=path, body=body, masked=tuple(find_masked(body)), notes=tuple(notes))


def _build_v2(document: Document, project_id: str) -> tuple[str, dict[str, Any], list[str]]:
    body = _pick(read_object(document.get("job")), _V2)
    tasks = body["tasks"] if isinstance(body.get("tasks"), list) else []
    for algorithm in (body.get("algorithm"), *(task.get("algorithm") for task in tasks)):
        if isinstance(algorithm, dict) and isinstance(algorithm.get("environments"), list):
            algorithm["environments"] = _merge(algorithm["environments"])
    labels = read_object(document.get("labels"))
    told = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
    tags = [f"its tags are no part of it, and are added once the job is there: {told}"] if labels else []
    unknown = ["its tags were not known when it was deleted"] if document.get("labels") is None else []
    return f"/v2/{project_id}/training-jobs", body, [*tags, *unknown]


def _build_v1(document: Document, project_id: str) -> tuple[str, dict[str, Any], list[str]]:
    job, row = read_object(document.get("job")), read_object(document.get("row"))
    found = job.get("versions")
    versions = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    newest = max(versions, key=lambda version: _number(version.get("version_id")), default={})
    head = {"job_name": job.get("job_name"), "job_desc": job.get("job_desc"), "workspace_id": row.get("workspace")}
    body = {key: value for key, value in head.items() if value is not None} | {"config": _pick(newest, _V1_CONFIG)}
    more = f"of its {len(versions)} versions this is the newest; `janitor tombstone show` has all"
    return f"/v1/{project_id}/training-jobs", body, [more] if len(versions) > 1 else []


def _pick(value: Any, shape: Mapping[str, Any]) -> Any:
    """What of a value has a place in this shape; an empty shape takes it whole, and each row of a list is picked from."""
    if not shape:
        return value
    if isinstance(value, list):
        return [_pick(each, shape) for each in value]
    if not isinstance(value, dict):
        return {}
    return {word: _pick(value[word], below) for word, below in shape.items() if value.get(word) is not None}


def _merge(rows: list[Any]) -> dict[str, Any]:
    """Variables as one object: answers may have a list of such (docs/modelarts-api.md, creating a job)."""
    return {key: value for row in rows if isinstance(row, dict) for key, value in row.items()}


def _number(value: Any) -> int:
    return value if isinstance(value, int) else -1


_BUILDERS: dict[str, Callable[[Document, str], tuple[str, dict[str, Any], list[str]]]] = {
    "modelarts/v2": _build_v2,
    "modelarts/v1": _build_v1,
}
"""By the platform that a tombstone names, so that its target need not be in the policy file any more."""
