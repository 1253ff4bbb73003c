"""Owns the console as one application: the pages behind the gate, the login, the stream, and strict headers around it all."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from janitor.console.doorkeeper import Doorkeeper
from janitor.console.gate import Gate
from janitor.console.live import LIVE, Live
from janitor.console.login import Login
from janitor.console.refusal import Refusal, answer, retry_of
from janitor.console.rules import Rules
from janitor.console.visit import Visit
from janitor.core.errors import LedgerError
from janitor.core.text import inert


class Inner:
    """The routes, and how they fail: what is not there, and a ledger that cannot be read, are pages that say so."""

    def __init__(self, routes: Sequence[BaseRoute], scrub: Callable[[str], str]) -> None:
        self._scrub = scrub
        handlers = {HTTPException: self._refused, LedgerError: self._untrusted}
        self.application = Starlette(routes=list(routes), exception_handlers=handlers)  # type: ignore[arg-type]  # each gets its own error
        self.application.router.redirect_slashes = False

    def _refused(self, request: Request, error: HTTPException) -> Response:
        text = {404: "there is no such page"}.get(error.status_code, error.detail)
        refusal = Refusal(status=error.status_code, text=text, headers=error.headers or {})
        return answer(refusal, Visit.of(request.scope))

    def _untrusted(self, request: Request, error: LedgerError) -> Response:
        text = inert(self._scrub(str(error)), 2000)
        return answer(
            Refusal(status=503, text=f"the ledger cannot be read: {text}", headers=retry_of(error)), Visit.of(request.scope)
        )


def make_gate(pages: Sequence[BaseRoute], live: Live, rules: Rules, doorkeeper: Doorkeeper, scrub: Callable[[str], str]) -> Gate:
    """The pages and the stream behind the gate, and beside them the way to log in; `scrub` takes known secrets out of a text."""
    inner = Inner([*pages, Route(LIVE, live.answer)], scrub)
    gate = Gate(inner.application, rules, doorkeeper)
    inner.application.router.routes[:0] = Login(gate).routes()
    return gate
