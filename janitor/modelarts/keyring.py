"""Owns one target's use of a credential: nothing leaves with one whose project was not checked, once it was renewed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event

from janitor.modelarts.checks import Check
from janitor.modelarts.clock import Clock
from janitor.modelarts.credentials import Credential
from janitor.modelarts.errors import AuthFailed, ModelArtsError, WrongProject
from janitor.modelarts.gate import AuthGate, unsent
from janitor.modelarts.held import Held
from janitor.modelarts.provider import Connect, Provider
from janitor.modelarts.remote_text import Cleaner
from janitor.modelarts.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """Which kind of credential is in use and when it ends; aware UTC, None where nobody says, or before the first request.

    `is_renewable` says that another one may take its place while it is in use, `came_expired` that by this machine's clock it had
    ended when it was obtained, so that it is used until it is refused.
    """

    kind: str
    expires_at: datetime | None
    is_renewable: bool = False
    came_expired: bool = False


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
        self._check = None if check is None else self._vault.checks.shared(check)
        self._checked: Credential | None = None
        self._end: WrongProject | AuthFailed | None = None

    @property
    def cleaner(self) -> Cleaner:
        """Removes all that was ever held from what a service says."""
        return self._vault.cleaner

    @property
    def gate(self) -> AuthGate:
        """Where the requests of all who have the credential in use pass."""
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
        state = KeyState(kind=provider.kind, expires_at=None, is_renewable=provider.is_renewable)
        return state if held is None else replace(state, expires_at=held.expires_at, came_expired=held.came_expired)

    def hold(self, connect: Connect) -> Held:
        """The credential to use now, issued or renewed where that is due, and checked; see Vault.hold for what is raised."""
        self._raise_if_ended()
        with self._remembering():
            held = self._vault.hold(connect, self._verify)
            if self._must_check(held):
                self._confirm(held, connect)
        return held

    @contextmanager
    def passage(self, stop: Event, connect: Connect) -> Iterator[Pass]:
        """Hold one request's place at the gate; the first request of each credential passes alone."""
        while True:
            held = self.hold(connect)
            with ExitStack() as stack:
                try:
                    doubts = stack.enter_context(held.gate.passage(stop))
                except AuthFailed:
                    if self._vault.may_change(held):
                        continue
                    raise
                if self._vault.held is held:
                    yield Pass(held=held, doubts=doubts)
                    return

    def is_outdated(self, leave: Pass) -> bool:
        """Whether the credential was renewed or refused since; then a new passage is needed. Raises WrongProject."""
        self._raise_if_ended()
        return self._vault.held is not leave.held or leave.held.gate.is_shut

    def accept(self, leave: Pass) -> None:
        """The platform accepted the credential of this request."""
        self._vault.accept(leave.held)
        leave.held.gate.prove(leave.doubts)

    def renew(self, leave: Pass, refusal: AuthFailed, connect: Connect) -> bool:
        """The platform refused the credential of this request; the answer is whether to repeat it, once, with another."""
        with self._remembering():
            return self._vault.renew(leave.held, refusal, connect, self._verify)

    def _must_check(self, held: Held) -> bool:
        is_first = held.generation == 1 and not self.asks_remotely
        return self._check is not None and not is_first and held.credential != self._checked

    def _confirm(self, held: Held, connect: Connect) -> None:
        """Check what another keyring has renewed: a refusal of the key is one for all, any other for this keyring alone."""
        try:
            self._verify(held.credential, connect)
        except ModelArtsError as error:
            told = self._vault.told(error)
            if isinstance(error, AuthFailed):
                held.gate.shut(error)
            elif isinstance(told, AuthFailed):
                self._end = self._end or told
            raise told from error

    def _verify(self, credential: Credential, connect: Connect) -> None:
        if self._check is not None:
            self._check(credential, connect)
            self._checked = credential

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        """Let another project be known to every request from now on."""
        try:
            yield
        except WrongProject as error:
            self._end = self._end or error
            raise

    def _raise_if_ended(self) -> None:
        if isinstance(self._end, WrongProject):
            raise WrongProject(f"not sent, because earlier: {self._end}")
        if self._end is not None:
            raise unsent(self._end)
