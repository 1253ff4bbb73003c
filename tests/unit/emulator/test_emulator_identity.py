"""Which credentials are good: keys and tokens are added, rotated, revoked, expired and moved, also from another process."""

import threading
from dataclasses import replace

import pytest
from emulator_identities import advance, list_with, log_in, send_unsigned, with_key
from emulator_probe import ACCOUNT, SEARCHES, MakeProbe, Probe
from fastapi.routing import APIRoute

from janitor.emulator.application import build_router
from janitor.emulator.faults import Fault

OTHER = "f" * 32
REFUSED = (401, "APIG.0301")
SECOND = ("AK2", "second-secret")


def test_revoked_key_is_an_unknown_one(probe: Probe) -> None:
    probe.emulator.identity.add_key(*SECOND)
    second = with_key(probe, *SECOND)
    assert (probe.list().status, second.list().status) == (200, 200)
    probe.emulator.identity.revoke_key(ACCOUNT.access_key)
    refused, unknown = probe.list(), with_key(probe, "NEVER", "x").list()
    assert refused.error == unknown.error == REFUSED
    assert refused.json["error_msg"] == unknown.json["error_msg"]
    assert second.list().status == 200
    assert [record.credential for record in probe.emulator.requests if record.status == 401] == [ACCOUNT.access_key, "NEVER"]


def test_failures_lock_one_key_and_no_other(probe: Probe) -> None:
    probe.emulator.identity.add_key(*SECOND)
    bad = with_key(probe, ACCOUNT.access_key, "wrong")
    assert {bad.list().status for _ in range(6)} == {401}
    assert "reach the limit" in probe.list().json["error_msg"]
    assert with_key(probe, *SECOND).list().status == 200


def test_rotated_key_gives_way_to_the_new_one(probe: Probe) -> None:
    probe.emulator.identity.rotate_key(ACCOUNT.access_key, *SECOND)
    assert (probe.list().status, with_key(probe, *SECOND).list().status) == (401, 200)


@pytest.mark.parametrize("offset_s", [0, 600])
def test_temporary_key_ends_by_the_servers_idea_of_the_time(make_probe: MakeProbe, offset_s: int) -> None:
    probe = make_probe(clock_offset_s=offset_s)
    probe.emulator.identity.add_key(*SECOND, security_token="tmp", lifetime_s=60)
    second = with_key(probe, *SECOND, "tmp")
    advance(probe, 59)
    assert (second.list().status, with_key(probe, *SECOND).list().status) == (200, 401)
    advance(probe, 1)
    assert second.list().error == REFUSED
    assert "expired" in second.list().json["error_msg"]


def test_key_of_another_project_sees_that_one_alone(probe: Probe) -> None:
    probe.emulator.identity.add_key(*SECOND, project=(OTHER, "eu-nl"))
    second = with_key(probe, *SECOND)
    second.account = replace(second.account, project_id=OTHER)
    assert second.list().error == (404, "ModelArts.2786")
    assert {each["id"] for each in second.send("GET", "/v3/projects", query={"name": "eu-nl"}).json["projects"]} == {OTHER}
    assert second.send("POST", SEARCHES.replace(ACCOUNT.project_id, OTHER), {}).status == 200
    assert probe.list().status == 200


def test_move_takes_every_credential_along(probe: Probe) -> None:
    token = log_in(probe)
    probe.emulator.identity.move_to_project(OTHER, "eu-nl")
    assert probe.list().error == list_with(probe, token).error == (404, "ModelArts.2786")
    for path in ("/v3/projects", "/v3/auth/projects"):
        by_key = Probe(emulator=probe.emulator, account=replace(ACCOUNT, project_id=OTHER)).send("GET", path)
        by_token = send_unsigned(probe, "GET", path, x_auth_token=token)
        names = [[each["name"] for each in seen.json["projects"]] for seen in (by_key, by_token)]
        assert names == [["eu-nl", "MOS"]] * 2
    assert log_in(probe, {"project": {"id": OTHER}})


@pytest.mark.parametrize("how", ["password changed", "disabled", "expired"])
def test_token_ends_before_its_time(probe: Probe, how: str) -> None:
    identity, token = probe.emulator.identity, log_in(probe)
    identity.add_user(ACCOUNT.domain_name, "another", "pw")
    other = log_in(probe, name="another", password="pw")
    if how == "password changed":
        identity.change_password(ACCOUNT.user_name, "new")
    elif how == "disabled":
        identity.disable_user(ACCOUNT.user_name)
    else:
        identity.expire_tokens()
    assert list_with(probe, token).error == REFUSED
    assert list_with(probe, other).status == (401 if how == "expired" else 200)
    assert probe.list().status == (401 if how == "disabled" else 200)


def test_new_token_leaves_the_old_one_good(probe: Probe) -> None:
    first, second = log_in(probe), log_in(probe)
    assert (list_with(probe, first).status, list_with(probe, second).status) == (200, 200)


