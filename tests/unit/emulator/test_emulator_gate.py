"""Who may enter: every signed part counts, old signatures expire, repeated failures lock the key."""

from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from emulator_probe import ACCOUNT, JOBS, NOW, SEARCHES, HandClock, MakeProbe, Probe

LOCKED = "AK access failed to reach the limit,forbidden"


def advance(probe: Probe, seconds: float) -> None:
    assert isinstance(probe.emulator.clock, HandClock)
    probe.emulator.clock.advance(seconds)


def test_signed_request_is_served(probe: Probe) -> None:
    assert probe.list().status == 200


TAMPERINGS = {
    "query": {"query": "?a=1"},
    "body": {"body": "{} "},
    "host": {"host": "127.0.0.1"},
    "project": {"x-project-id": "f" * 32},
    "content type": {"content-type": "text/plain"},
    "date": {"x-sdk-date": "20260115T083001Z"},
}


@pytest.mark.some(2)
@pytest.mark.parametrize("part", TAMPERINGS)
def test_tampering_with_a_signed_part_is_refused(probe: Probe, part: str) -> None:
    headers = probe.sign("POST", SEARCHES, "", b"{}")
    assert probe.send_raw("POST", SEARCHES, b"{}", headers).status == 200
    change = dict(TAMPERINGS[part])
    target, body = SEARCHES + change.pop("query", ""), change.pop("body", "{}").encode()
    seen = probe.send_raw("POST", target, body, headers | change)
    assert seen.error == (401, "APIG.0301")
    assert seen.json["error_msg"].endswith("verify aksk signature fail")


def test_signature_of_one_method_or_job_does_not_serve_another(probe: Probe) -> None:
    job = f"{JOBS}/00000000-0000-4000-8000-000000000000"
    headers = probe.sign("GET", job, "", b"")
    assert probe.send_raw("GET", job, b"", headers).status == 200
    assert probe.send_raw("DELETE", job, b"", headers).status == 401
    assert probe.send_raw("GET", job[:-1] + "1", b"", headers).status == 401
    assert probe.emulator.truth.records() == []


@pytest.mark.parametrize("left_out", ["host", "x-sdk-date"])
def test_host_and_date_must_be_signed(probe: Probe, left_out: str) -> None:
    headers = probe.sign("GET", SEARCHES, "", b"")
    names = ";".join(name for name in sorted(headers) if name not in (left_out, "authorization"))
    claim = f"SDK-HMAC-SHA256 Access={ACCOUNT.access_key}, SignedHeaders={names}, Signature={'0' * 64}"
    seen = probe.send_raw("POST", SEARCHES, b"", headers | {"authorization": claim})
    assert f"header {left_out} must be signed" in seen.json["error_msg"]


def test_request_without_credentials_is_refused(probe: Probe) -> None:
    seen = probe.send_raw("POST", SEARCHES, b"{}", {"host": "127.0.0.1"})
    assert seen.error == (401, "APIG.0301")
    assert seen.json["request_id"] == seen.headers["x-request-id"]


@pytest.mark.parametrize(("skew_s", "is_served"), [(899, True), (-899, True), (901, False), (-901, False)])
def test_signature_is_good_for_fifteen_minutes(probe: Probe, skew_s: int, is_served: bool) -> None:
    probe.signed_at = NOW + timedelta(seconds=skew_s)
    seen = probe.list()
    assert (seen.status == 200) is is_served
    if not is_served:
        stamps = f"signature time:{probe.signed_at:%Y%m%dT%H%M%SZ},server time:20260115T083000Z"
        assert f"signature expired, {stamps}" in seen.json["error_msg"]


def test_server_clock_can_be_wrong(make_probe: MakeProbe) -> None:
    probe = make_probe(clock_offset_s=3600)
    seen = probe.list()
    assert seen.status == 401
    assert parsedate_to_datetime(seen.headers["date"]) == NOW + timedelta(hours=1)


def test_sixth_failure_in_a_row_locks_the_key_for_five_minutes(probe: Probe) -> None:
    bad = Probe(emulator=probe.emulator, account=replace(ACCOUNT, secret_key="wrong"))
    assert {bad.list().json["error_msg"] for _ in range(6)} == {
        "Incorrect IAM authentication information: verify aksk signature fail"
    }
    assert probe.list().json["error_msg"].endswith(LOCKED)
    advance(probe, 299)
    assert probe.list().json["error_msg"].endswith(LOCKED)
    advance(probe, 1)
    assert probe.list().status == 200


def test_success_forgets_the_failures_before_it(probe: Probe) -> None:
    bad = Probe(emulator=probe.emulator, account=replace(ACCOUNT, secret_key="wrong"))
    for _ in range(2):
        assert {bad.list().status for _ in range(5)} == {401}
        assert probe.list().status == 200


def test_temporary_key_needs_its_token(make_probe: MakeProbe) -> None:
    probe = make_probe(account=replace(ACCOUNT, security_token="tmp/token=="))
    assert probe.list().status == 401
    probe.extra = {"x-security-token": "another"}
    assert probe.list().status == 401
    probe.extra = {"x-security-token": "tmp/token=="}
    assert probe.list().status == 200


def test_other_project_is_no_missing_job(probe: Probe) -> None:
    job = f"/v2/{'f' * 32}/training-jobs/00000000-0000-4000-8000-000000000000"
    assert probe.send("GET", job).error == (404, "ModelArts.2786")
    wrong_header = Probe(emulator=probe.emulator, account=replace(ACCOUNT, project_id="f" * 32))
    assert wrong_header.list().error == (404, "ModelArts.2786")
