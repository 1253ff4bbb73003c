"""Who is given credentials: a token for a password, a temporary key for a token or an agency, or from the metadata service."""

from typing import Any

import pytest
from emulator_identities import (
    BY_NAME,
    KEYS,
    LOGIN,
    METADATA,
    METADATA_TOKEN,
    advance,
    list_with,
    log_in,
    login_body,
    send_unsigned,
    with_issued,
)
from emulator_probe import ACCOUNT, MakeProbe, Probe, Seen, job_id

from janitor.emulator.faults import Fault

AGENCY = {"agency_name": ACCOUNT.agency_name, "domain_name": ACCOUNT.domain_name}


def iam_error(seen: Seen) -> tuple[int, int, str]:
    error = seen.json["error"]
    assert error["message"]
    return seen.status, error["code"], error["title"]


UNAUTHORIZED = (401, 401, "Unauthorized")


def test_login_gives_a_token_that_serves_until_its_end(make_probe: MakeProbe) -> None:
    probe = make_probe(token_lifetime_s=3600)
    answer = send_unsigned(probe, "POST", f"{LOGIN}?nocatalog=true", login_body())
    token, shown = answer.headers["x-subject-token"], answer.json["token"]
    assert (answer.status, shown["catalog"]) == (201, [])
    assert (shown["user"]["name"], shown["user"]["domain"]["name"]) == (ACCOUNT.user_name, ACCOUNT.domain_name)
    assert (shown["project"]["id"], shown["project"]["name"]) == (ACCOUNT.project_id, ACCOUNT.project_name)
    assert (shown["issued_at"], shown["expires_at"]) == ("2026-01-15T08:30:00.000000Z", "2026-01-15T09:30:00.000000Z")
    assert token not in answer.body.decode()
    advance(probe, 3599)
    assert list_with(probe, token).status == 200
    advance(probe, 1)
    assert list_with(probe, token).error == (401, "APIG.0301")
    assert list_with(probe, token).json["error_msg"].endswith("decrypt token fail")


@pytest.mark.parametrize("scope", [BY_NAME, {"project": {"id": ACCOUNT.project_id}}, BY_NAME | {"domain": {"name": "elsewhere"}}])
def test_project_is_named_by_id_or_name_and_wins_over_a_domain(probe: Probe, scope: Any) -> None:
    assert list_with(probe, log_in(probe, scope)).status == 200


def test_catalog_tells_where_the_services_are(probe: Probe) -> None:
    catalog = send_unsigned(probe, "POST", LOGIN, login_body()).json["token"]["catalog"]
    urls = {each["type"]: each["endpoints"][0]["url"] for each in catalog}
    assert urls["modelartsv2"].endswith(f"/v2/{ACCOUNT.project_id}")
    assert send_unsigned(probe, "POST", LOGIN, login_body(None)).json["token"]["catalog"] == []


@pytest.mark.parametrize(
    "wrong", [{"password": "x"}, {"name": "nobody"}, {"name": ACCOUNT.agency_name}, {"domain": {"name": "x"}}]
)
def test_wrong_name_and_wrong_password_are_told_apart_by_nobody(probe: Probe, wrong: dict[str, Any]) -> None:
    seen = send_unsigned(probe, "POST", LOGIN, login_body(**wrong))
    assert iam_error(seen) == UNAUTHORIZED
    assert seen.body == send_unsigned(probe, "POST", LOGIN, login_body(password="y")).body
    assert "x-subject-token" not in seen.headers


def test_login_that_cannot_be_has_the_documented_status(probe: Probe) -> None:
    identity = probe.emulator.identity
    identity.add_user(ACCOUNT.domain_name, "leaver", "pw")
    identity.disable_user("leaver")
    for status, body in (
        (400, {}),
        (400, {"auth": {"identity": {"methods": ["password"]}}}),
        (400, {"auth": login_body()["auth"] | {"identity": {"methods": ["totp"]}}}),
        (400, login_body({"project": {}})),
        (403, login_body(name="leaver", password="pw")),
        (401, login_body(name="leaver", password="x")),
        (404, login_body({"project": {"name": "eu-nl"}})),
        (404, login_body({"project": {"id": ACCOUNT.project_id, "name": "eu-nl"}})),
        (404, login_body({"domain": {"name": "elsewhere"}})),
    ):
        seen = send_unsigned(probe, "POST", LOGIN, body)
        assert iam_error(seen)[:2] == (status, status), body
    assert iam_error(probe.send_raw("POST", LOGIN, b"\xff{", {"host": "x"}))[0] == 400
    assert send_unsigned(probe, "GET", LOGIN).error == (405, "ModelArts.2803")


