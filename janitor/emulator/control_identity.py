"""Owns the changes of identities that a control request or a fault may ask for, and what a control request is shown of them."""

import inspect
from collections.abc import Callable
from typing import Any

from janitor.emulator.identity import Identity
from janitor.emulator.principal import Key, Token

ACTIONS: dict[str, Callable[..., object]] = {
    action.__name__: action
    for action in (
        Identity.add_key,
        Identity.rotate_key,
        Identity.revoke_key,
        Identity.expire_key,
        Identity.add_user,
        Identity.disable_user,
        Identity.change_password,
        Identity.expire_tokens,
        Identity.move_to_project,
        Identity.renew_agency_key,
    )
}


def parse_identity_change(document: dict[str, Any]) -> Callable[[Identity], object]:
    """Read a change such as {"action": "revoke_key", "access_key": "…"}; what does not fit its action is refused at once."""
    arguments = dict(document)
    name = arguments.pop("action", None)
    action = ACTIONS.get(name) if isinstance(name, str) else None
    if action is None:
        raise ValueError(f"{name} is none of {', '.join(sorted(ACTIONS))}")
    inspect.signature(action).bind(None, **arguments)
    return lambda identity: action(identity, **arguments)


def show_identity(identity: Identity) -> dict[str, Any]:
    """Describe everything in the book but its secrets."""
    users, credentials = identity.content()
    names = [{"name": user.name, "domain_name": user.domain_name, "is_enabled": user.is_enabled} for user in users]
    keys = [_show(each) | {"access_key": each.access_key} for each in credentials if isinstance(each, Key)]
    tokens = [_show(each) for each in credentials if isinstance(each, Token)]
    project = {"id": identity.project.id, "name": identity.project.name}
    return {"project": project, "users": names, "keys": keys, "tokens": tokens}


def _show(credential: Key | Token) -> dict[str, Any]:
    expires_at = None if credential.expires_at is None else credential.expires_at.isoformat()
    return {"user_name": credential.user_name, "expires_at": expires_at}
