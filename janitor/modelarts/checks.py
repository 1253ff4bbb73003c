"""Owns the asking whose a credential is: once for all who want to know the same, and rarely while nobody answers."""

from collections.abc import Callable
from threading import Lock

from janitor.modelarts.clock import Clock
from janitor.modelarts.credentials import Credential
from janitor.modelarts.errors import ModelArtsError, Unavailable, Unsent, WrongProject
from janitor.modelarts.provider import Connect

PAUSE_S = 30.0
"""How long nobody is asked again after no answer came: an ailing service is not met with a question for each request."""

Check = Callable[[Credential, Connect], None]
"""Raises WrongProject for a credential of another project, and any other ModelArtsError where that cannot be told."""


class SharedCheck:
    """A check that asks about a credential until it is known to be good, one thread at a time."""

    def __init__(self, check: Check, clock: Clock) -> None:
        self._check = check
        self._clock = clock
        self._lock = Lock()
        self._good: Credential | None = None
        self._next_try = 0.0

    def __call__(self, credential: Credential, connect: Connect) -> None:
        """Raise what the check raises, and Unavailable without asking shortly after it could not be answered."""
        with self._lock:
            if credential == self._good:
                return
            if self._clock.monotonic() < self._next_try:
                raise Unavailable("nobody could tell whose the renewed credentials are, and nobody is asked again yet")
            try:
                self._check(credential, connect)
            except (Unsent, WrongProject):
                raise
            except ModelArtsError:
                self._next_try = self._clock.monotonic() + PAUSE_S
                raise
            self._good = credential


class Checks:
    """The checks of all who use one credential."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._checks: dict[Check, SharedCheck] = {}

    def shared(self, check: Check) -> SharedCheck:
        """The same for the same check."""
        with self._lock:
            if check not in self._checks:
                self._checks[check] = SharedCheck(check, self._clock)
            return self._checks[check]