def key_body(method: str, **details: Any) -> dict[str, Any]:
    return {"auth": {"identity": {"methods": [method], method: details}}}


def test_token_gives_a_temporary_key_for_so_long(probe: Probe) -> None:
    token = log_in(probe)
    answer = send_unsigned(probe, "POST", KEYS, key_body("token", id=token, duration_seconds=3600))
    assert (answer.status, answer.json["credential"]["expires_at"]) == (201, "2026-01-15T09:30:00.000000Z")
    issued = with_issued(probe, answer)
    advance(probe, 3599)
    assert issued.list().status == 200
    advance(probe, 1)
    assert issued.list().error == (401, "APIG.0301")


def test_token_in_the_header_wins_and_the_shortest_time_is_the_default(probe: Probe) -> None:
    body: dict[str, Any] = {"auth": {"identity": {"methods": ["token"]}}}
    answer = send_unsigned(probe, "POST", KEYS, body, x_auth_token=log_in(probe))
    assert answer.json["credential"]["expires_at"] == "2026-01-15T08:45:00.000000Z"
    assert with_issued(probe, answer).list().status == 200
    stale = key_body("token", id=log_in(probe))
    assert iam_error(send_unsigned(probe, "POST", KEYS, stale, x_auth_token="never-issued")) == UNAUTHORIZED


def test_agency_is_assumed_with_a_key_or_a_token(probe: Probe) -> None:
    body = key_body("assume_role", **AGENCY, duration_seconds=900)
    for answer in (probe.send("POST", KEYS, body), send_unsigned(probe, "POST", KEYS, body, x_auth_token=log_in(probe))):
        assert answer.status == 201
        assert with_issued(probe, answer).list().status == 200
    assert iam_error(send_unsigned(probe, "POST", KEYS, body)) == UNAUTHORIZED
    for wrong in (
        {"agency_name": ACCOUNT.user_name},
        {"agency_name": "x"},
        AGENCY | {"domain_name": "x"},
        AGENCY | {"domain_id": "x"},
    ):
        assert iam_error(probe.send("POST", KEYS, key_body("assume_role", **wrong)))[0] == 404


@pytest.mark.parametrize("duration_s", [899, 86_401])
@pytest.mark.parametrize(("method", "details"), [("token", {"id": "x"}), ("assume_role", AGENCY)])
def test_temporary_key_lasts_from_fifteen_minutes_to_a_day(probe: Probe, duration_s: int, method: str, details: Any) -> None:
    body = key_body(method, **details, duration_seconds=duration_s)
    assert iam_error(send_unsigned(probe, "POST", KEYS, body)) == (400, 400, "Bad Request")


def test_expired_token_gives_no_key_and_shows_no_project(probe: Probe) -> None:
    token = log_in(probe)
    probe.emulator.identity.expire_tokens()
    assert iam_error(send_unsigned(probe, "POST", KEYS, key_body("token", id=token))) == UNAUTHORIZED
    for path in ("/v3/projects", "/v3/auth/projects"):
        assert iam_error(send_unsigned(probe, "GET", path, x_auth_token=token)) == UNAUTHORIZED


def test_wrong_signature_at_iam_is_told_by_the_gateway(probe: Probe) -> None:
    probe.emulator.identity.revoke_key(ACCOUNT.access_key)
    body = key_body("assume_role", **AGENCY)
    assert {probe.send("GET", "/v3/projects").error, probe.send("POST", KEYS, body).error} == {(401, "APIG.0301")}


def metadata_token(probe: Probe, ttl_s: str = "21600") -> Seen:
    return send_unsigned(probe, "PUT", METADATA_TOKEN, x_metadata_token_ttl_seconds=ttl_s)


def agency_key(probe: Probe) -> Seen:
    return send_unsigned(probe, "GET", METADATA, x_metadata_token=metadata_token(probe).body.decode())


def test_metadata_service_gives_the_same_key_until_it_is_near_its_end(make_probe: MakeProbe) -> None:
    probe = make_probe(agency_lifetime_s=3600)
    first = agency_key(probe)
    assert first.json["credential"]["expires_at"] == "2026-01-15T09:30:00.000000Z"
    assert with_issued(probe, first).list().status == 200
    advance(probe, 2700)
    assert agency_key(probe).body == first.body
    advance(probe, 1)
    second = agency_key(probe)
    assert second.json["credential"]["access"] != first.json["credential"]["access"]
    assert [with_issued(probe, each).list().status for each in (first, second)] == [200, 200]
    advance(probe, 899)
    assert [with_issued(probe, each).list().status for each in (first, second)] == [401, 200]


