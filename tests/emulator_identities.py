"""Owns how the emulator's tests log in, ask for temporary keys and send what they were given."""

import json
from dataclasses import replace
from typing import Any

from emulator_probe import ACCOUNT, SEARCHES, HandClock, Probe, Seen

LOGIN = "/v3/auth/tokens"
KEYS = "/v3.0/OS-CREDENTIAL/securitytokens"
METADATA = "/openstack/latest/securitykey"
METADATA_TOKEN = "/meta-data/latest/api/token"
BY_NAME = {"project": {"name": ACCOUNT.project_name}}


def advance(probe: Probe, seconds: float) -> None:
    assert isinstance(probe.emulator.clock, HandClock)
    probe.emulator.clock.advance(seconds)


def send_unsigned(probe: Probe, method: str, path: str, body: Any = None, **headers: str) -> Seen:
    """Send without a signature; an underscore in a header's name stands for a hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = b"" if body is None else json.dumps(body).encode()
    return probe.send_raw(method, path, raw, {"host": "127.0.0.1", "content-type": "application/json"} | named)


def login_body(scope: Any = BY_NAME, **changes: Any) -> dict[str, Any]:
    user = {"name": ACCOUNT.user_name, "password": ACCOUNT.password, "domain": {"name": ACCOUNT.domain_name}} | changes
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}


def log_in(probe: Probe, scope: Any = BY_NAME, **changes: Any) -> str:
    """Return a token."""
    answer = send_unsigned(probe, "POST", f"{LOGIN}?nocatalog=true", login_body(scope, **changes))
    assert answer.status == 201, answer.body
    return answer.headers["x-subject-token"]


def list_with(probe: Probe, token: str, **headers: str) -> Seen:
    """List with a token in place of a signature."""
    return send_unsigned(probe, "POST", SEARCHES, {"limit": 1}, x_auth_token=token, **headers)


def with_key(probe: Probe, access: str, secret: str, token: str | None = None) -> Probe:
    """Return a probe that signs with another key."""
    extra = {} if token is None else {"x-security-token": token}
    return Probe(emulator=probe.emulator, account=replace(ACCOUNT, access_key=access, secret_key=secret), extra=extra)


def with_issued(probe: Probe, answer: Seen) -> Probe:
    """Return a probe that signs with the temporary key of an answer."""
    given = answer.json["credential"]
    return with_key(probe, given["access"], given["secret"], given["securitytoken"])
