"""Owns the rule that bad credentials are tried once: a key is locked for all its users after a few failures in a row
(docs/modelarts-api.md, locked keys)."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Event

from janitor.modelarts.errors import AuthFailed, ClockSkewed, Stopped

_STOP_CHECK_S = 0.1  # how soon a waiting request notices the stop event


class AuthGate:
    """Lets the first request go alone until the credentials are proven, and shuts for good when they are refused.

    Share one gate between transports that use the same key.
    """

    def __init__(self) -> None:
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

    def shut(self, refusal: AuthFailed) -> None:
        """The platform refused the credentials; the first refusal stays the reason."""
        with self._changed:
            self._refusal = self._refusal or refusal
            self._changed.notify_all()

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


def _unsent(refusal: AuthFailed) -> AuthFailed:
    message = f"not sent, because earlier: {refusal}"
    if isinstance(refusal, ClockSkewed):
        return ClockSkewed(message, status=refusal.status, code=refusal.code, request_id=refusal.request_id, skew=refusal.skew)
    return AuthFailed(message, status=refusal.status, code=refusal.code, request_id=refusal.request_id)
