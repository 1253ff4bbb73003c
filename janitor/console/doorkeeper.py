"""Owns who asks: by a token, by the session that a token began, or by the word of a proxy; and who asks too often."""

from collections.abc import Callable

from janitor.console.attempts import Attempts
from janitor.console.hosts import parse_host
from janitor.console.refusal import Refusal, too_many
from janitor.console.rules import Rules
from janitor.console.sessions import LASTS_S, Sessions
from janitor.console.tokens import may_be_token
from janitor.console.visit import Visit
from janitor.core import events
from janitor.core.loopback import is_this_machine
from janitor.core.seams import Clock
from janitor.core.text import inert
from janitor.settings.model import ConsoleToken

ANYBODY = "this machine"
_LONGEST_NAME = 200
_BEARER = "bearer "
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="janitor"'}


class Doorkeeper:
    """Knows the sessions and counts the failures; all in the one thread of the web server."""

    def __init__(self, clock: Clock, new_id: Callable[[], str], say: Callable[..., None]) -> None:
        self.sessions, self._attempts, self._say = Sessions(clock, new_id), Attempts(clock), say

    def who(self, visit: Visit, rules: Rules) -> str | Refusal | None:
        """The name of who asks, None where they have to log in.

        1. nobody has to say who they are, on this machine alone 2. a token 3. a session 4. the proxy's word.
        """
        if rules.is_open:
            is_near = visit.peer is not None and visit.peer.is_loopback
            return ANYBODY if is_near else Refusal(status=403, text="this console is for its own machine", is_plain=True)
        bearers = [each[len(_BEARER) :] for each in visit.all("authorization") if each.lower().startswith(_BEARER)]
        vouched = _named_by_proxy(visit, rules) if rules.is_proxied(visit) else None
        is_passed_on = isinstance(vouched, str) and not any(map(may_be_token, bearers))
        if bearers and rules.tokens and not is_passed_on:  # else it is for the proxy, which passes on what it got
            found = self.try_token(visit, rules, bearers[0].strip() if len(bearers) == 1 else "")
            return found.name if isinstance(found, ConsoleToken) else found
        session_id = session_of(visit, rules)
        session = None if session_id is None else self.sessions.find(session_id)
        if session is not None and rules.tokens.has(session.token):
            return session.token.name
        return vouched

    def try_token(self, visit: Visit, rules: Rules, token: str) -> ConsoleToken | Refusal:
        """Whose token it is. Waiting, comparing and counting are one step, so that nobody gets in between."""
        wait_s = self._attempts.wait_s(visit.peer)
        if wait_s > 0:
            return too_many(wait_s)
        found = rules.tokens.find(token)
        if found is None:
            self._attempts.failed(visit.peer)
            self._say(events.CONSOLE_REFUSED, peer=str(visit.peer), reason="a token that nobody has")
            return Refusal(status=401, text="nobody has this token", headers=_CHALLENGE)
        return found

    def enter(self, visit: Visit, token: ConsoleToken) -> str:
        """Begin a session; the answer is its id."""
        self._say(events.CONSOLE_ENTERED, peer=str(visit.peer), user=token.name)
        return self.sessions.open(token)


def unknown(rules: Rules) -> Refusal:
    """The answer to who has to say who they are, and is no browser that could be shown a form."""
    if rules.tokens:
        return Refusal(status=401, text="log in, or send a token: Authorization: Bearer TOKEN", headers=_CHALLENGE)
    return Refusal(status=401, text="this console is reached through its proxy, which says who asks")


def cookie_name(visit: Visit, rules: Rules) -> str:
    """A browser takes a cookie of the first name only over https, and only from this very host."""
    return "__Host-janitor" if is_secure(visit, rules) else "janitor"


def make_cookie(visit: Visit, rules: Rules, session_id: str) -> str:
    """What a browser keeps of a session: for this host alone, for no script, and for no request that another site begins."""
    lasts = LASTS_S if session_id else 0
    secure = "; Secure" if is_secure(visit, rules) else ""
    return f"{cookie_name(visit, rules)}={session_id}; Path=/; Max-Age={lasts:.0f}; HttpOnly; SameSite=Strict{secure}"


def is_secure(visit: Visit, rules: Rules) -> bool:
    """Whether the way here must be encrypted: it need not be where nothing leaves the machine."""
    return not (rules.is_near and is_this_machine(parse_host(visit.only("host") or "") or ""))


def session_of(visit: Visit, rules: Rules) -> str | None:
    """The id of a session that a browser sends; of several, which another host of its domain may have set, none."""
    cookies = (part.strip().partition("=") for each in visit.all("cookie") for part in each.split(";"))
    ids = [value for name, _, value in cookies if name == cookie_name(visit, rules)]
    return ids[0] if len(ids) == 1 else None


def _named_by_proxy(visit: Visit, rules: Rules) -> str | Refusal | None:
    """Who the proxy says asks. A header that is there twice may be half the client's own, so it names nobody."""
    header = "" if rules.proxy is None else rules.proxy.header.lower()
    values = visit.all(header)
    if not values:
        return None
    name = visit.only(header)
    if name is None or len(name) > _LONGEST_NAME:
        return Refusal(status=401, text="the proxy's header names nobody: it is empty, too long, or there more than once")
    return inert(name)
