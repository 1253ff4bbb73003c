"""Every way to log in: how it is set up against an emulator, for the client library and for a policy file.

A `Login` belongs to one emulator and one folder. `keyring()` is for a transport of the library, `credentials` is the line of a
policy file, `environ` what has to be set for it, `metadata` where the metadata service is: `agree(monkeypatch)` sees to these.
`end()` ends what is in use in the way that is usual for it, so that it has to be renewed; `revoke()` ends it for good.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from janitor.emulator.account import Account
from janitor.emulator.server import Emulator
from janitor.modelarts import (
    AccessKey,
    EcsAgency,
    Endpoint,
    GivenKey,
    Identity,
    KeyPart,
    Keyring,
    MetadataService,
    PasswordLogin,
    Profile,
    Provider,
    RereadKey,
)
from janitor.modelarts.clock import Clock

KINDS = ("given_key", "key_files", "temporary_key", "password", "ecs_agency", "profile")
RENEWABLE = ("key_files", "password", "ecs_agency", "profile")


@dataclass(kw_only=True)
class Login:
    """One way to log in, ready to use."""

    kind: str
    emulator: Emulator
    account: Account
    folder: Path
    credentials: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    _number: int = 0

    def __post_init__(self) -> None:
        self._current = self.account.access_key
        _SETUP[self.kind](self)

    def provider(self) -> Provider:
        """The provider, as a user of the library makes it."""
        return _PROVIDERS[self.kind](self)

    def keyring(self, clock: Clock | None = None) -> Keyring:
        """A keyring that checks after each renewal that the project is still the emulator's."""
        iam = Endpoint(url=self.emulator.url)
        return Keyring(self.provider(), clock, Identity(self.account.project_id, self.account.project_name, iam))

    def agree(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the command line, run in this process, find what it has to find."""
        for name, value in self.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("janitor.wiring_target.EcsAgency", partial(EcsAgency, self.metadata))

    @property
    def metadata(self) -> MetadataService:
        """The emulator in the place of the metadata service."""
        return MetadataService(url=self.emulator.url)

    def end(self) -> None:
        """Let what is in use be over, and something new be there in its place."""
        identity = self.emulator.identity
        if self.kind == "password":
            identity.expire_tokens()
        elif self.kind == "ecs_agency":
            identity.renew_agency_key()
        else:
            self._number += 1
            key = identity.rotate_key(self._current, f"ROTATEDAK000000000{self._number:03}", f"rotated-secret-{self._number:030}")
            self._current = key.access_key
            self.write_key(key.access_key, key.secret_key)

    def revoke(self) -> None:
        """Let nobody in any more."""
        identity = self.emulator.identity
        if self.kind == "password":
            identity.disable_user(self.account.user_name)
        elif self.kind == "ecs_agency":
            identity.disable_user(self.account.agency_name)
        else:
            identity.revoke_key(self._current)

    def write_key(self, access_key: str, secret_key: str) -> None:
        """Write a key to where this way to log in has it: both halves at once, as a mounted secret changes."""
        if self.kind == "profile":
            _replace(self.folder / "profile.ini", f"[basic]\nak = {access_key}\nsk = {secret_key}\n")
        else:
            _replace(self.folder / "sk", f"{secret_key}\n")
            _replace(self.folder / "ak", f"{access_key}\n")


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def _given_key(login: Login) -> None:
    login.environ = {"TEST_AK": login.account.access_key, "TEST_SK": login.account.secret_key}
    login.credentials = "{access_key: {env: TEST_AK}, secret_key: {env: TEST_SK}}"


def _key_files(login: Login) -> None:
    login.write_key(login.account.access_key, login.account.secret_key)
    login.credentials = "{access_key: {file: ak}, secret_key: {file: sk}}"


def _temporary_key(login: Login) -> None:
    token = "token-of-a-temporary-key-in-a-test=="
    login.emulator.identity.add_key("TEMPORARYAK000000001", "temporary-secret-key-not-a-secret", security_token=token)
    login._current = "TEMPORARYAK000000001"
    login.environ = {"TEST_AK": login._current, "TEST_SK": "temporary-secret-key-not-a-secret", "TEST_TOKEN": token}
    login.credentials = "{access_key: {env: TEST_AK}, secret_key: {env: TEST_SK}, security_token: {env: TEST_TOKEN}}"


def _password(login: Login) -> None:
    (login.folder / "password").write_text(f"{login.account.password}\n")
    login.credentials = f"{{domain: {login.account.domain_name}, user: {login.account.user_name}, password: {{file: password}}}}"


def _ecs_agency(login: Login) -> None:
    login.credentials = "{agency: ecs}"


def _profile(login: Login) -> None:
    login.write_key(login.account.access_key, login.account.secret_key)
    login.environ = {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(login.folder / "profile.ini")}
    login.credentials = "{profile: basic}"


_SETUP: Mapping[str, Callable[[Login], None]] = {
    "given_key": _given_key,
    "key_files": _key_files,
    "temporary_key": _temporary_key,
    "password": _password,
    "ecs_agency": _ecs_agency,
    "profile": _profile,
}


def _make_files(login: Login) -> Provider:
    parts = [KeyPart(value=(login.folder / name).read_text().strip(), path=login.folder / name) for name in ("ak", "sk")]
    return RereadKey(access_key=parts[0], secret_key=parts[1])


def _make_password(login: Login) -> Provider:
    account, iam = login.account, Endpoint(url=login.emulator.url)
    user = {"domain": account.domain_name, "user": account.user_name, "password": account.password}
    return PasswordLogin(iam=iam, **user, project_id=account.project_id)


_PROVIDERS: Mapping[str, Callable[[Login], Provider]] = {
    "given_key": lambda login: GivenKey(AccessKey(*login.environ.values())),
    "key_files": _make_files,
    "temporary_key": lambda login: GivenKey(AccessKey(*login.environ.values())),
    "password": _make_password,
    "ecs_agency": lambda login: EcsAgency(login.metadata),
    "profile": lambda login: Profile("basic", login.folder / "profile.ini"),
}
