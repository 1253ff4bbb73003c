"""Owns who is logged in: sessions in memory, known by the hash of a random id, which end by themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from janitor.core.seams import Clock
from janitor.settings.model import ConsoleToken

LASTS_S = 12 * 3600.0
MOST_SESSIONS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """By which token somebody logged in, and until when that is good, in monotonic seconds."""

    token: ConsoleToken
    ends_at: float


class Sessions:
    """At most so many; the oldest goes first. They end with the process."""

    def __init__(self, clock: Clock, new_id: Callable[[], str]) -> None:
        self._clock, self._new_id = clock, new_id
        self._known: dict[str, Session] = {}

    def open(self, token: ConsoleToken) -> str:
        """Begin a session; the answer is its id, which is kept nowhere."""
        session_id = self._new_id()
        while len(self._known) >= MOST_SESSIONS:
            del self._known[next(iter(self._known))]
        self._known[_digest(session_id)] = Session(token=token, ends_at=self._clock.monotonic() + LASTS_S)
        return session_id

    def find(self, session_id: str) -> Session | None:
        """The session of that id, unless it has ended."""
        session = self._known.get(_digest(session_id))
        if session is None or self._clock.monotonic() >= session.ends_at:
            self.end(session_id)
            return None
        return session

    def end(self, session_id: str) -> None:
        """End it, if there is one."""
        self._known.pop(_digest(session_id), None)


def _digest(session_id: str) -> str:
    return sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()
