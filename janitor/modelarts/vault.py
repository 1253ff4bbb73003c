"""Owns the one credential that all who log in alike use: issued, renewed and given up under one lock; sends nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from janitor.modelarts.clock import Clock, SystemClock
from janitor.modelarts.credentials import AccessKey, Credential, Issued, secrets_of
from janitor.modelarts.errors import AuthFailed, ClockSkewed, ModelArtsError, Throttled, Unavailable, Unsent, WrongProject
from janitor.modelarts.gate import AuthGate
from janitor.modelarts.known_secrets import KnownSecrets
from janitor.modelarts.limits import MOST_CONCURRENT
from janitor.modelarts.provider import Connect, Provider, with_reason
from janitor.modelarts.remote_text import Cleaner

EARLIEST_S = 600.0
"""A credential is renewed at most this long before its end, and never before three quarters of its life are over."""
LONGEST_PAUSE_S = 60.0
_SHORTEST_PAUSE_S = 1.0

Verify = Callable[[Credential], None]
"""Raises WrongProject for a credential of another project, and any other ModelArtsError where that cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The credential in force; generations count from 1."""

    credential: Credential
    generation: int
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lease:
    """When to renew, in the clock's monotonic seconds; never, where nobody says when the credential ends."""

    renew_at: float = float("inf")
    ends_at: float = float("inf")
    pause_s: float = LONGEST_PAUSE_S


