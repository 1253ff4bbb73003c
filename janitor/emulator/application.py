"""Owns the assembly: which routes exist, and the pipeline in front of them."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator.caller import received_of
from janitor.emulator.control import PREFIX, ControlRoutes
from janitor.emulator.faults import FaultScript
from janitor.emulator.journal import Journal
from janitor.emulator.pipeline import Pipeline
from janitor.emulator.refusal import RefusedError
from janitor.emulator.routes_identity import IdentityRoutes
from janitor.emulator.routes_jobs import JobRoutes
from janitor.emulator.routes_quotas import QuotaRoutes
from janitor.emulator.routes_workspaces import WorkspaceRoutes
from janitor.emulator.world import World


def build_application(world: World, faults: FaultScript, journal: Journal) -> Pipeline:
    """Build the ASGI application of an emulator."""
    router = FastAPI(
        title="ModelArts v2 (emulated)",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    JobRoutes(world).register(router)
    IdentityRoutes(world.account).register(router)
    WorkspaceRoutes(world).register(router)
    QuotaRoutes(world).register(router)
    ControlRoutes(world, faults, journal).register(router)
    router.add_exception_handler(RefusedError, _refuse)
    return Pipeline(router, world, faults, journal)


async def _refuse(request: Request, error: Exception) -> Response:
    """Turn a route's refusal into its answer."""
    if not isinstance(error, RefusedError):
        raise error
    body = error.body(received_of(request).request_id)
    return Response(body, status_code=error.status, media_type="application/json")
