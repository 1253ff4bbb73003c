"""Owns the daemon's HTTP side: health and metrics, read-only, without a name of any job."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from janitor.service.health import Health
from janitor.service.metrics import Metrics

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def make_application(health: Health, metrics: Metrics) -> Starlette:
    """`/healthz`: 200 while the main loop turns. `/readyz`: 200 while the next sweep can be expected to work. `/metrics`."""

    def healthz(_request: Request) -> Response:
        return JSONResponse(health.as_json(), 200 if health.is_alive() else 503, _HEADERS)

    def readyz(_request: Request) -> Response:
        return JSONResponse(health.as_json(), 200 if health.is_alive() and health.is_ready() else 503, _HEADERS)

    def show_metrics(request: Request) -> Response:
        body, content_type = metrics.render(request.headers.get("Accept", ""))
        return Response(body, headers={**_HEADERS, "Content-Type": content_type})

    routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", show_metrics)]
    return Starlette(routes=routes)
