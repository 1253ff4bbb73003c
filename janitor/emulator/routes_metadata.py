"""Owns the metadata service of the machine that janitor would run on (modelarts-api.md §1.7, §4.4): no signature, no user.

Really it has an address of its own, 169.254.169.254; here it shares the port.
"""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import FastAPI, Header
from starlette.responses import PlainTextResponse, Response

from janitor.emulator.caller import json_response
from janitor.emulator.login import KeyAnswer
from janitor.emulator.refusal import IamRefusedError
from janitor.emulator.registry import IAM_ERRORS, ErrorBody, IamErrorBody, TheWorld, add_route
from janitor.emulator.routes_login import show_key
from janitor.emulator.world import World

LONGEST_S = 21_600
_ERROR_SCHEMA = {"anyOf": [{"$ref": f"#/components/schemas/{model.__name__}"} for model in (IamErrorBody, ErrorBody)]}
_JSON_ERRORS = {status: {"content": {"application/json": {"schema": _ERROR_SCHEMA}}} for status in IAM_ERRORS}
"""Errors are JSON, also where what is asked for is a text."""


def register(app: FastAPI) -> None:
    """Add the routes."""
    details: dict[str, Any] = {"response_class": PlainTextResponse, "response_model": None, "responses": _JSON_ERRORS}
    add_route(app, "PUT /meta-data/latest/api/token", issue_metadata_token, name="metadata_token", **details)
    line = "GET /openstack/latest/securitykey"
    add_route(app, line, give_agency_key, name="metadata", response_model=KeyAnswer, responses=IAM_ERRORS)


async def issue_metadata_token(
    world: TheWorld, x_metadata_token_ttl_seconds: Annotated[int, Header(ge=1, le=LONGEST_S)]
) -> Response:
    """Give a token for this service, as text, good for so many seconds."""
    _require(world, "served")
    return PlainTextResponse(world.identity.issue_metadata_token(timedelta(seconds=x_metadata_token_ttl_seconds)))


async def give_agency_key(world: TheWorld, x_metadata_token: Annotated[str | None, Header()] = None) -> Response:
    """Give the temporary key of the machine's agency; the same one until it is near its end."""
    _require(world, "served", "tokenless")
    if world.switches.metadata == "served" and not world.identity.is_metadata_token(x_metadata_token or ""):
        raise IamRefusedError(401, "The metadata token is missing, unknown or expired.")
    return json_response({"credential": show_key(world.identity.agency_key())})


def _require(world: World, *modes: str) -> None:
    if world.switches.metadata not in modes:
        raise IamRefusedError(404, "The metadata service has nothing here.")
