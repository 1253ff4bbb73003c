"""Owns the reading and writing of quotas (modelarts-api.md §1.2 rows 15 and 16).

The account has one user, who owns all jobs of the world, those on their way out included.
"""

from typing import Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.quotas import ALLOWED, JOBS, MOST, RETENTION, Quota
from janitor.emulator.refusal import RefusedError, bad_parameter, unknown_path
from janitor.emulator.registry import TheWorld, add_route
from janitor.emulator.world import World

QUOTAS = "/v2/{project_id}/training-quotas"
Resource = Literal["job-num", "visual-job-num", "job-retention-enabled", "job-num-quota-notify"]


class ShownQuota(BaseModel):
    """A quota and how much of it is used."""

    resource: str
    quota: int
    used: int


class ShownQuotas(BaseModel):
    """The quotas that were asked for."""

    quotas: list[ShownQuota]


class NewQuota(BaseModel):
    """One quota to write."""

    model_config = ConfigDict(strict=True)
    resource: Resource
    quota: int = Field(ge=0, le=MOST)
    extra_info: str | None = None


class NewQuotas(BaseModel):
    """The quotas to write, of the caller where no user is named."""

    model_config = ConfigDict(strict=True)
    user_id: str | None = None
    quotas: list[NewQuota] = Field(min_length=1, max_length=len(ALLOWED))


class WrittenQuotas(BaseModel):
    """What was written, and whose it is."""

    user_id: str
    quotas: list[NewQuota]


def register(app: FastAPI) -> None:
    """Add the routes."""
    add_route(app, f"GET {QUOTAS}", list_quotas, name="quota", response_model=ShownQuotas)
    add_route(app, f"PUT {QUOTAS}", write_quotas, name="write_quota", response_model=WrittenQuotas)


async def list_quotas(world: TheWorld, resource: str = JOBS, user_id: str | None = None) -> Response:
    """Return the quota of jobs, or whether ended jobs age (as 0 or 1, of which nothing is used up)."""
    _admit(world, user_id)
    readable = [JOBS] if world.switches.aging == "hidden" else [JOBS, RETENTION]
    if resource not in readable:
        raise bad_parameter(f"resource can only be {' or '.join(readable)}")
    with world.at_once():
        if resource == RETENTION:
            return json_response({"quotas": [{"resource": RETENTION, "quota": int(world.quotas.ages_all()), "used": 0}]})
        limit = world.quotas.limit(world.switches.quota_limit)
        return json_response({"quotas": [{"resource": JOBS, "quota": limit, "used": world.count()}]})


async def write_quotas(world: TheWorld, body: NewQuotas) -> Response:
    """Write quotas, all or none."""
    _admit(world, body.user_id)
    for wrong in (each for each in body.quotas if each.quota not in ALLOWED[each.resource]):
        raise bad_parameter(f"quota {wrong.quota} of {wrong.resource}")
    with world.at_once():
        for each in body.quotas:
            world.quotas.write(Quota(resource=each.resource, quota=each.quota, extra_info=each.extra_info or ""))
    quotas = [each.model_dump(exclude_none=True) for each in body.quotas]
    return json_response({"user_id": world.account.user_id, "quotas": quotas})


def _admit(world: World, user_id: str | None) -> None:
    switches = world.switches
    if switches.quota == "absent":
        raise unknown_path()
    if switches.quota == "refused" or user_id not in (None, world.account.user_id):
        raise RefusedError(403, "ModelArts.0108", "The user is not authorized to access these quotas.")
