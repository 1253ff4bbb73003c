"""Owns the rule that bad credentials are tried once: a key is locked for all its users after a few failures in a row
(docs/modelarts-api.md, locked keys)."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Event

from janitor.modelarts.clock import Clock, SystemClock
from janitor.modelarts.errors import AuthFailed, ClockSkewed, Stopped
from janitor.modelarts.limits import MOST_CONCURRENT

_STOP_CHECK_S = 0.1  # how soon a waiting request notices the stop event
LOCKED_FOR_S = 300.0
"""How long the platform locks a key after too many bad signatures; a refused key is tried again after that, once."""


class AuthGate:
    """Lets the first request go alone until the credentials are proven, and shuts for good when they are refused.

    All transports of whoever logs in share one, so that at most `most` of their requests are under way at once: those are
    what a credential that is no longer good can spoil. Places are given out in order of arrival.
    """

    def __init__(self, clock: Clock | None = None, most: int = MOST_CONCURRENT) -> None:
        self._clock = clock or SystemClock()
        self._most = most
        self._shut_at = 0.0
        self._changed = Condition()
        self._waiting: deque[object] = deque()
        self._inside = 0
        self._doubts = 0
        self._proven = False
        self._testing = False
        self._refusal: AuthFailed | None = None

    @contextmanager
    def passage(self, stop: Event) -> Iterator[int]:
        """Hold one request's place; waits for a free one, and while an unproven key is being tried.

        The answer is how often there was doubt so far. Raises AuthFailed when shut, Stopped on stop.
        """
        testing, doubts = self._enter(stop)
        try:
            yield doubts
        finally:
            self._leave(testing=testing)

    def check(self) -> None:
        """Raise AuthFailed when shut."""
        with self._changed:
            self._raise_if_shut()

    def prove(self, doubts: int) -> None:
        """The platform accepted a request that entered after so many doubts; an older one proves nothing any more."""
        with self._changed:
            if doubts == self._doubts:
                self._proven = True
                self._changed.notify_all()

    def doubt(self) -> None:
        """Time has passed since the last proof, or the credential is another one: the next request goes alone again."""
        with self._changed:
            self._doubts += 1
            self._proven = False

    def shut(self, refusal: AuthFailed) -> None:
        """The platform refused the credentials; the first refusal stays the reason."""
        with self._changed:
            if self._refusal is None:
                self._refusal, self._shut_at = refusal, self._clock.monotonic()
            self._changed.notify_all()

    @property
    def is_shut(self) -> bool:
        """Whether the credentials were refused."""
        with self._changed:
            return self._refusal is not None

    def is_shut_for(self, seconds: float) -> bool:
        """Whether the gate has been shut for longer than this."""
        with self._changed:
            return self._refusal is not None and self._clock.monotonic() - self._shut_at > seconds

    def _enter(self, stop: Event) -> tuple[bool, int]:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                while True:
                    self._raise_if_shut()
                    if self._waiting[0] is ticket and self._inside < self._most and (self._proven or not self._testing):
                        self._inside += 1
                        self._testing = self._testing or not self._proven
                        return not self._proven, self._doubts
                    if stop.is_set():
                        raise Stopped("not sent: stopped while waiting for the first answer")
                    self._changed.wait(_STOP_CHECK_S)
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _leave(self, *, testing: bool) -> None:
        with self._changed:
            self._inside -= 1
            self._testing = self._testing and not testing
            self._changed.notify_all()

    def _raise_if_shut(self) -> None:
        if self._refusal is not None:
            raise unsent(self._refusal)


def unsent(refusal: AuthFailed) -> AuthFailed:
    """What a request that is held back because of an earlier refusal fails with."""
    message = f"not sent, because earlier: {refusal}"
    if isinstance(refusal, ClockSkewed):
        return ClockSkewed(message, status=refusal.status, code=refusal.code, request_id=refusal.request_id, skew=refusal.skew)
    return AuthFailed(message, status=refusal.status, code=refusal.code, request_id=refusal.request_id)
