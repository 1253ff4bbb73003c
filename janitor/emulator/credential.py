"""Owns how a request's credential is named in the journal: by who or what it is, never by what it proves."""

import json
from typing import Any

from janitor.emulator.caller import access_key_of
from janitor.emulator.identity import Identity
from janitor.emulator.received import Received


def credential_of(received: Received, route: str, identity: Identity) -> str | None:
    """Name what a request wants to be admitted by, true or not: access key, token, or the password of a login."""
    if route == "login":
        return _named("password", _text(_body(received), "password", "user", "name"))
    access_key, token = access_key_of(received), received.header("x-auth-token")
    if access_key is not None:
        return access_key
    if token is None and route == "temporary_key":
        token = _text(_body(received), "token", "id")
    if token is None:
        return None
    known = identity.find_token(token)
    return _named("token", None if known is None else known.user_name)


def _named(kind: str, name: str | None) -> str:
    return kind if name is None else f"{kind} {name}"


def _body(received: Received) -> Any:
    """Read auth.identity of a body, whatever the body is."""
    try:
        return _inner(_inner(json.loads(received.body), "auth"), "identity")
    except (ValueError, RecursionError):
        return None


def _text(value: Any, *path: str) -> str | None:
    for name in path:
        value = _inner(value, name)
    return value if isinstance(value, str) else None


def _inner(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
