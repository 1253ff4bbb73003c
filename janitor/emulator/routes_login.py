"""Owns the IAM calls that give credentials: a token for a password, a temporary key for a token (modelarts-api.md §4.4)."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import FastAPI, Header
from starlette.requests import Request
from starlette.responses import Response

from janitor.emulator.caller import json_response
from janitor.emulator.identity import Identity, is_password
from janitor.emulator.login import AssumedRole, KeyAnswer, KeyRequest, LoginRequest, LoginUser, Scope, TokenAnswer
from janitor.emulator.principal import Key, Principal, Project, Token, User
from janitor.emulator.refusal import IamRefusedError
from janitor.emulator.registry import IAM_ERRORS, ThePrincipal, TheWorld, add_route
from janitor.emulator.world import World

MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"
SERVICES = (("modelarts", "modelartsv1", "/v1/{}"), ("modelartsv2", "modelartsv2", "/v2/{}"), ("iam", "identity", "/v3"))
"""Name, type and path of what stands in a token's catalog."""
_SUBJECT = {"X-Subject-Token": {"description": "The token.", "schema": {"type": "string"}}}


def register(app: FastAPI) -> None:
    """Add the routes."""
    described = IAM_ERRORS | {201: {"headers": _SUBJECT}}
    line = "POST /v3/auth/tokens"
    add_route(app, line, log_in, name="login", status_code=201, response_model=TokenAnswer, responses=described)
    line = "POST /v3.0/OS-CREDENTIAL/securitytokens"
    add_route(app, line, issue_key, name="temporary_key", status_code=201, response_model=KeyAnswer, responses=IAM_ERRORS)


async def log_in(world: TheWorld, request: Request, body: LoginRequest, nocatalog: str | None = None) -> Response:
    """Give a token for a user's name and password: 1 who, 2 for what, 3 the token."""
    identity = world.identity
    user = _authenticated(identity, body.auth.identity.password.user)
    is_for_project = _is_for_project(body.auth.scope, user, identity.project)
    token = identity.issue_token(user.name, is_for_project=is_for_project)
    principal = identity.principal_of(token)
    shown = _show(token, principal)
    if nocatalog is None:
        shown["catalog"] = _catalog(str(request.base_url).rstrip("/"), principal.project)
    answer = json_response({"token": shown}, 201)
    answer.headers["X-Subject-Token"] = token.text
    return answer


async def issue_key(
    world: TheWorld, principal: ThePrincipal, body: KeyRequest, x_auth_token: Annotated[str | None, Header()] = None
) -> Response:
    """Give a temporary key for a token, or for an agency of the account to whoever may assume it."""
    wanted, identity = body.auth.identity, world.identity
    if wanted.methods == ["token"]:
        holder = identity.principal_of_token(x_auth_token or wanted.token.id or "")
        lifetime_s = wanted.token.duration_seconds
    else:
        holder = principal and _agency(world, wanted.assume_role)
        lifetime_s = wanted.assume_role.duration_seconds if wanted.assume_role else 0
    if holder is None:
        raise IamRefusedError(401, "The request you have made requires authentication.")
    return json_response({"credential": show_key(identity.issue_key(holder.user.name, timedelta(seconds=lifetime_s)))}, 201)


def show_key(key: Key) -> dict[str, str]:
    """Write a temporary key as IAM and the metadata service do."""
    expires_at = key.expires_at.strftime(MOMENT) if key.expires_at else ""
    return {
        "access": key.access_key,
        "secret": key.secret_key,
        "securitytoken": key.security_token or "",
        "expires_at": expires_at,
    }


def _authenticated(identity: Identity, wanted: LoginUser) -> User:
    """Return who logs in; which of domain, name and password is wrong, nobody is told."""
    user = identity.find_user(wanted.name)
    if user is None or not wanted.domain.is_for(user.domain_id, user.domain_name) or not is_password(user, wanted.password):
        raise IamRefusedError(401, "The username or password is wrong.")
    if not user.is_enabled:
        raise IamRefusedError(403, "The user is disabled.")
    return user


def _is_for_project(scope: Scope | None, user: User, project: Project) -> bool:
    """Tell what a token is wanted for; a project or domain that the user does not have is not found."""
    if scope is not None and scope.project is not None:
        if not scope.project.is_for(project.id, project.name):
            raise IamRefusedError(404, "The project was not found.")
        return True
    if scope is not None and scope.domain is not None and not scope.domain.is_for(user.domain_id, user.domain_name):
        raise IamRefusedError(404, "The domain was not found.")
    return False


def _agency(world: World, wanted: AssumedRole | None) -> Principal:
    if wanted is None:
        raise IamRefusedError(400, "assume_role is missing.")
    account = world.account
    is_ours = wanted.domain_id in (None, account.domain_id) and wanted.domain_name in (None, account.domain_name)
    user = world.identity.find_user(wanted.agency_name)
    if user is None or not is_ours or wanted.agency_name != account.agency_name:
        raise IamRefusedError(404, "The agency was not found.")
    return Principal(user=user, project=world.identity.project)


def _show(token: Token, principal: Principal) -> dict[str, Any]:
    domain = {"id": principal.user.domain_id, "name": principal.user.domain_name}
    project = principal.project
    scope = {"domain": domain} if project is None else {"project": {"id": project.id, "name": project.name, "domain": domain}}
    return {
        "methods": ["password"],
        "issued_at": token.issued_at.strftime(MOMENT),
        "expires_at": token.expires_at.strftime(MOMENT),
        "user": {"id": principal.user.id, "name": principal.user.name, "domain": domain, "password_expires_at": ""},
        "roles": [{"id": "0", "name": "te_admin"}],
        "catalog": [],
    } | scope


def _catalog(base: str, project: Project | None) -> list[dict[str, Any]]:
    """List where the services are, for a project: all at this one address."""
    if project is None:
        return []
    return [
        {
            "id": kind,
            "name": name,
            "type": kind,
            "endpoints": [
                {"id": kind, "interface": "public", "region": "*", "region_id": "*", "url": base + path.format(project.id)}
            ],
        }
        for name, kind, path in SERVICES
    ]
