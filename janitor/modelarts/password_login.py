"""Owns the login of a user with a password at the identity service (docs/modelarts-api.md, tokens)."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from janitor.modelarts.call import Call, Reply, RouteKind
from janitor.modelarts.credentials import Issued, Token
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.errors import Misconfigured, ModelArtsError, ProtocolError, WrongProject
from janitor.modelarts.moments import parse_instant
from janitor.modelarts.provider import Connect

_NOT_FOUND = 404
_HANDED_OVER_IN = "X-Subject-Token"


@dataclass(frozen=True, slots=True, kw_only=True)
class _User:
    """A user of a domain at one identity service, whatever the project, the password and the way there."""

    host: str
    port: int
    domain: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLogin:
    """A user of a domain, logged in for one project, which is named by its id, or by its name where the id is not known."""

    iam: Endpoint
    domain: str
    user: str
    password: str = field(repr=False)
    project_id: str | None = None
    project_name: str | None = None

    kind: ClassVar[str] = "password"
    is_renewable: ClassVar[bool] = True
    asks_remotely: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not (self.domain and self.user and self.password and (self.project_id or self.project_name)):
            raise ValueError("a login needs a domain, a user, a password and a project")

    @property
    def who(self) -> Hashable:
        """The user: a wrong password is wrong for every project, and users are locked too."""
        host, port = self.iam.host_and_port
        return _User(host=host, port=port, domain=self.domain, user=self.user)

    def secrets(self) -> tuple[str, ...]:
        """The password."""
        return (self.password,)

    def issue(self, connect: Connect) -> Issued:
        """Log in.

        Raises AuthFailed for a wrong password, WrongProject where the service knows no such project, Misconfigured where
        another kind of service answers, ProtocolError for an answer that is not understood.
        """
        call = Call(
            kind=RouteKind.OTHER,
            method="POST",
            path="/v3/auth/tokens",
            query="nocatalog=true",
            body=json.dumps(self._document()).encode(),
            accepts=frozenset({201}),
            wants=_HANDED_OVER_IN,
        )
        try:
            with connect(self.iam, secrets=self.secrets()) as sender:
                issued = _read(sender.send(call))
        except ModelArtsError as error:
            if error.status == _NOT_FOUND:
                raise self._not_found(error) from error
            raise
        if issued is None:
            raise ProtocolError("the answer to the login holds no token, or does not say for which project and until when")
        return issued

    def _not_found(self, error: ModelArtsError) -> ModelArtsError:
        """The identity service means the project; whoever else answers does not even know of logins."""
        if error.is_of_iam:
            wanted = self.project_id or self.project_name
            return WrongProject(f"user {self.user} of {self.domain} cannot log in for project {wanted}: {error}")
        return Misconfigured(f"no identity service answers at {self.iam.url}, so that iam_endpoint seems to be wrong: {error}")

    def _document(self) -> dict[str, Any]:
        user = {"name": self.user, "password": self.password, "domain": {"name": self.domain}}
        project = {"name": self.project_name} if self.project_id is None else {"id": self.project_id}
        identity = {"methods": ["password"], "password": {"user": user}}
        return {"auth": {"identity": identity, "scope": {"project": project}}}


def _read(reply: Reply) -> Issued | None:
    token = _below(reply.document, "token")
    project, user = _below(token, "project"), _below(token, "user")
    expires_at = parse_instant(token.get("expires_at"))
    try:
        credential = Token(
            value=reply.header or "",
            project_id=_text(project, "id"),
            project_name=_text(project, "name"),
            domain_id=_text(_below(project, "domain"), "id"),
            user=_text(user, "name"),
            user_id=_text(user, "id"),
        )
    except ValueError:
        return None
    return None if expires_at is None else Issued(credential=credential, expires_at=expires_at)


def _below(document: object, name: str) -> Mapping[str, Any]:
    found = document.get(name) if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _text(document: Mapping[str, Any], name: str) -> str:
    found = document.get(name)
    if not isinstance(found, str) or not found:
        raise ValueError(f"{name} is missing")
    return found
