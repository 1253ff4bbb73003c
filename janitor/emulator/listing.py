"""Owns the v2 list: what a search may say, and the page it gets (modelarts-api.md §1.3)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from janitor.emulator.candidates import Predicate
from janitor.emulator.document import Job
from janitor.emulator.filters import Condition, CreatedBetween, parse_filters
from janitor.emulator.narrowing import Narrowing, OnHost, parse_narrowing
from janitor.emulator.refusal import RefusedError, bad_body
from janitor.emulator.switches import Switches
from janitor.emulator.world import World

MAX_LIMIT = 50
DEFAULT_LIMIT = 10
"""The default is documented nowhere: a client that relies on it is wrong, so it is small enough to be noticed."""

_WORKSPACE = re.compile(r"0|[0-9A-Za-z-]{32,36}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A valid request for one page of jobs."""

    workspace: str
    offset: int
    limit: int
    order: str
    group_by: str
    conditions: tuple[Condition, ...]
    narrowing: Narrowing


class JobAnswer(BaseModel):
    """A job, as far as its shape is promised."""

    kind: str
    metadata: dict[str, Any]
    status: dict[str, Any]


class PageAnswer(BaseModel):
    """One page of jobs."""

    total: int
    count: int
    limit: int
    offset: int
    sort_by: str
    order: str
    group_by: str
    workspace_id: str
    ai_project: str
    items: list[JobAnswer]


def parse_search(body: bytes) -> Search:
    """Read and validate a request body; every field is optional."""
    fields = parse_object(body)
    _check_sorting(fields)
    return Search(
        workspace=_parse_workspace(fields.get("workspace_id", "0")),
        offset=_parse_integer(fields, "offset", 0, range(2**31)),
        limit=_parse_integer(fields, "limit", DEFAULT_LIMIT, range(1, MAX_LIMIT + 1)),
        order=fields.get("order", "desc"),
        group_by=str(fields.get("group_by", "")),
        conditions=parse_filters(fields.get("filters")),
        narrowing=parse_narrowing(fields),
    )


def parse_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; an empty body is an empty object."""
    try:
        fields = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise bad_body("it is no JSON") from None
    if not isinstance(fields, dict):
        raise bad_body("it is no JSON object")
    return fields


def build_page(world: World, search: Search) -> dict[str, Any]:
    """Answer a search: 1 find, 2 order, 3 cut the page, 4 count."""
    switches = world.switches
    if search.narrowing.tags and switches.tags == "absent":
        raise RefusedError(400, "ModelArts.2858", "Searching by tags is not supported.")
    workspace = search.workspace if switches.honour_workspace else None
    with world.at_once():
        matches = world.find(workspace, _conditions(world, search))
        jobs = [world.get(job_id) for job_id in _cut(matches, search, switches)]
    items = [render_job(job, switches, search.narrowing.hosts) for job in jobs if job is not None]
    everything = world.count(workspace)
    matching = len(matches)
    total, count = (everything, matching) if switches.count_mode == "matches" else (matching, len(items))
    page = {"total": total, "count": count} | _echo(search) | {"items": items}
    return page | {"console_revision": 7} if switches.unknown_fields else page


def render_job(job: Job, switches: Switches, hosts: OnHost | None = None) -> Job:
    """Show a job as the API does: its tasks' addresses only to who searched by hosts, and only those that match.

    Fields that no document names are scattered in where the switch says so.
    """
    status = job.get("status")
    if isinstance(status, dict) and "task_ips" in status:
        shown = {} if hosts is None else {"task_ips": hosts.tasks(job)}
        job = dict(job) | {"status": {name: value for name, value in status.items() if name != "task_ips"} | shown}
    if not switches.unknown_fields:
        return job
    strange = {"console_hint": {"pinned": False}}
    parts = {name: part | strange for name, part in job.items() if isinstance(part, dict)}
    return dict(job) | parts | strange


def _conditions(world: World, search: Search) -> tuple[Predicate, ...]:
    has_window = any(isinstance(condition, CreatedBetween) for condition in search.conditions)
    narrowing = search.narrowing.conditions(world.tags, world.clock(), has_window=has_window)
    return (*search.conditions, *narrowing)


def _cut(matches: Sequence[str], search: Search, switches: Switches) -> Sequence[str]:
    """Take the page's ids; the same rows are counted from the other end for a descending order."""
    first = search.offset * search.limit if switches.offset_mode == "page" else search.offset
    last = first + search.limit
    if search.order == "asc":
        return matches[first:last]
    size = len(matches)
    return matches[max(size - last, 0) : max(size - first, 0)][::-1]


def _echo(search: Search) -> dict[str, Any]:
    return {
        "limit": search.limit,
        "offset": search.offset,
        "sort_by": "create_time",
        "order": search.order,
        "group_by": search.group_by,
        "workspace_id": search.workspace,
        "ai_project": "default-ai-project",
    }


def _check_sorting(fields: dict[str, Any]) -> None:
    if fields.get("sort_by", "create_time") != "create_time":
        raise RefusedError(400, "ModelArts.2790", "Invalid sort_by: only create_time is supported.")
    if fields.get("order", "desc") not in ("asc", "desc"):
        raise RefusedError(400, "ModelArts.2790", "Invalid order: asc or desc is expected.")


def _parse_workspace(raw: object) -> str:
    if not isinstance(raw, str) or not _WORKSPACE.fullmatch(raw):
        raise RefusedError(400, "ModelArts.0102", "The workspace ID is invalid.")
    return raw


def _parse_integer(fields: dict[str, Any], name: str, default: int, allowed: range) -> int:
    value = fields.get(name, default)
    if type(value) is not int or value not in allowed:
        raise bad_body(f"{name} must be a whole number from {allowed[0]} to {allowed[-1]}")
    return value
