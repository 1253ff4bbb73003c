"""Owns what a transport tells whoever watches it, and the rule that watching never changes what a request does."""

from contextlib import suppress
from typing import Protocol

from janitor.modelarts.call import RouteKind


class Watcher(Protocol):
    """Who is told; called from the requests' own threads, so it must be quick and must not call the transport back."""

    def sent(self, kind: RouteKind, status: int | None, seconds: float) -> None:
        """One attempt left and took so long; status None: no answer came."""
        ...

    def repeated(self, kind: RouteKind) -> None:
        """A call is about to be tried again."""
        ...

    def waited(self, seconds: float) -> None:
        """A call waited: for its turn, for a hold that the platform asked for, or before it was tried again."""
        ...

    def breaker_moved(self, *, is_open: bool) -> None:
        """The breaker opened (a failed probe opens it anew) or closed."""
        ...


class Unwatched:
    """Tells nobody."""

    def sent(self, kind: RouteKind, status: int | None, seconds: float) -> None:
        """Nothing."""

    def repeated(self, kind: RouteKind) -> None:
        """Nothing."""

    def waited(self, seconds: float) -> None:
        """Nothing."""

    def breaker_moved(self, *, is_open: bool) -> None:
        """Nothing."""


class Guarded:
    """Passes everything on to a watcher and drops every exception that it raises."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def sent(self, kind: RouteKind, status: int | None, seconds: float) -> None:
        """Pass it on."""
        with suppress(Exception):
            self._watcher.sent(kind, status, seconds)

    def repeated(self, kind: RouteKind) -> None:
        """Pass it on."""
        with suppress(Exception):
            self._watcher.repeated(kind)

    def waited(self, seconds: float) -> None:
        """Pass it on."""
        with suppress(Exception):
            self._watcher.waited(seconds)

    def breaker_moved(self, *, is_open: bool) -> None:
        """Pass it on."""
        with suppress(Exception):
            self._watcher.breaker_moved(is_open=is_open)
