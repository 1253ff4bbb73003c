"""The emulator's own routes, called in this process: no socket, no signature, everything behind them as it is."""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.responses import Response

from janitor.emulator import routes_jobs, routes_tag_search, routes_tags, routes_v1
from janitor.emulator.actor import Actor
from janitor.emulator.batch import read_batch_ids
from janitor.emulator.caller import actor_of, json_response
from janitor.emulator.listing_v1 import ListQuery, VersionsQuery
from janitor.emulator.received import Received
from janitor.emulator.refusal import RefusedError
from janitor.emulator.refusal_v1 import is_v1, refusal_reply_v1
from janitor.emulator.reply import Reply, refusal_reply
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, understood: its route, and what its path names."""

    received: Received
    route: str
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def job_ids(self) -> tuple[str, ...]:
        """The jobs that it names."""
        if self.route == "batch_delete":
            return read_batch_ids(self.received.body)
        return (self.parts["job_id"],) if "job_id" in self.parts else ()

    @property
    def actor(self) -> Actor:
        return actor_of(self.received)

    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.received.query).items()}

    def numbers(self) -> dict[str, int]:
        """Limit and offset, as far as they were given."""
        return {name: int(value) for name, value in self.query().items() if name in ("limit", "offset")}


async def list_projects(asked: Asked, world: World) -> Response:
    """The account's own project, where it is asked for by its name."""
    project = world.identity.project
    is_asked_for = asked.query().get("name", project.name) == project.name
    return json_response({"projects": [{"id": project.id, "name": project.name}] if is_asked_for else []})


Handler = Callable[[Asked, World, WorldV1], Coroutine[Any, Any, Response]]
V2, V1 = "/v2/[0-9a-z-]+", "/v1/[0-9a-z-]+"
JOB, TAGS = f"{V2}/training-jobs", f"{V2}/modelarts-training-job"

ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("list", "POST", f"{V2}/training-job-searches", lambda asked, w, _: routes_jobs.list_jobs(w, asked.received.body)),
    (
        "batch_delete",
        "POST",
        f"{JOB}/batch-delete",
        lambda asked, w, _: routes_jobs.delete_jobs(w, asked.received.body, asked.actor),
    ),
    ("get", "GET", f"{JOB}/(?P<job_id>[^/]+)", lambda asked, w, _: routes_jobs.get_job(w, asked.parts["job_id"])),
    (
        "delete",
        "DELETE",
        f"{JOB}/(?P<job_id>[^/]+)",
        lambda asked, w, _: routes_jobs.delete_job(w, asked.parts["job_id"], asked.actor),
    ),
    (
        "find_by_tags",
        "POST",
        f"{TAGS}/resource-instances/filter",
        lambda asked, w, _: routes_tag_search.find_jobs(
            w, routes_tag_search.TagSearch.model_validate_json(asked.received.body), **asked.numbers()
        ),
    ),
    ("all_tags", "GET", f"{TAGS}/tags", lambda asked, w, _: routes_tags.list_all_tags(w, **asked.numbers())),
    ("tags", "GET", f"{TAGS}/(?P<job_id>[^/]+)/tags", lambda asked, w, _: routes_tags.list_tags(w, asked.parts["job_id"])),
    ("identity", "GET", "/v3/projects", lambda asked, w, _: list_projects(asked, w)),
    (
        "v1_list",
        "GET",
        f"{V1}/training-jobs",
        lambda asked, w, v1: routes_v1.list_jobs(w, v1, ListQuery.model_validate(asked.query())),
    ),
    (
        "v1_versions",
        "GET",
        f"{V1}/training-jobs/(?P<job_id>[0-9]+)/versions",
        lambda asked, w, v1: routes_v1.list_versions(w, v1, asked.parts["job_id"], VersionsQuery.model_validate(asked.query())),
    ),
    (
        "v1_delete",
        "DELETE",
        f"{V1}/training-jobs/(?P<job_id>[0-9]+)",
        lambda asked, w, v1: routes_v1.delete_job(w, v1, asked.parts["job_id"], asked.actor),
    ),
)
_COMPILED = tuple((name, method, re.compile(path), handler) for name, method, path, handler in ROUTES)
LOOKING = frozenset({"get", "v1_versions"})
TELLING = LOOKING | {"list", "find_by_tags", "all_tags", "tags", "identity"}
"""What tells of jobs, their labels, or the project that they are in."""
DELETING = frozenset({"delete", "batch_delete", "v1_delete"})


def resolve(received: Received) -> Asked:
    """Find a request's route; raises LookupError where the simulation knows none, which is a gap of it."""
    for name, method, path, _ in _COMPILED:
        found = path.fullmatch(received.path)
        if found and method == received.method:
            return Asked(received=received, route=name, parts={key: unquote(value) for key, value in found.groupdict().items()})
    raise LookupError(f"the simulation has no route for {received.method} {received.path}")


def answer(asked: Asked, world: World, v1: WorldV1) -> Reply:
    """What the emulator answers."""
    handler = next(handler for name, _, _, handler in _COMPILED if name == asked.route)
    try:
        response: Response = run(handler(asked, world, v1))
    except RefusedError as refused:
        if is_v1(asked.route):
            return refusal_reply_v1(refused, world.switches)
        return refusal_reply(refused, asked.received.request_id)
    kind = (("content-type", response.media_type),) if response.media_type else ()
    return Reply(status=response.status_code, headers=kind, body=bytes(response.body))


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    raise RuntimeError("the emulator waited for something, and nothing of a simulation waits")
