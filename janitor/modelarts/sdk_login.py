"""Owns what may be told to a session, or stand in its environment, and that nothing of it is missing or mixed up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from janitor.modelarts.credentials import AccessKey

ENVIRONMENT = {
    "access_key": "HUAWEICLOUD_SDK_AK",
    "secret_key": "HUAWEICLOUD_SDK_SK",
    "security_token": "HUAWEICLOUD_SDK_SECURITY_TOKEN",
    "project_id": "HUAWEICLOUD_SDK_PROJECT_ID",
    "region_name": "HUAWEICLOUD_SDK_REGION_NAME",
}
_KEY = frozenset({"access_key", "secret_key", "security_token"})
_KEY_NEEDS = ("access_key", "secret_key", "project_id")
_USER = frozenset({"account", "username", "password"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLogin:
    """A user of the identity service; `account` is the domain's name."""

    account: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who calls, for which project: None means that it follows from the user and the region."""

    who: AccessKey | UserLogin
    project_id: str | None
    region: str | None


def read_login(given: Mapping[str, object], environment: Mapping[str, str]) -> Login:
    """Tell the three forms apart by what was given: a key, a user, or neither; then the key stands in the environment.

    A user's account may be left out: it is named like its only user then. Raises ValueError or TypeError, which name arguments
    and variables and never show a value.
    """
    told = {name: _text(name, value) for name, value in given.items() if value is not None}
    if told.keys() & _KEY and told.keys() & _USER:
        raise ValueError("a session takes a key (access_key, secret_key) or a user (username, password), not both")
    if told.keys() & _USER:
        return _user_login(told)
    if told.keys() & _KEY:
        _require(told, _KEY_NEEDS, "Session(access_key=, secret_key=, project_id=, region_name=) is missing")
        return _key_login(told)
    found = {name: environment[variable] for name, variable in ENVIRONMENT.items() if environment.get(variable)} | told
    unset = [ENVIRONMENT[name] for name in _KEY_NEEDS if name not in found]
    if unset:
        raise ValueError(f"Session() without a key or a user reads the environment, where {', '.join(unset)} is not set")
    return _key_login(found)


def _key_login(told: Mapping[str, str]) -> Login:
    key = AccessKey(told["access_key"], told["secret_key"], told.get("security_token"))
    return Login(who=key, project_id=told["project_id"], region=told.get("region_name"))


def _user_login(told: Mapping[str, str]) -> Login:
    _require(told, ("username", "password"), "Session(account=, username=, password=, region_name=, project_id=) is missing")
    user = UserLogin(account=told.get("account", told["username"]), username=told["username"], password=told["password"])
    return Login(who=user, project_id=told.get("project_id"), region=told.get("region_name"))


def _require(told: Mapping[str, str], names: Iterable[str], sentence: str) -> None:
    missing = [name for name in names if not told.get(name)]
    if missing:
        raise ValueError(f"{sentence} {', '.join(missing)}")


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    return value
