"""Owns the one credential that all who log in alike use: issued, renewed and given up under one lock; sends nothing itself."""

from threading import Lock

from janitor.modelarts.checks import Check, Checks
from janitor.modelarts.clock import Clock, SystemClock
from janitor.modelarts.credentials import AccessKey, Credential, Issued, secrets_of
from janitor.modelarts.errors import AuthFailed, ClockSkewed, ModelArtsError, Unavailable, Unsent, WrongProject
from janitor.modelarts.gate import LOCKED_FOR_S, AuthGate
from janitor.modelarts.gates import Gates, KeyId, key_id
from janitor.modelarts.haste import Hasty
from janitor.modelarts.held import LONGEST_PAUSE_S, Held, Lease, is_half_changed, lease_of
from janitor.modelarts.known_secrets import KnownSecrets
from janitor.modelarts.provider import Connect, Provider, refusal_or_trouble, with_reason
from janitor.modelarts.remote_text import Cleaner

_SHORTEST_PAUSE_S = 1.0


class Vault:
    """Holds a provider's credential; refused for good means that its gate is shut and there is no other one."""

    def __init__(
        self, provider: Provider, clock: Clock | None = None, *, gates: Gates | None = None, known: KnownSecrets | None = None
    ) -> None:
        self.provider = provider
        self.known = known or KnownSecrets()
        self.known.use(self, *provider.secrets())
        self.cleaner = Cleaner(self.known)
        self._clock = clock or SystemClock()
        self.checks = Checks(self._clock)
        self._gates = gates or Gates()
        self._login_gate = self._gates.gate_of(provider.who, self._clock, self)
        self._lock = Lock()
        self._held: Held | None = None
        self._accepted: set[int] = set()
        self._refusal: AuthFailed | None = None
        self._replaced_at = float("-inf")
        self._next_try = 0.0

    def beside(self, provider: Provider) -> "Vault":
        """Another vault on the same clock, whose secrets are known already; a key passes the same gate as everywhere."""
        gates = self._gates if isinstance(provider.who, KeyId) else None
        return Vault(provider, self._clock, gates=gates, known=self.known)

    @property
    def held(self) -> Held | None:
        """The credential in force, which may have been refused; None before the first."""
        return self._held

    @property
    def gate(self) -> AuthGate:
        """Where the requests with the credential in force pass."""
        held = self._held
        return self._login_gate if held is None else held.gate

    def hold(self, connect: Connect, verify: Check) -> Held:
        """The credential to use now: the first one, or a new one shortly before the present one ends.

        While nobody can be asked, or somebody just is, the present one serves on until its end. Raises AuthFailed where it is
        refused, WrongProject by `verify`, Unavailable where there is none to use.
        """
        held = self._held
        if held is None or not self._serves(held):
            with self._lock:
                held = self._held
                return held if held is not None and self._serves(held) else self._replace(connect, verify)
        if self._is_due(held) and self._lock.acquire(blocking=False):
            try:
                if self._held is held and self._is_due(held):
                    self._renew_early(held, connect, verify)
            finally:
                self._lock.release()
        return self._held or held

    def may_change(self, held: Held) -> bool:
        """Whether there is, or may soon be, another credential in the place of one that was refused to somebody else."""
        return self._held is not held or self._may_reread()

    def accept(self, held: Held) -> None:
        """The platform accepted this credential."""
        self._accepted.add(held.generation)

    def renew(self, held: Held, refusal: AuthFailed, connect: Connect, verify: Check) -> bool:
        """The platform refused this credential; the answer is whether there is another one now to repeat the request with.

        1. Somebody may have renewed it meanwhile. 2. One that never was accepted, or that cannot change, is given up; so is one
        that came in the place of a refused one just now, and the clock that made a signature stale. 3. Else another one is
        obtained. Raises what kept it from that.
        """
        held.gate.refuse(refusal)
        if self._has_own_gate(held.credential):
            held.gate.shut(refusal)
        with self._lock:
            if self._held is not held:
                return True
            if isinstance(refusal, ClockSkewed) or not self._may_renew(held):
                held.gate.shut(refusal)
            if held.gate.is_shut and not self._may_reread():
                return False
            self._refusal = self._refusal or refusal
            self._replace(connect, verify)
            return True

    def told(self, error: ModelArtsError) -> ModelArtsError:
        """What kept it from a credential, in its own words: an answer that says no is a refusal, whatever its code."""
        return refusal_or_trouble(error, self._words(f"failed: {error}"))

    def _serves(self, held: Held) -> bool:
        return self._refusal is None and not held.gate.is_shut and self._clock.monotonic() < held.lease.ends_at

    def _is_due(self, held: Held) -> bool:
        return self._clock.monotonic() >= max(held.lease.renew_at, self._next_try)

    def _may_renew(self, held: Held) -> bool:
        """Once within the time of a lock: a platform that refuses every credential is not shown one after the other."""
        is_good = self.provider.is_renewable and held.generation in self._accepted
        return is_good and self._clock.monotonic() - self._replaced_at >= LOCKED_FOR_S

    def _may_reread(self) -> bool:
        """Whether there may be another key on this machine in the place of one that was refused."""
        held = self._held
        if self.provider.asks_remotely or held is None:
            return not self.provider.asks_remotely
        return self._may_renew(held) and not isinstance(held.gate.refusal, ClockSkewed)

    def _replace(self, connect: Connect, verify: Check) -> Held:
        """Obtain the first credential, or one that must differ from the present one."""
        present = self._held
        if not self._may_reread():
            self.gate.check()
        if self._clock.monotonic() < self._next_try:
            raise Unavailable(f"no credential to use: {self._words('did not get another one')}, and is not tried again yet")
        issued = self._obtain(connect)
        gate = self._gate_of(issued.credential)
        if present is not None:
            self._refusal = self._refusal or present.gate.refusal
            if self._refusal is not None:
                self._require_another(issued.credential, present, self._refusal)
        gate.check()
        if present is not None or self.provider.asks_remotely:
            gate = self._verify(issued.credential, gate, verify, connect)
        held = self._take(issued, gate)
        gate.check()
        return held

    def _renew_early(self, present: Held, connect: Connect, verify: Check) -> None:
        """Try once, and shortly; whatever else goes wrong than a refusal, the present one still lives."""
        hasty = Hasty(connect, self._clock)
        try:
            issued = self._obtain(hasty)
            if issued.credential == present.credential:
                self._pause()
                return
            gate = self._verify(issued.credential, present.gate, verify, hasty)
        except (AuthFailed, WrongProject, Unsent):
            raise
        except ModelArtsError:
            return
        self._take(issued, gate)
        gate.check()

    def _obtain(self, connect: Connect) -> Issued:
        try:
            issued = self.provider.issue(connect)
        except ModelArtsError as error:
            told = self._told_and_paused(error)
            if isinstance(told, AuthFailed):
                self.gate.shut(told)
            raise told from error
        self.known.obtain(*secrets_of(issued.credential))
        return issued

    def _verify(self, credential: Credential, gate: AuthGate, verify: Check, connect: Connect) -> AuthGate:
        """Ask whose a new credential is; the answer is the gate for it, a shut one where it is of no use.

        A key that others have too is refused for them only if it is no good: not where it may not ask whose it is.
        """
        try:
            verify(credential, connect)
        except ModelArtsError as error:
            told = self._told_and_paused(error)
            if not isinstance(told, AuthFailed):
                raise told from error
            if self._has_own_gate(credential) and not isinstance(error, AuthFailed):
                gate = AuthGate(self._clock)
            gate.shut(told)
        return gate

    def _told_and_paused(self, error: ModelArtsError) -> ModelArtsError:
        told = self.told(error)
        if not isinstance(told, AuthFailed | Unsent | WrongProject):
            self._pause()
        return told

    def _require_another(self, new: Credential, present: Held, refusal: AuthFailed) -> None:
        if new == present.credential:
            present.gate.shut(refusal)
            raise with_reason(refusal, self._words(f"gave the same credential again, which is refused: {refusal}"))
        if is_half_changed(new, present.credential):
            raise Unavailable(
                self._words(
                    "gave a key of which one half is the old one, or one part of three; it is taken once all have changed"
                )
            )

    def _take(self, issued: Issued, gate: AuthGate) -> Held:
        present = self._held
        if present is not None and self._refusal is not None:
            self._replaced_at = self._clock.monotonic()
            if gate is not present.gate:
                gate.follow(present.gate)
        gate.doubt()
        number = 1 if present is None else present.generation + 1
        lease = lease_of(issued, self._clock)
        self._held = Held(credential=issued.credential, generation=number, gate=gate, lease=lease, expires_at=issued.expires_at)
        self.known.use(self, *self.provider.secrets(), *secrets_of(issued.credential))
        self._refusal, self._next_try = None, 0.0
        return self._held

    def _gate_of(self, credential: Credential) -> AuthGate:
        gate = self._gates.gate_of(key_id(credential), self._clock, self) if self._has_own_gate(credential) else self._login_gate
        if self.provider.is_renewable:
            gate.keep_one_back()
        return gate

    def _has_own_gate(self, credential: Credential) -> bool:
        """Whether it may be written down elsewhere too; what a service hands out is refused with who logged in."""
        return not self.provider.asks_remotely and isinstance(credential, AccessKey)

    def _pause(self) -> None:
        if self.provider.asks_remotely:
            lease = Lease() if self._held is None else self._held.lease
            pause_s = min(LONGEST_PAUSE_S, max(_SHORTEST_PAUSE_S, lease.pause_s))
            self._next_try = self._clock.monotonic() + pause_s

    def _words(self, text: str) -> str:
        return f"logging in ({self.provider.kind.replace('_', ' ')}) {text}"
