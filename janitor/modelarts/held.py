"""Owns the credential in force as a value: how long it is used, when it is renewed, and what a half-written one looks like."""

from dataclasses import dataclass
from datetime import datetime

from janitor.modelarts.clock import Clock
from janitor.modelarts.credentials import AccessKey, Credential, Issued
from janitor.modelarts.gate import AuthGate

EARLIEST_S = 600.0
"""A credential is renewed at most this long before its end, and never before three quarters of its life are over."""
LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """When to renew, in the clock's monotonic seconds; never, where nobody says when the credential ends."""

    renew_at: float = float("inf")
    ends_at: float = float("inf")
    pause_s: float = LONGEST_PAUSE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The credential in force, and where its requests pass; generations count from 1."""

    credential: Credential
    generation: int
    gate: AuthGate
    lease: Lease
    expires_at: datetime | None

    @property
    def came_expired(self) -> bool:
        """Whether its end had passed when it was obtained."""
        return self.expires_at is not None and self.lease == Lease()


def lease_of(issued: Issued, clock: Clock) -> Lease:
    """An end that has passed already tells of clocks that differ, and nothing of the credential."""
    left_s = 0.0 if issued.expires_at is None else (issued.expires_at - clock.now()).total_seconds()
    if left_s <= 0:
        return Lease()
    now, margin_s = clock.monotonic(), min(EARLIEST_S, left_s / 4)
    return Lease(renew_at=now + left_s - margin_s, ends_at=now + left_s, pause_s=margin_s / 4)


def is_half_changed(new: Credential, old: Credential) -> bool:
    """Whether somebody is just writing the parts of another key."""
    if not (isinstance(new, AccessKey) and isinstance(old, AccessKey)):
        return False
    halves = [(new.access_key, old.access_key), (new.secret_key, old.secret_key)]
    tokens = (new.security_token, old.security_token)
    parts = halves if tokens == (None, None) else [*halves, tokens]
    return len({now == before for now, before in parts}) > 1