def test_refused_tokens_lock_nothing(probe: Probe) -> None:
    assert {list_with(probe, "never-issued").error for _ in range(7)} == {REFUSED}
    assert list_with(probe, log_in(probe)).status == 200


def test_token_of_another_project_in_the_path_is_no_missing_job(probe: Probe) -> None:
    token = log_in(probe)
    path = SEARCHES.replace(ACCOUNT.project_id, OTHER)
    assert send_unsigned(probe, "POST", path, {}, x_auth_token=token).error == (404, "ModelArts.2786")
    assert list_with(probe, token, x_project_id=OTHER).error == (404, "ModelArts.2786")


def test_every_route_takes_a_token_and_none_is_open_by_mistake(probe: Probe) -> None:
    token, entered, turned_away = log_in(probe), set(), set()
    routes = [route for route in build_router().routes if isinstance(route, APIRoute) and route.include_in_schema]
    for route in routes:
        path = route.path.replace("{project_id}", ACCOUNT.project_id).replace("{job_id}", "1").replace("{version_id}", "1")
        method = min(route.methods or ())
        if send_unsigned(probe, method, path, {}, x_auth_token=token).status != 401:
            entered.add(route.name)
        if send_unsigned(probe, method, path, {}).status == 401:
            turned_away.add(route.name)
    names = {route.name for route in routes}
    assert names - entered == {"metadata"}, "it has a token of its own"
    assert names - turned_away == {"login", "temporary_key", "metadata_token"}, "they say what is missing in the request"


def test_token_for_no_project_serves_iam_only(probe: Probe) -> None:
    token = log_in(probe, {"domain": {"name": ACCOUNT.domain_name}})
    assert list_with(probe, token).error == (400, "ModelArts.0204")
    assert send_unsigned(probe, "GET", "/v3/auth/projects", x_auth_token=token).status == 200


def test_change_that_names_what_does_not_exist_is_refused(probe: Probe) -> None:
    identity = probe.emulator.identity
    for change in (
        lambda: identity.revoke_key("NEVER"),
        lambda: identity.expire_key("NEVER"),
        lambda: identity.rotate_key("NEVER", *SECOND),
        lambda: identity.disable_user("nobody"),
        lambda: identity.change_password("nobody", "x"),
        lambda: identity.add_key(ACCOUNT.access_key, "x"),
        lambda: identity.add_user(ACCOUNT.domain_name, ACCOUNT.user_name, "x"),
    ):
        with pytest.raises(ValueError, match=r"there is no|exists"):
            change()
    assert probe.list().status == 200
    assert with_key(probe, *SECOND).list().status == 401


def test_changes_from_many_threads_all_count(probe: Probe) -> None:
    identity = probe.emulator.identity

    def work(number: int) -> None:
        for step in range(20):
            identity.add_key(f"AK{number}-{step}", "s")
            identity.renew_agency_key()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = send_unsigned(probe, "GET", "/_emulator/identity").json["keys"]
    assert len(keys) == 1 + 4 * 20 + 1


def control(probe: Probe, **change: object) -> int:
    return send_unsigned(probe, "POST", "/_emulator/identity", change).status


def test_another_process_changes_identities_and_sees_no_secret(probe: Probe) -> None:
    token = log_in(probe)
    assert control(probe, action="add_key", access_key="AK2", secret_key="second-secret", lifetime_s=60) == 200
    assert control(probe, action="revoke_key", access_key=ACCOUNT.access_key) == 200
    assert (probe.list().status, with_key(probe, *SECOND).list().status) == (401, 200)
    seen = send_unsigned(probe, "GET", "/_emulator/identity")
    assert [(each["access_key"], each["expires_at"]) for each in seen.json["keys"]] == [("AK2", "2026-01-15T08:31:00+00:00")]
    assert [each["user_name"] for each in seen.json["tokens"]] == [ACCOUNT.user_name]
    for secret in (token, "second-secret", ACCOUNT.password, ACCOUNT.secret_key):
        assert secret not in seen.body.decode()


@pytest.mark.some(2)
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"action": "delete_everything"},
        {"action": "now"},
        {"action": "revoke_key"},
        {"action": "revoke_key", "access_key": "NEVER"},
    ]
    + [{"action": "expire_tokens", "user": "x"}, {"action": ["revoke_key"]}],
)
def test_control_change_that_does_not_fit_is_refused(probe: Probe, change: dict[str, object]) -> None:
    assert control(probe, **change) == 400
    assert probe.list().status == 200


def test_fault_changes_identities_just_before_a_request(probe: Probe) -> None:
    change = {"identity": {"action": "revoke_key", "access_key": ACCOUNT.access_key}}
    fault = {"route": "list", "action": "before", "nth": 2, "change": change}
    assert send_unsigned(probe, "POST", "/_emulator/faults", fault).status == 201
    probe.emulator.faults.add(Fault("list", "before", nth=3, change=lambda world: world.identity.add_key("AK1", "x")))
    assert [probe.list().status for _ in range(3)] == [200, 401, 401]
    assert with_key(probe, "AK1", "x").list().status == 200
