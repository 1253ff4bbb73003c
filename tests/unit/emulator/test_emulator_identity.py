"""Who exists: keys are added, rotated, revoked, expired and moved; users log in, and tokens and temporary keys admit."""

from dataclasses import replace
from typing import Any

from emulator_probe import ACCOUNT, SEARCHES, HandClock, MakeProbe, Probe, Seen

LOGIN = "/v3/auth/tokens"
KEYS = "/v3.0/OS-CREDENTIAL/securitytokens"
PROJECTS = ("/v3/projects", "/v3/auth/projects")
OTHER = "f" * 32


def advance(probe: Probe, seconds: float) -> None:
    assert isinstance(probe.emulator.clock, HandClock)
    probe.emulator.clock.advance(seconds)


def as_key(probe: Probe, access: str, secret: str, token: str | None = None) -> Probe:
    extra = {} if token is None else {"x-security-token": token}
    return Probe(emulator=probe.emulator, account=replace(ACCOUNT, access_key=access, secret_key=secret), extra=extra)


def as_issued(probe: Probe, answer: Seen) -> Probe:
    given = answer.json["credential"]
    return as_key(probe, given["access"], given["secret"], given["securitytoken"])


def login_body(scope: Any = "by name", **changes: Any) -> dict[str, Any]:
    user = {"name": ACCOUNT.user_name, "password": ACCOUNT.password, "domain": {"name": ACCOUNT.domain_name}} | changes
    known = {"by name": {"project": {"name": ACCOUNT.project_name}}, "by id": {"project": {"id": ACCOUNT.project_id}}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}}
    return {"auth": auth if scope is None else auth | {"scope": known.get(scope, scope) if isinstance(scope, str) else scope}}


def post(probe: Probe, path: str, body: Any, **headers: str) -> Seen:
    """Send without any signature."""
    import json

    return probe.send_raw("POST", path, json.dumps(body).encode(), {"host": "x", "content-type": "application/json"} | headers)


def log_in(probe: Probe, scope: Any = "by name", **changes: Any) -> str:
    answer = post(probe, LOGIN + "?nocatalog=true", login_body(scope, **changes))
    assert answer.status == 201
    return answer.headers["x-subject-token"]


def listed_with(probe: Probe, token: str, **headers: str) -> Seen:
    return post(probe, SEARCHES, {"limit": 1}, **{"x-auth-token": token} | headers)


def test_revoked_key_is_an_unknown_one(probe: Probe) -> None:
    probe.emulator.identity.add_key("AK2", "second-secret")
    second = as_key(probe, "AK2", "second-secret")
    assert (probe.list().status, second.list().status) == (200, 200)
    probe.emulator.identity.revoke_key(ACCOUNT.access_key)
    refused, unknown = probe.list(), as_key(probe, "NEVER", "x").list()
    assert refused.error == unknown.error == (401, "APIG.0301")
    assert refused.json["error_msg"] == unknown.json["error_msg"]
    assert second.list().status == 200
    assert [record.credential for record in probe.emulator.requests if record.status == 401] == [ACCOUNT.access_key, "NEVER"]


def test_failures_lock_one_key_and_no_other(probe: Probe) -> None:
    probe.emulator.identity.add_key("AK2", "second-secret")
    bad = as_key(probe, ACCOUNT.access_key, "wrong")
    assert {bad.list().status for _ in range(6)} == {401}
    assert "reach the limit" in probe.list().json["error_msg"]
    assert as_key(probe, "AK2", "second-secret").list().status == 200


def test_rotated_key_gives_way_to_the_new_one(probe: Probe) -> None:
    probe.emulator.identity.rotate_key(ACCOUNT.access_key, "AK2", "second-secret")
    assert (probe.list().status, as_key(probe, "AK2", "second-secret").list().status) == (401, 200)


def test_temporary_key_ends_on_the_servers_clock(probe: Probe) -> None:
    probe.emulator.identity.add_key("AK2", "second-secret", security_token="tmp", lifetime_s=60)
    second = as_key(probe, "AK2", "second-secret", "tmp")
    advance(probe, 59)
    assert (second.list().status, as_key(probe, "AK2", "second-secret").list().status) == (200, 401)
    advance(probe, 1)
    assert second.list().error == (401, "APIG.0301")


def test_login_gives_a_token_that_serves_until_its_end(make_probe: MakeProbe) -> None:
    probe = make_probe(token_lifetime_s=3600)
    answer = post(probe, LOGIN + "?nocatalog=true", login_body())
    token, shown = answer.headers["x-subject-token"], answer.json["token"]
    assert answer.status == 201
    assert (shown["user"]["name"], shown["user"]["domain"]["name"]) == (ACCOUNT.user_name, ACCOUNT.domain_name)
    assert (shown["project"]["id"], shown["project"]["name"]) == (ACCOUNT.project_id, ACCOUNT.project_name)
    assert (shown["issued_at"], shown["expires_at"]) == ("2026-01-15T08:30:00.000000Z", "2026-01-15T09:30:00.000000Z")
    assert token not in answer.body.decode()
    advance(probe, 3599)
    assert listed_with(probe, token).status == 200
    advance(probe, 1)
    assert listed_with(probe, token).error == (401, "APIG.0301")
    assert "decrypt token fail" in listed_with(probe, token).json["error_msg"]
