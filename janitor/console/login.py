"""Owns logging in and out: a form that takes a token once, and gives a session for it."""

import asyncio
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from janitor.console.doorkeeper import make_cookie, session_of, unknown
from janitor.console.gate import LOGIN, LOGOUT, Gate, own_address
from janitor.console.refusal import Refusal, answer, show
from janitor.console.visit import Visit
from janitor.settings.model import ConsoleToken

LARGEST_FORM = 16 * 1024
FORM_WITHIN_S = 5.0
_FORM = "application/x-www-form-urlencoded"


class Login:
    """The form and what it leads to; nothing of the ledger is touched."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def routes(self) -> list[BaseRoute]:
        """The two addresses that may be posted to."""
        return [
            Route(LOGIN, self.show, methods=["GET"]),
            Route(LOGIN, self.enter, methods=["POST"]),
            Route(LOGOUT, self.leave, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The form, or the page that was wanted where who asks is known already."""
        visit, wanted = Visit.of(request.scope), own_address(request.query_params.get("next", "/"))
        rules = self._gate.rules
        if rules.is_open or isinstance(self._gate.doorkeeper.who(visit, rules), str):
            return RedirectResponse(wanted, 303)
        return _form(wanted) if rules.tokens else answer(unknown(rules), visit)

    async def enter(self, request: Request) -> Response:
        """Take the token, begin a session, and go on to the page that was wanted."""
        visit, rules = Visit.of(request.scope), self._gate.rules
        form = await _read_form(request)
        if isinstance(form, Refusal):
            return answer(form, visit)
        wanted = own_address(form.get("next", "/"))
        if not rules.tokens:
            return RedirectResponse(wanted, 303) if rules.is_open else answer(unknown(rules), visit)
        found = self._gate.doorkeeper.try_token(visit, rules, form.get("token", "").strip())
        if not isinstance(found, ConsoleToken):
            return _form(wanted, found)
        self._end_session(visit)
        session_id = self._gate.doorkeeper.enter(visit, found)
        return RedirectResponse(wanted, 303, {"Set-Cookie": make_cookie(visit, rules, session_id)})

    async def leave(self, request: Request) -> Response:
        """End the session."""
        visit = Visit.of(request.scope)
        self._end_session(visit)
        return RedirectResponse(LOGIN, 303, {"Set-Cookie": make_cookie(visit, self._gate.rules, "")})

    def _end_session(self, visit: Visit) -> None:
        session_id = session_of(visit, self._gate.rules)
        if session_id is not None:
            self._gate.doorkeeper.sessions.end(session_id)


def _form(wanted: str, refusal: Refusal | None = None) -> Response:
    if refusal is None:
        return show("login.html", wanted=wanted, problem=None)
    headers = {name: value for name, value in refusal.headers.items() if name != "WWW-Authenticate"}
    return show("login.html", refusal.status, headers, wanted=wanted, problem=refusal.text)


async def _read_form(request: Request) -> dict[str, str] | Refusal:
    """The fields of a form, of each name the last; small ones only, and only from who sends them soon."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return Refusal(status=415, text=f"send a form: {_FORM}")
    body = bytearray()
    try:
        async with asyncio.timeout(FORM_WITHIN_S):
            async for piece in request.stream():
                body += piece
                if len(body) > LARGEST_FORM:
                    return Refusal(status=413, text="this form is too large")
    except TimeoutError:
        return Refusal(status=408, text="the form did not come in time", headers={"Connection": "close"})
    except ClientDisconnect:
        return Refusal(status=400, text="the form did not come as a whole")
    try:
        return dict(parse_qsl(bytes(body).decode("ascii"), keep_blank_values=True, max_num_fields=10))
    except ValueError:
        return Refusal(status=400, text="this is no form")
