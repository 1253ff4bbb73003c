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

    All transports of whoever logs in share one. Its requests under way and those that were refused while a lock would last
    are never more than four together, whatever was renewed meanwhile: requests in flight cannot be called back. Places are
    given out in order of arrival.
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
        self._refused_at: list[float] = []
        self._older: tuple[AuthGate, ...] = ()

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

    def keep_one_back(self) -> None:
        """Of the four refusals that there may be, one is for the first request of a renewed credential."""
        with self._changed:
            self._most = min(self._most, MOST_CONCURRENT - 1)

    def follow(self, older: "AuthGate") -> None:
        """Whoever passed there goes on here with another key: what was refused there, or still may be, counts here too."""
        still_spent = tuple(each for each in self._older if each is not older and any(each.spent()))
        with self._changed:
            self._older = (*still_spent, older)

    def refuse(self, refusal: AuthFailed) -> None:
        """The platform refused one request; the fourth refusal within the time of a lock shuts the gate."""
        with self._changed:
            self._refused_at.append(self._clock.monotonic())
            if self._count_refused() >= MOST_CONCURRENT:
                self._shut(refusal)

    def shut(self, refusal: AuthFailed) -> None:
        """The platform refused the credentials; the first refusal stays the reason."""
        with self._changed:
            self._shut(refusal)

    @property
    def refusal(self) -> AuthFailed | None:
        """Why it is shut; None where it is open."""
        with self._changed:
            return self._refusal

    @property
    def is_shut(self) -> bool:
        """Whether the credentials were refused."""
        return self.refusal is not None

    def is_shut_for(self, seconds: float) -> bool:
        """Whether the gate has been shut for longer than this."""
        with self._changed:
            return self._refusal is not None and self._clock.monotonic() - self._shut_at > seconds

    def spent(self) -> tuple[int, int]:
        """How many requests were refused within the time of a lock, and how many are under way."""
        with self._changed:
            return self._count_refused(), self._inside

    def _enter(self, stop: Event) -> tuple[bool, int]:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
        try:
            while True:
                spent_before = self._spent_before()
                with self._changed:
                    self._raise_if_shut()
                    if self._has_room(*spent_before) and self._waiting[0] is ticket and (self._proven or not self._testing):
                        self._inside += 1
                        self._testing = self._testing or not self._proven
                        return not self._proven, self._doubts
                    if stop.is_set():
                        raise Stopped("not sent: stopped while waiting for the first answer")
                    self._changed.wait(_STOP_CHECK_S)
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _has_room(self, refused_before: int, under_way_before: int) -> bool:
        left = MOST_CONCURRENT - refused_before - self._count_refused()
        if left <= 0:
            self._shut(AuthFailed("too many requests were refused shortly before, with this key or the one before it"))
            self._raise_if_shut()
        return self._inside < min(self._most, left - under_way_before)

    def _leave(self, *, testing: bool) -> None:
        with self._changed:
            self._inside -= 1
            self._testing = self._testing and not testing
            self._changed.notify_all()

    def _spent_before(self) -> tuple[int, int]:
        """What the older gates have spent; asked without the own lock, since keys may follow each other in a circle."""
        spent = [each.spent() for each in self._older]
        return sum(refused for refused, _ in spent), sum(under_way for _, under_way in spent)

    def _count_refused(self) -> int:
        since = self._clock.monotonic() - LOCKED_FOR_S
        self._refused_at = [at for at in self._refused_at if at >= since]
        return len(self._refused_at)

    def _shut(self, refusal: AuthFailed) -> None:
        if self._refusal is None:
            self._refusal, self._shut_at = refusal, self._clock.monotonic()
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
