"""Answers for Cloud Custodian's filter engine, in a virtual environment that has nothing of janitor. Started by verdicts.py."""

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bench.inventory import DAYS, GLOB, LAST, PHASES, Engine, Row, answer_questions

os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"  # its policies are for resources of a cloud; nothing is asked there

from c7n.config import Config  # type: ignore[import-not-found]
from c7n.loader import PolicyLoader  # type: ignore[import-not-found]
from c7n.resources import load_resources  # type: ignore[import-not-found]
from c7n.version import version  # type: ignore[import-not-found]

FILTERS = [
    {"type": "value", "key": "State", "op": "in", "value": list(PHASES)},
    {"type": "value", "key": "Name", "op": "glob", "value": GLOB},
    {"type": "reduce", "group-by": "Experiment", "sort-by": "Finished", "order": "desc", "discard": LAST},
    {"type": "value", "key": "Finished", "value_type": "age", "op": "gt", "value": DAYS},
]
"""In this order its `reduce` counts all ended jobs of an experiment, as `keep` does."""


def make_manager() -> Any:
    """Its filter engine, loaded with the policy."""
    load_resources(("aws.ebs",))
    config = Config.empty(region="eu-west-1", account_id="123456789012", output_dir="null://", cache=None)
    policy = {"name": "bench", "resource": "aws.ebs", "filters": FILTERS}
    (loaded,) = PolicyLoader(config).load_data({"policies": [policy]}, "memory://")
    return loaded.resource_manager


def describe(row: Row, finished: Any) -> dict[str, Any]:
    """A job as a resource of the kind that it filters."""
    return {
        "VolumeId": row.id,
        "Name": row.name,
        "State": row.phase,
        "Experiment": row.experiment,
        "Finished": finished,
        "Tags": [],
    }


def with_times(rows: Iterable[Row], _now: datetime) -> list[dict[str, Any]]:
    """Times as values, as its AWS client hands them over."""
    return [describe(row, row.finished_at) for row in rows]


def with_texts(rows: Iterable[Row], _now: datetime) -> list[dict[str, Any]]:
    """Times as text, as most platforms send them."""
    return [describe(row, row.finished_at.isoformat(timespec="microseconds")) for row in rows]


def read_ids(_resources: Any, selected: list[dict[str, Any]]) -> list[str]:
    """The ids of what it selected."""
    return [resource["VolumeId"] for resource in selected]


if __name__ == "__main__":
    manager = make_manager()
    answer_questions(
        {
            name: Engine(version=f"c7n {version}", prepare=prepare, select=manager.filter_resources, read_ids=read_ids)
            for name, prepare in (("c7n", with_times), ("c7n-texts", with_texts))
        }
    )
