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


def never_started(document: dict[str, Any]) -> dict[str, Any]:
    """The same job as if it had ended without ever starting."""
    document["status"] |= {"start_time": 0, "duration": 0}
    return document
