"""Owns the bodies of the IAM calls that give credentials, sent and answered (modelarts-api.md §4.4).

Fields that are not named here are ignored.
"""

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator


class Named(BaseModel):
    """Something that exists in IAM, by id or name or both."""

    id: str | None = None
    name: str | None = None

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if self.id is None and self.name is None:
            raise ValueError("id or name is needed")
        return self

    def is_for(self, known_id: str, known_name: str) -> bool:
        """Tell whether everything that is said fits."""
        return self.id in (None, known_id) and self.name in (None, known_name)


class LoginUser(BaseModel):
    """Who logs in."""

    name: str
    password: str = Field(repr=False)
    domain: Named


class Password(BaseModel):
    """The method "password"."""

    user: LoginUser


class LoginIdentity(BaseModel):
    """How somebody logs in; this is the one method here."""

    methods: list[Literal["password"]] = Field(min_length=1, max_length=1)
    password: Password


class Scope(BaseModel):
    """What the token shall be good for; a project wins over a domain, and nothing means the user's domain."""

    project: Named | None = None
    domain: Named | None = None


class LoginAuth(BaseModel):
    """Who wants a token for what."""

    identity: LoginIdentity
    scope: Scope | None = None


class LoginRequest(BaseModel):
    """The body of a login."""

    auth: LoginAuth


class HeldToken(BaseModel):
    """The method "token"; without an id the token stands in the header X-Auth-Token, which wins."""

    id: str | None = Field(default=None, repr=False)
    duration_seconds: int = Field(default=900, ge=900, le=86_400)


class AssumedRole(BaseModel):
    """The method "assume_role"."""

    agency_name: str
    domain_id: str | None = None
    domain_name: str | None = None
    duration_seconds: int = Field(default=900, ge=900, le=86_400)


class KeyIdentity(BaseModel):
    """How somebody asks for a temporary key."""

    methods: list[Literal["token", "assume_role"]] = Field(min_length=1, max_length=1)
    token: HeldToken = HeldToken()
    assume_role: AssumedRole | None = None


class KeyAuth(BaseModel):
    """Who wants a temporary key."""

    identity: KeyIdentity


class KeyRequest(BaseModel):
    """The body of a request for a temporary key."""

    auth: KeyAuth


class ShownUser(BaseModel):
    """Whose token it is."""

    id: str
    name: str
    domain: Named


class ShownToken(BaseModel):
    """What is said of a token; the token itself is in the header X-Subject-Token. Times are UTC."""

    methods: list[str]
    issued_at: str
    expires_at: str
    user: ShownUser
    project: Named | None = None
    domain: Named | None = None


class TokenAnswer(BaseModel):
    """The answer to a login."""

    token: ShownToken


class ShownKey(BaseModel):
    """A temporary key; `expires_at` is UTC."""

    access: str
    secret: str
    securitytoken: str
    expires_at: str


class KeyAnswer(BaseModel):
    """The answer that gives a temporary key, by IAM or the metadata service."""

    credential: ShownKey
