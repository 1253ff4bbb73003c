"""Owns the path of one API request, from raw bytes to the wire; which API serves it is the router's business.

Everything under /_emulator/ passes by: no signature, no faults, no record.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from itertools import count

from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from janitor.emulator.batch import read_batch_ids
from janitor.emulator.caller import access_key_of
from janitor.emulator.credential import credential_of
from janitor.emulator.delivery import Channel, Delivery, Whole, deliver, status_of
from janitor.emulator.effects import struck_by
from janitor.emulator.exchange import Exchange
from janitor.emulator.faults import Fault, FaultScript
from janitor.emulator.gate import Gate
from janitor.emulator.journal import Journal, RequestRecord, without_secret_body, without_secrets
from janitor.emulator.list_effects import SHAPES, rows_of
from janitor.emulator.principal import Principal
from janitor.emulator.received import Received
from janitor.emulator.refusal import IamRefusedError, RefusedError, no_project, unknown_path, wrong_method, wrong_project
from janitor.emulator.reply import Reply, refusal_reply
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1

CONTROL_PREFIX = "/_emulator/"
UNSIGNED = frozenset({"login", "metadata", "metadata_token"})
"""The routes that ask nobody who they are, whatever credential is sent."""
MAY_BE_UNSIGNED = "temporary_key"
"""Its credential may stand in the body."""
IAM = frozenset({"identity", "auth_projects", "temporary_key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What the router makes of a path: a route's name, and whether the method is one of its own."""

    name: str = ""
    is_known: bool = False
    has_method: bool = False
    params: dict[str, str] = field(default_factory=dict)


class Pipeline:
    """The ASGI application in front of the router."""

    def __init__(self, router: FastAPI, world: World, v1: WorldV1, faults: FaultScript, journal: Journal) -> None:
        self._router = router
        self._world = world
        self._v1 = v1
        self._faults = faults
        self._journal = journal
        self._gate = Gate(world.identity)
        self._numbers = count(1)
        self._previous_pages: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request.

        1 read it whole, 2 find the route, 3 see which faults strike, 4 handle it under them, 5 record, 6 deliver.
        """
        scope["state"] |= {"world": self._world, "v1": self._v1, "faults": self._faults, "journal": self._journal}
        if scope["path"].startswith(CONTROL_PREFIX):
            await self._router(scope, receive, send)
            return
        if self._world.switches.latency_s:
            await asyncio.sleep(self._world.switches.latency_s)
        received = await self._read(scope, receive)
        if received is None:
            return
        target = _resolve(self._router, scope)
        exchange = self._exchange(received, target)
        faults = self._faults.striking(exchange.route, exchange.job_ids)
        if faults and exchange.route in self._previous_pages:
            exchange = replace(exchange, previous_page=rows_of(exchange.route, self._previous_pages[exchange.route]))

        async def handle() -> Delivery:
            return Whole(reply=await self._handle(scope, received, target))

        delivery = await struck_by(faults, exchange, handle)
        self._remember_page(exchange, delivery)
        self._journal.append(_record(exchange, delivery, faults))
        extra = (("date", format_datetime(self._world.identity.now(), usegmt=True)), ("x-request-id", received.request_id))
        await deliver(delivery, Channel(wire=scope["state"]["wire"], receive=receive, send=send), extra)

    async def _read(self, scope: Scope, receive: Receive) -> Received | None:
        """Read the whole request; None where the client went away in the middle of it."""
        body = b""
        message: Message = {"more_body": True}
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message["body"]
        return Received(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
            body=body,
            at=self._world.clock(),
            connection=scope["state"]["wire"].connection,
            request_id=f"{next(self._numbers):032x}",
        )

    async def _handle(self, scope: Scope, received: Received, target: _Target) -> Reply:
        """Answer a request honestly: unknown path, then identity, then project, then method, then the route itself."""
        try:
            if not target.is_known:
                raise unknown_path()
            principal = self._admit(received, target)
            if principal is not None:
                _check_project(received, target, principal)
            if not target.has_method:
                raise wrong_method()
            scope["state"] |= {"received": received, "principal": principal}
            return await _routed(self._router, scope, received)
        except RefusedError as refused:
            return refusal_reply(refused, received.request_id)

    def _admit(self, received: Received, target: _Target) -> Principal | None:
        """Say for whom a request is; None where the route asks nobody. IAM has words of its own for a bad token."""
        is_signed = received.header("authorization") is not None
        has_token = received.header("x-auth-token") is not None
        if target.name in UNSIGNED or (target.name == MAY_BE_UNSIGNED and not is_signed and not has_token):
            return None
        try:
            return self._gate.admit(received, self._world.identity.now())
        except RefusedError as refused:
            if target.name in IAM and has_token and not is_signed:
                raise IamRefusedError(401, "The token must be updated.") from refused
            raise

    def _exchange(self, received: Received, target: _Target) -> Exchange:
        route = target.name if target.has_method else ""
        return Exchange(
            received=received,
            route=route,
            job_ids=_job_ids(received, target),
            world=self._world,
            previous_page=(),
            v1=self._v1,
            version_id=target.params.get("version_id"),
        )

    def _remember_page(self, exchange: Exchange, delivery: Delivery) -> None:
        if exchange.route in SHAPES and isinstance(delivery, Whole) and delivery.reply.status == 200:
            self._previous_pages[exchange.route] = delivery.reply.body


def _check_project(received: Received, target: _Target, principal: Principal) -> None:
    """Refuse a path or a header that names another project than the credential's."""
    claimed = [each for each in (target.params.get("project_id"), received.header("x-project-id")) if each]
    if principal.project is None and "project_id" in target.params:
        raise no_project()
    if principal.project is not None and any(each != principal.project.id for each in claimed):
        raise wrong_project()


def _resolve(router: FastAPI, scope: Scope) -> _Target:
    """Ask the router's own routes, so that there is one table of paths; an exact match wins over a wrong method."""
    partial = _Target()
    for route in router.routes:
        match, child = route.matches(scope)
        if match is Match.NONE:
            continue
        is_full = match is Match.FULL
        name = str(getattr(route, "name", ""))
        found = _Target(name=name, is_known=True, has_method=is_full, params=child.get("path_params", {}))
        if is_full:
            return found
        partial = found
    return partial


def _job_ids(received: Received, target: _Target) -> tuple[str, ...]:
    """Return the jobs that a request names, in its path or as a batch."""
    if target.name == "batch_delete" and target.has_method:
        return read_batch_ids(received.body)
    job_id = target.params.get("job_id")
    return () if job_id is None else (job_id,)


async def _routed(router: FastAPI, scope: Scope, received: Received) -> Reply:
    """Let the router's endpoint answer, and catch what it sends."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": received.body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await router(scope, receive, send)
    headers = tuple((name.decode(), value.decode()) for name, value in sent[0]["headers"] if name != b"content-length")
    return Reply(status=sent[0]["status"], headers=headers, body=b"".join(each.get("body", b"") for each in sent[1:]))


def _record(exchange: Exchange, delivery: Delivery, faults: Sequence[Fault]) -> RequestRecord:
    received = exchange.received
    return RequestRecord(
        method=received.method,
        path=received.path,
        query=received.query,
        route=exchange.route,
        job_ids=exchange.job_ids,
        status=status_of(delivery),
        access_key=access_key_of(received),
        credential=credential_of(received, exchange.route, exchange.world.identity),
        at=received.at,
        headers=without_secrets(received.headers),
        body=without_secret_body(received),
        connection=received.connection,
        request_id=received.request_id,
        faults=tuple(fault.action for fault in faults),
    )
