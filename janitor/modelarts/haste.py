"""Owns how little time a renewal may take that could as well wait: while it is tried, its thread does nothing else."""

from contextlib import AbstractContextManager
from dataclasses import replace

from janitor.modelarts.call import Sender
from janitor.modelarts.clock import Clock
from janitor.modelarts.credentials import Credential
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.errors import Unavailable
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.provider import ANONYMOUS, Connect

IN_ALL_S = 5.0
_TO_CONNECT, _TO_READ = 0.2, 0.4  # shares of what is left: a drip is noticed at the first read past the deadline


class Hasty:
    """A way to services on which each request is tried once, and all of them together take five seconds at most."""

    def __init__(self, connect: Connect, clock: Clock) -> None:
        self._connect = connect
        self._clock = clock
        self._until = clock.monotonic() + IN_ALL_S

    def __call__(
        self,
        endpoint: Endpoint,
        credential: Credential = ANONYMOUS,
        *,
        secrets: tuple[str, ...] = (),
        limits: TransportLimits | None = None,
    ) -> AbstractContextManager[Sender]:
        """Raises Unavailable once the time is up."""
        left_s = self._until - self._clock.monotonic()
        if left_s <= 0:
            raise Unavailable("there is no time left to renew before it must be")
        read_s = left_s * _TO_READ
        limits = replace(
            limits or TransportLimits(),
            attempts=1,
            connect_timeout_s=left_s * _TO_CONNECT,
            read_timeout_s=read_s,
            attempt_deadline_s=read_s,
        )
        return self._connect(endpoint, credential, secrets=secrets, limits=limits)
