"""Owns what every request has to pass before a page is made: name, size, method, origin, who asks."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from janitor.console.doorkeeper import Doorkeeper, session_of, unknown
from janitor.console.hosts import parse_host
from janitor.console.origins import is_from_elsewhere, is_refused
from janitor.console.refusal import Refusal, answer, show
from janitor.console.rules import Rules
from janitor.console.visit import Visit

LOGIN, LOGOUT, STATIC = "/login", "/logout", "/static/"
LONGEST_TARGET, LARGEST_HEADERS, MOST_HEADERS = 8 * 1024, 16 * 1024, 100
LONGEST_NEXT = 3 * 1024
"""A proxy refuses an answer whose headers are longer than a page of memory, and the address of the login is one of them."""


class Gate:
    """Lets a request through to the pages, or answers itself. `rules` may be replaced while it serves."""

    def __init__(self, inner: ASGIApp, rules: Rules, doorkeeper: Doorkeeper) -> None:
        self.rules, self.doorkeeper = rules, doorkeeper
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request: 1. what is refused whoever asks 2. who asks 3. the page."""
        visit, rules = Visit.of(scope), self.rules
        refusal = next(filter(None, (check(visit, rules) for check in _CHECKS)), None)
        if refusal is None and not _is_for_everybody(visit):
            who = self.doorkeeper.who(visit, rules)
            if who is None:
                return await self._send_to_login(visit, rules)(scope, receive, send)
            if isinstance(who, Refusal):
                refusal = who
            else:
                has_session = bool(rules.tokens) and session_of(visit, rules) is not None
                scope.setdefault("state", {}).update(who=who, has_session=has_session)
        if refusal is not None:
            return await answer(refusal, visit)(scope, receive, send)
        return await self._inner(scope, receive, send)

    def _send_to_login(self, visit: Visit, rules: Rules) -> ASGIApp:
        if not visit.wants_page or not rules.tokens:
            return answer(unknown(rules), visit)
        if is_from_elsewhere(visit):  # the browser kept the cookie to itself; from our own page it sends it
            return show("onward.html", address=own_address(visit.target))
        return RedirectResponse(login_address(visit.target), 303)


def login_address(wanted: str) -> str:
    """The login that leads on to a page; where that is too long to be kept, to the overview."""
    kept = quote(wanted, safe="")
    return LOGIN if len(kept) > LONGEST_NEXT else f"{LOGIN}?next={kept}"


def own_address(target: str) -> str:
    """A path of ours; what leads, or could be taken to lead, anywhere else becomes the first page."""
    is_ours = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if is_ours and target.isascii() and len(target) <= LONGEST_TARGET else "/"


def _is_for_everybody(visit: Visit) -> bool:
    return visit.path in (LOGIN, LOGOUT) or visit.path.startswith(STATIC)


def _check_size(visit: Visit, _rules: Rules) -> Refusal | None:
    if len(visit.target) > LONGEST_TARGET:
        return Refusal(status=414, text=HTTPStatus(414).phrase, is_plain=True)
    if len(visit.headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in visit.headers) > LARGEST_HEADERS:
        return Refusal(status=431, text=HTTPStatus(431).phrase, is_plain=True)
    return None


def _check_host(visit: Visit, rules: Rules) -> Refusal | None:
    host = visit.only("host")
    name = None if host is None else parse_host(host)
    if name is None:
        return Refusal(status=400, text="the request does not say for which host it is", is_plain=True)
    if not rules.hosts.has(name):
        text = "nothing is served under this name; whoever runs this can add it to console.hosts in the policy file"
        return Refusal(status=421, text=text, is_plain=True)
    return None


def _check_method(visit: Visit, _rules: Rules) -> Refusal | None:
    allowed = {LOGIN: ("GET", "HEAD", "POST"), LOGOUT: ("POST",)}.get(visit.path, ("GET", "HEAD"))
    if visit.method in allowed:
        return None
    text = "nothing can be changed here; the command line does that"
    return Refusal(status=405, text=text, headers={"Allow": ", ".join(allowed)})


def _check_origin(visit: Visit, _rules: Rules) -> Refusal | None:
    if is_refused(visit):
        return Refusal(status=403, text="a page of another site may not ask for this", is_plain=True)
    return None


_CHECKS: tuple[Callable[[Visit, Rules], Refusal | None], ...] = (_check_size, _check_host, _check_method, _check_origin)
