"""Owns the batch delete: what a request may say, which of its jobs may go, and all or some going (modelarts-api.md §1.4)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from janitor.emulator.actor import Actor
from janitor.emulator.document import text_of, workspace_of
from janitor.emulator.refusal import (
    RefusedError,
    bad_body,
    bad_parameter,
    delete_conflict,
    delete_forbidden,
    job_not_found,
)
from janitor.emulator.world import Answer, World

MAX_JOBS = 100
KINDS = frozenset(
    {
        *("job", "edge_job", "mrs_job", "hetero_job", "autosearch_job", "diag_job"),
        *("visualization_job", "federated_pool_job"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One job that a batch asks for, and the kind that it is said to be."""

    kind: str
    job_id: str


def parse_batch(body: dict[str, Any]) -> tuple[Item, ...]:
    """Read a request body; one that is wrong as a whole deletes nothing, in whatever mode."""
    raw = body.get("jobs")
    if not isinstance(raw, list) or not raw:
        raise bad_body("jobs must be an array of at least one item")
    if len(raw) > MAX_JOBS:
        raise bad_parameter(f"at most {MAX_JOBS} jobs can be deleted at a time")
    items = tuple(_parse_item(item) for item in raw)
    if len({item.job_id for item in items}) != len(items):
        raise bad_parameter("a job is named twice")
    return items


def read_batch_ids(body: bytes) -> tuple[str, ...]:
    """Return the ids that a body names, as far as it can be understood; for records and faults, which judge nothing."""
    try:
        return tuple(item.job_id for item in parse_batch(json.loads(body)))
    except (ValueError, AttributeError, RecursionError, RefusedError):
        return ()


def delete_batch(world: World, items: Sequence[Item], actor: Actor) -> None:
    """Accept what the mode allows, at one instant: 1 judge every item, 2 delete all or what can go, 3 raise the first error.

    The error of a partial deletion is the same as if nothing had been deleted: the platform says nothing per job.
    """
    with world.at_once():
        objections = {item.job_id: _objection(world, item, items[0]) for item in items}
        refused = [error for error in objections.values() if error is not None]
        if not refused or world.switches.batch_mode == "partial":
            for job_id in (job_id for job_id, error in objections.items() if error is None):
                world.delete(job_id, actor)
    if refused:
        raise refused[0]


def _parse_item(item: object) -> Item:
    fields = item if isinstance(item, dict) else {}
    metadata = fields.get("metadata")
    job_id = metadata.get("id") if isinstance(metadata, dict) else None
    if not isinstance(job_id, str) or not isinstance(fields.get("kind"), str):
        raise bad_body("each job needs a kind and a metadata.id")
    if fields["kind"] not in KINDS:
        raise bad_parameter(f"kind {fields['kind']!r:.40} does not exist")
    return Item(kind=fields["kind"], job_id=job_id)


def _objection(world: World, item: Item, first: Item) -> RefusedError | None:
    """Say why an item cannot go; None if it can."""
    answer = world.would_delete(item.job_id)
    job, leader = world.get(item.job_id), world.get(first.job_id)
    if job is None or answer is Answer.NOT_FOUND:
        return job_not_found(item.job_id, world.switches.not_found_style)
    if item.job_id in world.switches.forbidden_ids:
        return delete_forbidden()
    if answer is Answer.CONFLICT:
        return delete_conflict()
    if leader is not None and workspace_of(job) != workspace_of(leader):
        return bad_parameter("the jobs are not of one workspace")
    if text_of(job, "kind") != item.kind:
        return bad_parameter(f"job {item.job_id} is of another kind than {item.kind}")
    return None
