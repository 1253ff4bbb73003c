"""Owns the rule that bad credentials are tried once: a key is locked for all its users after a few failures in a row
(docs/modelarts-api.md, locked keys)."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Event, Lock

from janitor.modelarts.clock import Clock, SystemClock
from janitor.modelarts.credentials import AccessKey
from janitor.modelarts.errors import AuthFailed, ClockSkewed, Stopped

_STOP_CHECK_S = 0.1  # how soon a waiting request notices the stop event
LOCKED_FOR_S = 300.0
"""How long the platform locks a key after too many bad signatures; a refused key is tried again after that, once."""


class AuthGate:
    """Lets the first request go alone until the credentials are proven, and shuts for good when they are refused.

    Share one gate between transports that use the same key.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._shut_at = 0.0
        self._changed = Condition()
        self._proven = False
        self._testing = False
        self._refusal: AuthFailed | None = None

    @contextmanager
    def passage(self, stop: Event) -> Iterator[None]:
        """Hold one request's place; waits while an unproven key is being tried. Raises AuthFailed when shut, Stopped on stop."""
        testing = self._enter(stop)
        try:
            yield
        finally:
            if testing:
                self._leave()

    def check(self) -> None:
        """Raise AuthFailed when shut."""
        with self._changed:
            self._raise_if_shut()

    def prove(self) -> None:
        """The platform accepted a signature."""
        with self._changed:
            self._proven = True
            self._changed.notify_all()

    def doubt(self) -> None:
        """Time has passed since the last proof: the next request goes alone again."""
        with self._changed:
            self._proven = False

    def shut(self, refusal: AuthFailed) -> None:
        """The platform refused the credentials; the first refusal stays the reason."""
        with self._changed:
            if self._refusal is None:
                self._refusal, self._shut_at = refusal, self._clock.monotonic()
            self._changed.notify_all()

    def is_shut_for(self, seconds: float) -> bool:
        """Whether the gate has been shut for longer than this."""
        with self._changed:
            return self._refusal is not None and self._clock.monotonic() - self._shut_at > seconds

    def _enter(self, stop: Event) -> bool:
        with self._changed:
            while True:
                self._raise_if_shut()
                if self._proven:
                    return False
                if not self._testing:
                    self._testing = True
                    return True
                if stop.is_set():
                    raise Stopped("not sent: stopped while waiting for the first answer")
                self._changed.wait(_STOP_CHECK_S)

    def _leave(self) -> None:
        with self._changed:
            self._testing = False
            self._changed.notify_all()

    def _raise_if_shut(self) -> None:
        if self._refusal is not None:
            raise _unsent(self._refusal)


class Gates:
    """One gate a key, for all targets that use it; a key that was refused may be tried again once its lock is over."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gates: dict[AccessKey, AuthGate] = {}

    def gate_of(self, key: AccessKey, clock: Clock) -> AuthGate:
        """The gate of a key, to be proven anew: a fresh one where the old one was shut for longer than a key is locked."""
        with self._lock:
            gate = self._gates.get(key)
            if gate is None or gate.is_shut_for(LOCKED_FOR_S):
                gate = self._gates[key] = AuthGate(clock)
            gate.doubt()
            return gate


def _unsent(refusal: AuthFailed) -> AuthFailed:
    message = f"not sent, because earlier: {refusal}"
    if isinstance(refusal, ClockSkewed):
        return ClockSkewed(message, status=refusal.status, code=refusal.code, request_id=refusal.request_id, skew=refusal.skew)
    return AuthFailed(message, status=refusal.status, code=refusal.code, request_id=refusal.request_id)
