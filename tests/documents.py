"""Raw ModelArts v2 job documents for the emulator, built without any code of janitor."""

import uuid
from itertools import count
from typing import Any

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
_numbers = count(1)


def make_document(now_ms: int, days_ago: float = 100, phase: str = "Failed", **metadata: Any) -> dict[str, Any]:
    """A job that ran for an hour and ended so many days ago; active ones have no end."""
    number = next(_numbers)
    end = round(now_ms - days_ago * DAY_MS)
    active = phase in ("Creating", "Pending", "Running")
    return {
        "kind": "job",
        "metadata": {
            "id": str(uuid.UUID(int=number + (4 << 76) + (8 << 60))),
            "name": f"trial-{number}",
            "description": "",
            "create_time": end - 2 * HOUR_MS,
            "workspace_id": "0",
            "user_name": ("ann", "bob", "ci-bot")[number % 3],
            "annotations": {},
        }
        | metadata,
        "status": {
            "phase": phase,
            "secondary_phase": phase,
            "duration": 0 if active else HOUR_MS,
            "start_time": end - HOUR_MS,
            "node_count_metrics": None,
            "tasks": ["worker-0"],
        },
        "algorithm": {},
        "spec": {"resource": {"flavor_id": "modelarts.vm.cpu.8u", "node_count": 1}},
    }


GPU, NPU = {"gpu": {"unit_num": 8, "product_name": "NVIDIA-V100"}}, {"npu": {"unit_num": "8", "product_name": "snt9b"}}


def in_experiment(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The same job as part of an experiment."""
    reference = {"name": name, "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), "serial_number": "3"}
    document["metadata"]["training_experiment_reference"] = reference
    return document


def running_on(
    document: dict[str, Any], cards: dict[str, Any], *, flavor: str = "modelarts.p3", pool: str | None = None, nodes: int = 1
) -> dict[str, Any]:
    """The same job on machines with these cards (`GPU`, `NPU`, {} for none), of a pool or of the public one."""
    kind = {"gpu": "GPU", "npu": "Ascend"}[next(iter(cards))] if cards else "CPU"
    detail = {"flavor_type": kind, "flavor_info": {"cpu": {"core_num": 64}, **cards}}
    resource = {"flavor_id": flavor, "node_count": nodes, "flavor_detail": detail}
    document["spec"]["resource"] = resource | ({} if pool is None else {"pool_id": pool})
    return document


def never_started(document: dict[str, Any]) -> dict[str, Any]:
    """The same job as if it had ended without ever starting."""
    document["status"] |= {"start_time": 0, "duration": 0}
    return document
