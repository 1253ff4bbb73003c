"""Owns one target's use of a credential: nothing leaves with one whose project was not checked, once it was renewed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event, Lock

from janitor.modelarts.clock import Clock
from janitor.modelarts.credentials import Credential
from janitor.modelarts.errors import AuthFailed, WrongProject
from janitor.modelarts.gate import AuthGate
from janitor.modelarts.provider import Connect, Provider
from janitor.modelarts.remote_text import Cleaner
from janitor.modelarts.vault import Held, Vault

Check = Callable[[Credential, Connect], None]
"""Raises WrongProject for a credential of another project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """Which kind of credential is in use and when it ends; aware UTC, None where nobody says, or before the first request.

    `is_renewable` says that another one may take its place while it is in use.
    """

    kind: str
    expires_at: datetime | None
    is_renewable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One request's leave to be sent, with the credential to send it with."""

    held: Held
    doubts: int


class Keyring:
    """The credentials of one target, for all of its transports.

    `check` is asked about each credential before it is used, but for the first of those that nobody has to be asked for. One
    that it finds to be of another project ends all use of this keyring.
    """

    def __init__(
        self, provider: Provider, clock: Clock | None = None, check: Check | None = None, *, vault: Vault | None = None
    ) -> None:
        self._vault = vault or Vault(provider, clock)
        self._check = check
        self._lock = Lock()
        self._checked: Credential | None = None
        self._wrong: WrongProject | None = None

    @property
    def cleaner(self) -> Cleaner:
        """Removes all that was ever held from what a service says."""
        return self._vault.cleaner

    @property
    def gate(self) -> AuthGate:
        """Where the requests of all who log in like this pass."""
        return self._vault.gate

    @property
    def asks_remotely(self) -> bool:
        """Whether a service is asked for each credential, with retries of its own."""
        return self._vault.provider.asks_remotely

    def beside(self, provider: Provider, secrets: tuple[str, ...]) -> "Keyring":
        """Another keyring, for a request that has to do with this one; all secrets are removed from text together."""
        self._vault.known.obtain(*secrets)
        return Keyring(provider, vault=self._vault.beside(provider))

    def state(self) -> KeyState:
        """What is known of the credential in use; asks nobody."""
        held, provider = self._vault.held, self._vault.provider
        expires_at = None if held is None else held.expires_at
        return KeyState(kind=provider.kind, expires_at=expires_at, is_renewable=provider.is_renewable)

    def hold(self, connect: Connect) -> Held:
        """The credential to use now, issued or renewed where that is due, and checked; see Vault.hold for what is raised."""
        self._raise_if_wrong()
        with self._remembering():
            held = self._vault.hold(connect, partial(self._verify, connect))
            if self._must_check(held):
                with self._lock:
                    if self._must_check(held):
                        self._verify(connect, held.credential)
        return held

    @contextmanager
    def passage(self, stop: Event, connect: Connect) -> Iterator[Pass]:
        """Hold one request's place at the gate; the first request of each credential passes alone."""
        while True:
            held = self.hold(connect)
            with self.gate.passage(stop) as doubts:
                if self._vault.held is held:
                    yield Pass(held=held, doubts=doubts)
                    return

    def is_outdated(self, leave: Pass) -> bool:
        """Whether the credential was renewed since; then a new passage is needed. Raises AuthFailed or WrongProject when shut."""
        self.gate.check()
        self._raise_if_wrong()
        held = self._vault.held
        return held is not None and held.generation != leave.held.generation

    def accept(self, leave: Pass) -> None:
        """The platform accepted the credential of this request."""
        self._vault.accept(leave.held)
        self.gate.prove(leave.doubts)

    def renew(self, leave: Pass, refusal: AuthFailed, connect: Connect) -> bool:
        """The platform refused the credential of this request; the answer is whether to repeat it, once, with another."""
        with self._remembering():
            return self._vault.renew(leave.held, refusal, connect, partial(self._verify, connect))

    def _must_check(self, held: Held) -> bool:
        is_first = held.generation == 1 and not self.asks_remotely
        return self._check is not None and not is_first and held.credential != self._checked

    def _verify(self, connect: Connect, credential: Credential) -> None:
        if self._check is not None:
            self._check(credential, connect)
            self._checked = credential

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        """Let a refusal, or another project, be known to every request from now on."""
        try:
            yield
        except WrongProject as error:
            self._wrong = self._wrong or error
            raise
        except AuthFailed as error:
            self.gate.shut(error)
            raise

    def _raise_if_wrong(self) -> None:
        if self._wrong is not None:
            raise WrongProject(f"not sent, because earlier: {self._wrong}")