class Vault:
    """Holds a provider's credential; refused for good means that the gate is shut."""

    def __init__(
        self, provider: Provider, clock: Clock | None = None, *, gate: AuthGate | None = None, known: KnownSecrets | None = None
    ) -> None:
        self.provider = provider
        self.known = known or KnownSecrets()
        self.known.use(self, *provider.secrets())
        self.cleaner = Cleaner(self.known)
        self._clock = clock or SystemClock()
        self.gate = gate or make_gate(provider, self._clock)
        self._lock = Lock()
        self._held: Held | None = None
        self._lease = _Lease()
        self._accepted: set[int] = set()
        self._refusal: AuthFailed | None = None
        self._next_try = 0.0

    def beside(self, provider: Provider) -> "Vault":
        """Another vault on the same clock, whose secrets are known already."""
        return Vault(provider, self._clock, known=self.known)

    @property
    def held(self) -> Held | None:
        """The credential in force, which may have been refused; None before the first."""
        return self._held

    def hold(self, connect: Connect, verify: Verify) -> Held:
        """The credential to use now: the first one, or a new one shortly before the present one ends.

        While nobody can be asked the present one serves on until its end. Raises AuthFailed where it is refused, WrongProject
        by `verify`, Unavailable where there is none to use.
        """
        with self._lock:
            self.gate.check()
            now = self._clock.monotonic()
            if self._held is None or self._refusal is not None or now >= self._lease.ends_at:
                return self._replace(connect, verify)
            if now >= self._lease.renew_at and now >= self._next_try:
                self._renew_early(self._held, connect, verify)
            return self._held

    def accept(self, held: Held) -> None:
        """The platform accepted this credential."""
        self._accepted.add(held.generation)

    def renew(self, held: Held, refusal: AuthFailed, connect: Connect, verify: Verify) -> bool:
        """The platform refused this credential; the answer is whether there is another one now to repeat the request with.

        1. Somebody may have renewed it meanwhile. 2. One that never was accepted, or that cannot change, is given up, and so
        is the clock that made a signature stale. 3. Else another one is obtained. Raises what kept it from that.
        """
        with self._lock:
            if self._held is None or self._held.generation != held.generation:
                return True
            may_change = self.provider.is_renewable and held.generation in self._accepted
            if not may_change or isinstance(refusal, ClockSkewed):
                self.gate.shut(refusal)
            if self.gate.is_shut:
                return False
            self._refusal = self._refusal or refusal
            self._replace(connect, verify)
            return True

    def _replace(self, connect: Connect, verify: Verify) -> Held:
        """Obtain the first credential, or one that must differ from the present one."""
        present = self._held
        if self._clock.monotonic() < self._next_try:
            raise Unavailable(f"no credential to use: {self._words('did not get another one')}, and is not tried again yet")
        issued = self._obtain(connect)
        if self._refusal is not None and present is not None:
            self._require_another(issued.credential, present.credential, self._refusal)
        if present is not None or self.provider.asks_remotely:
            self._verify(issued.credential, verify)
        return self._take(issued)

    def _renew_early(self, present: Held, connect: Connect, verify: Verify) -> None:
        try:
            issued = self._obtain(connect)
            if issued.credential != present.credential:
                self._verify(issued.credential, verify)
        except (AuthFailed, WrongProject, Unsent):
            raise
        except ModelArtsError:
            return  # the present one still lives
        if issued.credential == present.credential:
            self._pause()
        else:
            self._take(issued)

    def _obtain(self, connect: Connect) -> Issued:
        try:
            issued = self.provider.issue(connect)
        except ModelArtsError as error:
            raise self._judged(error) from error
        self.known.obtain(*secrets_of(issued.credential))
        return issued

    def _verify(self, credential: Credential, verify: Verify) -> None:
        try:
            verify(credential)
        except ModelArtsError as error:
            raise self._judged(error) from error

    def _judged(self, error: ModelArtsError) -> ModelArtsError:
        """Shut the gate after a definite refusal; after anything else wait a little before the next try."""
        text = self._words(f"failed: {error}")
        if isinstance(error, Unsent | WrongProject):
            return error
        if _is_definite(error):
            refusal = error if isinstance(error, AuthFailed) else AuthFailed("", status=error.status, code=error.code)
            refused = with_reason(refusal, text)
            if isinstance(refused, ClockSkewed) and isinstance(error, ClockSkewed):
                refused.skew = error.skew
            if isinstance(refused, AuthFailed):
                self.gate.shut(refused)
            return refused
        self._pause()
        return with_reason(error, text)

    def _require_another(self, new: Credential, old: Credential, refusal: AuthFailed) -> None:
        if new == old:
            self.gate.shut(refusal)
            raise with_reason(refusal, self._words(f"gave the same credential again, which is refused: {refusal}"))
        if _is_half_changed(new, old):
            raise Unavailable(self._words("gave a key of which one half is the old one; it is taken once both have changed"))

    def _take(self, issued: Issued) -> Held:
        number = 1 if self._held is None else self._held.generation + 1
        self._held = Held(credential=issued.credential, generation=number, expires_at=issued.expires_at)
        self.known.use(self, *self.provider.secrets(), *secrets_of(issued.credential))
        self._refusal, self._next_try = None, 0.0
        self._lease = self._lease_of(issued)
        self.gate.doubt()
        return self._held

    def _lease_of(self, issued: Issued) -> _Lease:
        """An end that has passed already tells of clocks that differ, and nothing of the credential."""
        left_s = 0.0 if issued.expires_at is None else (issued.expires_at - self._clock.now()).total_seconds()
        if left_s <= 0:
            return _Lease()
        now, margin_s = self._clock.monotonic(), min(EARLIEST_S, left_s / 4)
        return _Lease(renew_at=now + left_s - margin_s, ends_at=now + left_s, pause_s=margin_s / 4)

    def _pause(self) -> None:
        if self.provider.asks_remotely:
            pause_s = min(LONGEST_PAUSE_S, max(_SHORTEST_PAUSE_S, self._lease.pause_s))
            self._next_try = self._clock.monotonic() + pause_s

    def _words(self, text: str) -> str:
        return f"logging in ({self.provider.kind.replace('_', ' ')}) {text}"


def make_gate(provider: Provider, clock: Clock) -> AuthGate:
    """A gate for all who log in like this: with the renewed credential's own first request no more than four can be refused."""
    return AuthGate(clock, MOST_CONCURRENT - 1 if provider.is_renewable else MOST_CONCURRENT)


def _is_definite(error: ModelArtsError) -> bool:
    """Whether an answer said no, whatever its code: asking again would not help."""
    is_refused = error.status is not None and 400 <= error.status < 500
    return is_refused and not isinstance(error, Throttled | Unavailable)


def _is_half_changed(new: Credential, old: Credential) -> bool:
    """Whether somebody is just writing the two halves of another key."""
    if not (isinstance(new, AccessKey) and isinstance(old, AccessKey)):
        return False
    return (new.access_key == old.access_key) != (new.secret_key == old.secret_key)
