"""Owns the files that the pages load: a closed list, read once, each with its type and a name that changes with its content."""

from hashlib import sha256
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_TYPES = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "vendor/htmx.min.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_FOR_GOOD = "public, max-age=31536000, immutable"


class StaticFiles:
    """The files in memory."""

    def __init__(self) -> None:
        folder = files("janitor.console") / "static"
        self._bodies = {name: folder.joinpath(*name.split("/")).read_bytes() for name in _TYPES}
        self._tags = {name: sha256(body).hexdigest()[:12] for name, body in self._bodies.items()}

    def address(self, name: str) -> str:
        """Where a file is: a changed one is at another place, so that no old one is shown."""
        return f"/static/{name}?v={self._tags[name]}"

    def route(self) -> Route:
        """Serves them, and nothing else."""
        return Route("/static/{name:path}", self._show)

    def _show(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._bodies:
            return PlainTextResponse("there is no such file\n", 404)
        lasts = _FOR_GOOD if request.query_params.get("v") == self._tags[name] else "no-cache"
        return Response(self._bodies[name], media_type=_TYPES[name], headers={"Cache-Control": lasts})
