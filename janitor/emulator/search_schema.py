"""Owns how the OpenAPI document describes the bodies whose refusals have codes of their own, and which are read by hand."""

from typing import Any

_TEXTS = {"type": "array", "items": {"type": "string"}, "maxItems": 10}
_TEXT_KEYS = ["algorithm_name", "user_id", "pool_id", "training_experiment_id", "runtime_type", "priority"]
_FILTER = {
    "type": "object",
    "required": ["key", "value"],
    "properties": {
        "key": {"enum": ["id", "name", "kind", "phase", *_TEXT_KEYS]},
        "operator": {"enum": ["in", "not", "like"]},
        "value": _TEXTS,
    },
}
_TAG = {
    "type": "object",
    "required": ["key"],
    "properties": {"key": {"type": "string", "pattern": "^[a-z]{1,9}$"}, "values": {**_TEXTS, "uniqueItems": True}},
}
SEARCH: dict[str, Any] = {
    "type": "object",
    "properties": {
        "offset": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
        "limit": {"type": "integer", "minimum": 1, "maximum": 50},
        "sort_by": {"enum": ["create_time"]},
        "order": {"enum": ["asc", "desc"]},
        "group_by": {"type": "string"},
        "workspace_id": {"enum": ["0"]},
        "unified_jobs": {"type": "boolean"},
        "train_type": {"enum": ["job", "ftjob"]},
        "tags": {"type": "array", "items": _TAG, "maxItems": 10},
        "host_ips": {"type": "array", "items": {"type": "string", "format": "ipv4"}, "maxItems": 10},
        "filters": {"type": "array", "items": _FILTER, "maxItems": 20},
    },
}
_ITEM = {
    "type": "object",
    "required": ["kind", "metadata"],
    "properties": {
        "kind": {"enum": ["job", "hetero_job", "visualization_job"]},
        "metadata": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}}},
    },
}
BATCH: dict[str, Any] = {
    "type": "object",
    "required": ["jobs"],
    "properties": {"jobs": {"type": "array", "items": _ITEM, "minItems": 1, "maxItems": 100}},
}
ACTION: dict[str, Any] = {
    "type": "object",
    "required": ["action_type"],
    "properties": {"action_type": {"enum": ["terminate"]}},
}


def body_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Describe a JSON body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
