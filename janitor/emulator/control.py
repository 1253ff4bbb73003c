"""Owns the unsigned routes under /_emulator/ with which a test drives an emulator in another process.

They are no part of ModelArts; the server listens on loopback only.
"""

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator import control_v1
from janitor.emulator.caller import json_response
from janitor.emulator.control_identity import parse_identity_change, show_identity
from janitor.emulator.faults import Fault, Scripted
from janitor.emulator.journal import RequestRecord
from janitor.emulator.registry import TheFaults, TheJournal, TheV1, TheWorld
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1

PREFIX = "/_emulator"
_FAULT_FIELDS = frozenset(field.name for field in fields(Fault)) - {"_", "change"}


def register(app: FastAPI) -> None:
    """Add the routes; they stay out of the OpenAPI document, and a mistake in a request is a 400 with its reason."""
    for path, method, endpoint in (
        ("/faults", "GET", list_faults),
        ("/faults", "POST", add_fault),
        ("/faults", "DELETE", clear_faults),
        ("/requests", "GET", list_requests),
        ("/jobs", "GET", list_jobs),
        ("/jobs", "POST", add_jobs),
        ("/jobs/{job_id}", "PATCH", change_job),
        ("/jobs/{job_id}", "DELETE", remove_job),
        ("/truth", "GET", list_truth),
        ("/identity", "GET", get_identity),
        ("/identity", "POST", change_identity),
    ):
        name = f"control {method} {path}"
        app.add_api_route(PREFIX + path, endpoint, methods=[method], include_in_schema=False, name=name)
    control_v1.register(app, PREFIX)
    for kind in (ValueError, TypeError, KeyError):
        app.add_exception_handler(kind, _bad_request)


async def list_faults(faults: TheFaults) -> Response:
    """Return every scripted fault with its counts."""
    return json_response([_describe(scripted) for scripted in faults.scripted()])


async def add_fault(request: Request, faults: TheFaults, v1: TheV1) -> Response:
    """Add the fault in the body: the fields of `Fault`; `change` is an object, see `parse_change`."""
    faults.add(parse_fault(await request.json(), v1))
    return json_response({}, 201)


async def clear_faults(faults: TheFaults) -> Response:
    """Forget every fault."""
    faults.clear()
    return json_response({})


async def list_requests(journal: TheJournal) -> Response:
    """Return what was asked so far."""
    return json_response([_show(record) for record in journal.records()])


async def list_jobs(world: TheWorld) -> Response:
    """Return every job of every workspace, oldest first."""
    return json_response(world.jobs())


async def add_jobs(request: Request, world: TheWorld) -> Response:
    """Add one job, or an array of jobs."""
    body = await request.json()
    for job in body if isinstance(body, list) else [body]:
        world.add(job)
    return json_response({}, 201)


async def change_job(request: Request, world: TheWorld, job_id: str) -> Response:
    """Set fields of a job."""
    world.change(job_id, **await request.json())
    return json_response(world.get(job_id))


async def remove_job(world: TheWorld, job_id: str) -> Response:
    """Let a third party delete a job."""
    world.remove(job_id)
    return json_response({})


async def list_truth(world: TheWorld) -> Response:
    """Return the truth log."""
    world.settle()
    return json_response([asdict(record) for record in world.truth])


async def get_identity(world: TheWorld) -> Response:
    """Return the project, users, keys and tokens, without their secrets."""
    return json_response(show_identity(world.identity))


async def change_identity(request: Request, world: TheWorld) -> Response:
    """Change the identities as the body says, see `parse_identity_change`."""
    parse_identity_change(await request.json())(world.identity)
    return json_response(show_identity(world.identity))


def parse_fault(document: dict[str, Any], v1: WorldV1) -> Fault:
    """Read a fault from JSON; an unknown field is refused."""
    known = dict(document)
    change = known.pop("change", None)
    if unknown := sorted(known.keys() - _FAULT_FIELDS):
        raise ValueError(f"a fault has no field {unknown[0]}")
    return Fault(**known, change=None if change is None else parse_change(change, v1))


def parse_change(document: dict[str, Any], v1: WorldV1) -> Callable[[World], object]:
    """Read a change: {"add": job}, {"remove": id}, {"change": id, "fields": {…}}, {"identity": {"action": …}} or {"v1": …}."""
    match document:
        case {"add": dict(job)}:
            return lambda world: world.add(job)
        case {"remove": str(job_id)}:
            return lambda world: world.remove(job_id)
        case {"change": str(job_id), "fields": dict(changed)}:
            return lambda world: world.change(job_id, **changed)
        case {"identity": dict(wanted)}:
            change = parse_identity_change(wanted)
            return lambda world: change(world.identity)
        case {"v1": dict(wanted)}:
            change_v1 = control_v1.parse_change_v1(wanted)
            return lambda _: change_v1(v1)
        case _:
            jobs = "{add: job}, {remove: id}, {change: id, fields: {...}}"
            raise ValueError(f"a change is {jobs}, {{identity: {{action: ...}}}} or {{v1: {{...}}}}")


def _show(record: RequestRecord) -> dict[str, Any]:
    return asdict(record) | {"job_id": record.job_id, "at": record.at.isoformat(), "body": record.body.decode(errors="replace")}


def _describe(scripted: Scripted) -> dict[str, Any]:
    fault = {name: getattr(scripted.fault, name) for name in sorted(_FAULT_FIELDS)}
    body = fault["body"]
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    return fault | {"body": text, "headers": dict(scripted.fault.headers), "seen": scripted.seen, "struck": scripted.struck}


async def _bad_request(request: Request, error: Exception) -> Response:
    """Tell a mistake in a control request; on a route of the API it is the emulator's own, and must not look like an answer."""
    if not request.url.path.startswith(PREFIX):
        raise error
    return json_response({"error": f"{type(error).__name__}: {error}"}, 400)
