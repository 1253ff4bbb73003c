"""Owns how a route learns what the pipeline already knows about its request."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator.actor import Actor
from janitor.emulator.principal import Principal
from janitor.emulator.received import Received
from janitor.emulator.signature import parse_claim


def received_of(request: Request) -> Received:
    """Return the request as it came over the wire."""
    received = request.state.received
    if not isinstance(received, Received):
        raise TypeError("the route was reached without its pipeline")
    return received


def principal_of(request: Request) -> Principal | None:
    """Return whom the request is for; None on a route that asks nobody who they are."""
    principal = request.state.principal
    return principal if isinstance(principal, Principal) else None


def access_key_of(received: Received) -> str | None:
    """Return the key that a request says it was signed with, true or not."""
    claim = parse_claim(received.header("authorization") or "")
    return None if claim is None else claim.access_key


def actor_of(received: Received) -> Actor:
    """Name the request as the cause of a change."""
    return Actor(
        source="api",
        access_key=access_key_of(received),
        path=received.path,
        request_id=received.request_id,
    )


def json_response(document: Any, status: int = 200) -> Response:
    """Answer with a JSON document; escapes keep even a lone surrogate in a name on the wire."""
    return Response(json.dumps(document), status_code=status, media_type="application/json")
