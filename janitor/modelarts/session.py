"""Owns the session of the SDK surface: whose jobs, with which credentials, at which addresses; it decides nothing about them."""

import os
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Self, TypeVar

from janitor.modelarts.credentials import AccessKey
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.providers import PasswordLogin
from janitor.modelarts.regions import iam_beside, iam_of, modelarts_of
from janitor.modelarts.sdk_arguments import require_text
from janitor.modelarts.sdk_login import Login, read_login
from janitor.modelarts.sdk_opening import Opened, open_as_user, open_with_key
from janitor.modelarts.v1 import TrainingJobsV1
from janitor.modelarts.v2 import TrainingJobsV2, require_project_id

T = TypeVar("T")
_EXAMPLES = {"modelarts_endpoint": "https://modelarts.example.com", "iam_endpoint": "https://iam.example.com"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Addresses:
    """What `set_endpoint` was told last."""

    modelarts: str | None = None
    iam: str | None = None
    region: str | None = None


class Session:
    """One project of ModelArts and the credentials for it, as the vendor's SDK has it (docs/modelarts-sdk.md).

    `Session()` reads HUAWEICLOUD_SDK_AK, _SK, _SECURITY_TOKEN, _PROJECT_ID and _REGION_NAME of the environment. Addresses
    follow from the region unless `set_endpoint` named them before: HUAWEICLOUD_SDK_REGION_NAME selects one of the known
    regions, and nothing else in the environment has a say. Raises ValueError or TypeError that says what is missing. A user is
    logged in at once, which raises a ModelArtsError such as AuthFailed; a key is not tried before the first call, and one that
    was refused in another session of this process not before five minutes are over. One session serves all threads. Close it,
    or use it as a context manager.

    `limits` is how hard it tries, which a subclass may change.
    """

    limits: ClassVar[TransportLimits] = TransportLimits()
    _addresses: ClassVar[_Addresses] = _Addresses()

    @classmethod
    def set_endpoint(
        cls,
        *,
        iam_endpoint: str | None = None,
        obs_endpoint: str | None = None,  # noqa: ARG003  the vendor's signature; object storage is never touched
        modelarts_endpoint: str | None = None,
        region_name: str | None = None,
    ) -> None:
        """Say where the platform is, for every session made from now on; without arguments, where its region has it.

        Raises ValueError for an address that is neither https nor this machine's, and for an empty text, such as an empty
        variable: it is no way to leave an argument out. Raises TypeError for what is no text.
        """
        told = {"modelarts_endpoint": modelarts_endpoint, "iam_endpoint": iam_endpoint, "region_name": region_name}
        modelarts, iam, region = (_stated(name, value) for name, value in told.items())
        modelarts, iam = (None if url is None else Endpoint(url=url).url for url in (modelarts, iam))
        cls._addresses = _Addresses(modelarts=modelarts, iam=iam, region=region)

    def __init__(  # noqa: PLR0913  the vendor's signature
        self,
        *,
        access_key: str | None = None,
        secret_key: str | None = None,
        security_token: str | None = None,
        account: str | None = None,
        username: str | None = None,
        password: str | None = None,
        project_id: str | None = None,
        region_name: str | None = None,
    ) -> None:
        places = self._addresses
        key = {"access_key": access_key, "secret_key": secret_key, "security_token": security_token}
        user = {"account": account, "username": username, "password": password}
        where = {"project_id": project_id, "region_name": _agreed(region_name, places.region)}
        login = read_login(key | user | where, os.environ)
        self.region_name = login.region
        self._endpoint = Endpoint(url=places.modelarts or modelarts_of(_require_region(login.region)))
        self._is_closed = False
        opened = _open(login, self._endpoint, places, self.limits)
        self.project_id, self.user_id, self.user_name = opened.project_id, opened.user_id, opened.user_name
        self._transport = opened.transport
        self._v1 = TrainingJobsV1(self._transport, self.project_id)
        self._v2 = TrainingJobsV2(self._transport, self.project_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Session(project_id={self.project_id!r}, region_name={self.region_name!r}, endpoint={self._endpoint.url!r})"

    def close(self) -> None:
        """Close every connection; the session can not be used again."""
        self._is_closed = True
        self._transport.close()

    @property
    def v1(self) -> TrainingJobsV1:
        """The v1 jobs of the project."""
        return self._opened(self._v1)

    @property
    def v2(self) -> TrainingJobsV2:
        """The v2 jobs of the project."""
        return self._opened(self._v2)

    def _opened(self, jobs: T) -> T:
        if self._is_closed:
            raise ValueError("the session is closed; make another one")
        return jobs


def require_session(session: object, name: str) -> Session:
    """The session itself; TypeError for anything else, such as one of the vendor's own SDK."""
    if not isinstance(session, Session):
        raise TypeError(f"{name} must be a janitor.modelarts.session.Session, not {type(session).__name__}")
    return session


def _open(login: Login, endpoint: Endpoint, places: _Addresses, limits: TransportLimits) -> Opened:
    """A user's project may be named by the region alone (docs/modelarts-api.md, project lookup)."""
    if isinstance(login.who, AccessKey):
        return open_with_key(endpoint, limits, login.who, str(login.project_id))
    if login.project_id is None and login.region is None:
        raise ValueError("project_id is missing, and without region_name no project can be found by the region's name")
    by_name = login.region if login.project_id is None else None
    user = PasswordLogin(
        iam=Endpoint(url=_iam(places, login.region)),
        domain=login.who.account,
        user=login.who.username,
        password=login.who.password,
        project_id=None if login.project_id is None else require_project_id(login.project_id),
        project_name=by_name,
    )
    return open_as_user(endpoint, limits, user)


def _iam(places: _Addresses, region: str | None) -> str:
    """Where to log in: never at the region's own service for a platform that was said to be elsewhere."""
    if places.iam:
        return places.iam
    return iam_beside(places.modelarts) if places.modelarts else iam_of(_require_region(region))


def _stated(name: str, value: str | None) -> str | None:
    """What was said, or None where nothing was; a shell's empty variable must not mean the real cloud."""
    if value is not None and not require_text(name, value, _EXAMPLES.get(name, "eu-de")).strip():
        raise ValueError(f"{name} is empty; leave it out to mean the region's own")
    return value


def _agreed(given: str | None, placed: str | None) -> str | None:
    if given and placed and given != placed:
        raise ValueError(f"set_endpoint was called for region {placed!r:.80}, the session is for {given!r:.80}")
    return given or placed


def _require_region(region: str | None) -> str:
    if not region:
        names = "region_name (in the environment HUAWEICLOUD_SDK_REGION_NAME)"
        raise ValueError(f"{names} is missing, and Session.set_endpoint(modelarts_endpoint=) was not called")
    return region
