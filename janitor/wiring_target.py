"""Owns which parts of the ModelArts library a target's settings ask for: its adapter, its addresses, and how it logs in."""

from collections.abc import Iterable

from janitor.backends.modelarts_project import Scope
from janitor.backends.modelarts_v1 import ModelArtsV1
from janitor.backends.modelarts_v2 import ModelArtsV2
from janitor.backends.port import Backend
from janitor.clock import ThreadSpawner
from janitor.core.errors import ConfigError
from janitor.core.secret import Secret
from janitor.modelarts.credentials import AccessKey
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.provider import Provider
from janitor.modelarts.providers import EcsAgency, KeyPart, PasswordLogin, Profile, RereadKey
from janitor.modelarts.transport import Transport
from janitor.settings.credential import SecretInFile
from janitor.settings.model import (
    AccessKeySettings,
    AgencySettings,
    PasswordSettings,
    ProfileSettings,
    TargetSettings,
    UnreadCredentials,
)


def backend_of(target: TargetSettings, modelarts: Transport, iam: Transport | None) -> Backend:
    """The adapter of a target's generation, over its transports."""
    scope = Scope(project_id=target.project_id, project_name=target.project_name, workspaces=target.workspaces)
    if target.api == "v1":
        return ModelArtsV1(modelarts, iam, scope, ThreadSpawner(target.concurrency))
    return ModelArtsV2(modelarts, iam, scope, ThreadSpawner(target.concurrency))


def disconnect(transports: Iterable[Transport | None]) -> None:
    """Let go of every connection; the next request opens one anew."""
    for transport in transports:
        if transport is not None:
            transport.close()


def endpoint_of(target: TargetSettings, url: str) -> Endpoint:
    """An address as a target reaches it: with its certificates and its proxy."""
    return Endpoint(url=url, ca_file=None if target.ca_file is None else str(target.ca_file), proxy=target.proxy)


def iam_of(target: TargetSettings) -> Endpoint | None:
    """The identity service of a target, where it has one."""
    return None if target.iam_endpoint is None else endpoint_of(target, target.iam_endpoint)


def provider_of(target: TargetSettings, iam: Endpoint | None) -> Provider:
    """How a target logs in; raises ConfigError where it cannot."""
    match target.credentials:
        case AccessKeySettings(security_token=token) as key:
            parts = {"access_key": _part(key.access_key), "secret_key": _part(key.secret_key)}
            return RereadKey(**parts, security_token=None if token is None else _part(token))
        case ProfileSettings(name=name, path=path, key=key):
            return Profile(name, path, AccessKey(*(secret.reveal() for secret in key.secrets)))
        case AgencySettings():
            return EcsAgency()
        case PasswordSettings(domain=domain, user=user, password=password):
            if iam is None:
                raise ConfigError(f"target {target.name} logs in with a password: add iam_endpoint")
            login = {"domain": domain, "user": user, "password": password.reveal()}
            return PasswordLogin(iam=iam, **login, project_id=target.project_id)
        case UnreadCredentials():
            raise ConfigError(f"target {target.name}: its credentials were not read, so it cannot be asked anything")


def _part(secret: Secret) -> KeyPart:
    return KeyPart(value=secret.reveal(), path=secret.path if isinstance(secret, SecretInFile) else None)