def test_renewed_agency_key_revokes_the_one_before(probe: Probe) -> None:
    first = agency_key(probe)
    assert probe.emulator.identity.renew_agency_key().access_key == agency_key(probe).json["credential"]["access"]
    assert [with_issued(probe, each).list().status for each in (first, agency_key(probe))] == [401, 200]


def test_metadata_service_demands_a_token_in_time(probe: Probe) -> None:
    token = metadata_token(probe, "60").body.decode()
    assert send_unsigned(probe, "GET", METADATA, x_metadata_token=token).status == 200
    assert iam_error(send_unsigned(probe, "GET", METADATA)) == UNAUTHORIZED
    assert iam_error(send_unsigned(probe, "GET", METADATA, x_metadata_token="x")) == UNAUTHORIZED
    advance(probe, 60)
    assert iam_error(send_unsigned(probe, "GET", METADATA, x_metadata_token=token)) == UNAUTHORIZED


@pytest.mark.parametrize("ttl_s", ["0", "21601", "soon", ""])
def test_metadata_token_needs_a_lifetime(probe: Probe, ttl_s: str) -> None:
    assert iam_error(metadata_token(probe, ttl_s))[0] == 400


@pytest.mark.parametrize(("mode", "status"), [("tokenless", 200), ("absent", 404)])
def test_metadata_service_can_know_no_token_or_be_absent(make_probe: MakeProbe, mode: str, status: int) -> None:
    probe = make_probe(metadata=mode)
    assert iam_error(metadata_token(probe))[0] == 404
    assert send_unsigned(probe, "GET", METADATA).status == status


def test_journal_names_each_credential_and_holds_no_secret(probe: Probe) -> None:
    token = log_in(probe)
    send_unsigned(probe, "POST", LOGIN, login_body(password="a-wrong-password"))
    send_unsigned(probe, "PUT", LOGIN, login_body())
    send_unsigned(probe, "POST", "/v3/auth/%74okens", login_body())
    temporary = with_issued(probe, send_unsigned(probe, "POST", KEYS, key_body("token", id=token)))
    temporary.list()
    list_with(probe, token)
    list_with(probe, "never-issued")
    agency_key(probe)
    user, records = ACCOUNT.user_name, probe.emulator.requests
    login = f"password {user}"
    assert [(record.route, record.credential, record.status) for record in records] == [
        ("login", login, 201),
        ("login", login, 401),
        ("", None, 405),
        ("login", login, 201),
        ("temporary_key", f"token {user}", 201),
        ("list", temporary.account.access_key, 200),
        ("list", f"token {user}", 200),
        ("list", "token", 401),
        ("metadata_token", None, 200),
        ("metadata", None, 200),
    ]
    shown = repr(records) + send_unsigned(probe, "GET", "/_emulator/requests").body.decode()
    for secret in (*probe.emulator.identity.every_secret(), "a-wrong-password", "never-issued"):
        assert secret not in shown
    assert f"{records[5].body!r}" in shown


@pytest.mark.parametrize("route", ["login", "temporary_key", "auth_projects", "metadata", "metadata_token"])
def test_fault_strikes_each_route_by_its_name(probe: Probe, route: str) -> None:
    lines = {
        "login": ("POST", LOGIN),
        "temporary_key": ("POST", KEYS),
        "auth_projects": ("GET", "/v3/auth/projects"),
        "metadata": ("GET", METADATA),
        "metadata_token": ("PUT", METADATA_TOKEN),
    }
    probe.emulator.faults.add(Fault(route, "status", status=503))  # type: ignore[arg-type]
    assert send_unsigned(probe, *lines[route]).status == 503


def test_leak_repeats_tokens_and_temporary_secrets(probe: Probe) -> None:
    token, agency = log_in(probe), agency_key(probe).json["credential"]
    probe.emulator.faults.add(Fault("get", "leak"))
    message = probe.get(job_id(1)).json["error_msg"]
    for secret in (token, agency["secret"], agency["securitytoken"], ACCOUNT.password, ACCOUNT.secret_key):
        assert secret in message


def test_secrets_stay_out_of_what_is_printed(probe: Probe) -> None:
    identity = probe.emulator.identity
    log_in(probe)
    identity.add_key("AK2", "second-secret", security_token="second-token")
    identity.agency_key()
    shown = repr((*identity.content(), ACCOUNT, probe.emulator))
    assert not [secret for secret in identity.every_secret() if secret in shown]
