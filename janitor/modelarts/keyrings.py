"""Owns the keyrings of a process: who logs in alike shares one credential and one gate, however often settings are loaded."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from janitor.modelarts.clock import Clock
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.gate import LOCKED_FOR_S
from janitor.modelarts.gates import Gates
from janitor.modelarts.identity import Identity
from janitor.modelarts.keyring import Keyring
from janitor.modelarts.known_secrets import KnownSecrets, SecretValues
from janitor.modelarts.provider import Provider
from janitor.modelarts.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyScope:
    """What a target's credentials are for, and where the identity service is that knows it."""

    project_id: str
    project_name: str | None = None
    iam: Endpoint | None = None


class Keyrings:
    """Makes each target its keyring; who was refused is tried again when the platform's lock is over, once."""

    def __init__(self) -> None:
        self.known = KnownSecrets()
        self._lock = Lock()
        self._gates = Gates()
        self._vaults: dict[Provider, Vault] = {}
        self._identities: dict[KeyScope, Identity] = {}

    def keyring_of(self, provider: Provider, clock: Clock, scope: KeyScope | None = None) -> Keyring:
        """A keyring for one sweep of one target, its credential to be proven anew."""
        with self._lock:
            vault = self._vault_of(provider, clock)
            return Keyring(provider, clock, None if scope is None else self._identity_of(scope), vault=vault)

    def keep(self, providers: Iterable[Provider]) -> None:
        """Forget whoever is not among these any more, but no refusal while a key may be locked for it.

        A transport that still uses one goes on with it; its secrets are known as long as that.
        """
        with self._lock:
            kept = set(providers)
            for provider in self._vaults.keys() - kept:
                self.known.retire(self._vaults.pop(provider))

    def secrets(self) -> SecretValues:
        """Every secret that was given or obtained; the very same tuple as long as there is no new one."""
        return self.known.values()

    def _vault_of(self, provider: Provider, clock: Clock) -> Vault:
        """The vault of a provider: a new one where its gate was shut for longer than a key is locked."""
        vault = self._vaults.get(provider)
        if vault is None or vault.gate.is_shut_for(LOCKED_FOR_S):
            vault = self._vaults[provider] = Vault(provider, clock, gates=self._gates, known=self.known)
        vault.gate.doubt()
        return vault

    def _identity_of(self, scope: KeyScope) -> Identity:
        if scope not in self._identities:
            self._identities[scope] = Identity(scope.project_id, scope.project_name, scope.iam)
        return self._identities[scope]
