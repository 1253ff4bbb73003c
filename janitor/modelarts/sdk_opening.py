"""Owns the opening of a session's way to the platform: with a key as it is, or as a user who is logged in at once."""

from dataclasses import dataclass

from janitor.modelarts.checks import Check
from janitor.modelarts.clock import SystemClock
from janitor.modelarts.credentials import AccessKey, Credential, Token
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.errors import ProtocolError
from janitor.modelarts.gates import Gates
from janitor.modelarts.identity import Identity
from janitor.modelarts.keyring import Keyring
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.provider import Connect, Provider
from janitor.modelarts.providers import GivenKey, PasswordLogin
from janitor.modelarts.transport import Transport
from janitor.modelarts.vault import Vault

_PROCESS = Gates()
"""Of all sessions: who was refused in one is not tried again in the next, until the platform's lock would be over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A transport, and whose it is; the user is None for a key, of which no documented route tells whose it is."""

    transport: Transport
    project_id: str
    user_id: str | None = None
    user_name: str | None = None


class _FirstToken:
    """Keeps the first token that a user got; one for another project is never used."""

    def __init__(self, project_id: str | None) -> None:
        self._project_id = project_id
        self._identity: Identity | None = None
        self._token: Token | None = None

    def __call__(self, credential: Credential, connect: Connect) -> None:
        """Check one token before it is used; raises WrongProject."""
        if self._identity is None and isinstance(credential, Token):
            self._token = credential
            self._identity = Identity(self._project_id or credential.project_id)
        if self._identity is not None:
            self._identity(credential, connect)

    def found(self) -> Token:
        """The first token, once there is one."""
        if self._token is None:
            raise ProtocolError("the login gave no token")
        return self._token


def open_with_key(endpoint: Endpoint, limits: TransportLimits, key: AccessKey, project_id: str) -> Opened:
    """Send nothing yet: the first call shows whether the key is good."""
    return Opened(transport=Transport(endpoint, _keyring_of(GivenKey(key)), limits=limits), project_id=project_id)


def open_as_user(endpoint: Endpoint, limits: TransportLimits, login: PasswordLogin) -> Opened:
    """Log in; raises AuthFailed, WrongProject or any other ModelArtsError of the identity service."""
    first = _FirstToken(login.project_id)
    transport = Transport(endpoint, _keyring_of(login, first), limits=limits)
    try:
        transport.log_in()
        token = first.found()
    except BaseException:
        transport.close()
        raise
    return Opened(transport=transport, project_id=token.project_id, user_id=token.user_id, user_name=token.user)


def _keyring_of(provider: Provider, check: Check | None = None) -> Keyring:
    """A keyring with a credential of its own, as each session logs in anew; only the gate is everybody's."""
    clock = SystemClock()
    vault = Vault(provider, clock, gates=_PROCESS)
    return Keyring(provider, clock, check, vault=vault)
