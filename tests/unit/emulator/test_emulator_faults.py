"""Each scripted action reaches the wire, and the world, as it is named."""

import http.client
import json
import time
from typing import Any

import pytest
from emulator_probe import ACCOUNT, JOBS, HandClock, MakeProbe, Probe, ids_of, job_id, make_jobs

from janitor.emulator.effects import EFFECTS
from janitor.emulator.faults import Fault, Scripted

JOB = job_id(1)


def script(probe: Probe, route: Any, action: Any, **details: Any) -> Scripted:
    return probe.emulator.faults.add(Fault(route, action, **details))


def is_deleted(probe: Probe) -> bool:
    return probe.emulator.world.get(JOB) is None


def test_status_is_answered_with_its_headers_verbatim(probe: Probe) -> None:
    script(probe, "delete", "status", status=429, code="APIG.0308", headers={"Retry-After": "-1 or never"})
    seen = probe.delete(JOB)
    assert seen.error == (429, "APIG.0308")
    assert seen.headers["retry-after"] == "-1 or never"
    assert not is_deleted(probe)
    assert probe.delete(JOB).status == 202


def test_status_with_a_body_of_its_own(probe: Probe) -> None:
    script(probe, "get", "status", status=502, body="<html>", headers={"Content-Type": "text/html"})
    seen = probe.get(JOB)
    assert (seen.status, seen.body, seen.headers["content-type"]) == (502, b"<html>", "text/html")


def test_status_after_applies_first(probe: Probe) -> None:
    script(probe, "delete", "status_after", status=504)
    assert probe.delete(JOB).status == 504
    assert is_deleted(probe)


@pytest.mark.parametrize(("action", "applied"), [("reset_before", False), ("reset_after", True)])
def test_reset_is_a_tcp_reset(probe: Probe, action: str, applied: bool) -> None:
    script(probe, "delete", action)
    with pytest.raises(ConnectionResetError):
        probe.delete(JOB)
    assert is_deleted(probe) is applied
    assert len(probe.emulator.truth.records("deleted")) == int(applied)
    assert probe.emulator.requests[-1].status is None


@pytest.mark.parametrize(("action", "applied"), [("hang_before", False), ("hang_after", True)])
def test_hang_outlasts_the_client(probe: Probe, action: str, applied: bool) -> None:
    script(probe, "delete", action, seconds=30)
    probe.timeout_s = 0.1
    with pytest.raises(TimeoutError):
        probe.delete(JOB)
    assert is_deleted(probe) is applied
    probe.timeout_s = 5
    assert probe.list().status == 200


def test_hang_closes_at_last(probe: Probe) -> None:
    script(probe, "delete", "hang_before", seconds=0.1)
    with pytest.raises(http.client.RemoteDisconnected):
        probe.delete(JOB)


def test_late_delete_arrives_when_nobody_waits_any_more(probe: Probe) -> None:
    script(probe, "delete", "late_delete", seconds=120)
    with pytest.raises(ConnectionResetError):
        probe.delete(JOB)
    assert probe.get(JOB).status == 200
    assert isinstance(probe.emulator.clock, HandClock)
    probe.emulator.clock.advance(120)
    assert probe.get(JOB).status == 400
    assert [record.source for record in probe.emulator.truth] == ["api", "api"]


def test_truncated_body_breaks_its_promised_length(probe: Probe) -> None:
    script(probe, "list", "truncate_length", keep=100)
    with pytest.raises(http.client.IncompleteRead) as caught:
        probe.list()
    assert len(caught.value.partial) == 100


def test_truncated_body_without_length_looks_complete(probe: Probe) -> None:
    script(probe, "list", "truncate_close")
    seen = probe.list()
    assert seen.status == 200
    assert "content-length" not in seen.headers
    assert "transfer-encoding" not in seen.headers
    with pytest.raises(json.JSONDecodeError):
        json.loads(seen.body)


def test_slow_body_comes_byte_by_byte(probe: Probe) -> None:
    script(probe, "delete", "slow_body", seconds=0.05)
    begin = time.monotonic()
    assert probe.delete(JOB).body == b'""'
    assert time.monotonic() - begin >= 0.1


@pytest.mark.parametrize(
    ("action", "body_is", "content_type"),
    [("html", b"<!DOCTYPE html>", "text/html; charset=utf-8"), ("empty", b"", "application/json")],
)
def test_page_or_nothing_instead_of_json(probe: Probe, action: str, body_is: bytes, content_type: str) -> None:
    script(probe, "list", action)
    seen = probe.list()
    assert (seen.status, seen.headers["content-type"]) == (200, content_type)
    assert seen.body.startswith(body_is)


def test_invalid_json_is_invalid(probe: Probe) -> None:
    script(probe, "list", "invalid_json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(probe.list().body)


def test_body_is_sent_as_it_is(probe: Probe) -> None:
    script(probe, "list", "body", body=b'{"items": [[[[')
    assert (probe.list().body, probe.list().status) == (b'{"items": [[[[', 200)


@pytest.mark.parametrize("status", [302, 307])
def test_redirect_points_elsewhere(probe: Probe, status: int) -> None:
    script(probe, "delete", "redirect", status=status, location="http://127.0.0.1:9/steal")
    seen = probe.delete(JOB)
    assert (seen.status, seen.headers["location"]) == (status, "http://127.0.0.1:9/steal")
    assert not is_deleted(probe)


def test_empty_list_is_well_formed(probe: Probe) -> None:
    script(probe, "list", "empty_list")
    page = probe.list().json
    assert (page["items"], page["total"], page["count"], page["limit"]) == ([], 0, 0, 50)


def test_existing_jobs_can_be_denied(probe: Probe) -> None:
    script(probe, "get", "not_found_all", times=None)
    assert {probe.get(job_id(number)).error for number in range(3)} == {(400, "ModelArts.2775")}
    assert len(ids_of(probe.list().json)) == 3


def test_item_of_the_previous_page_comes_again(make_probe: MakeProbe) -> None:
    probe = make_probe(6)
    script(probe, "list", "duplicate_item", nth=2)
    assert ids_of(probe.list(limit=2).json) == [job_id(0), job_id(1)]
    assert ids_of(probe.list(limit=2, offset=1).json) == [job_id(1), job_id(2), job_id(3)]


def test_item_is_left_out(probe: Probe) -> None:
    script(probe, "list", "drop_item")
    assert ids_of(probe.list().json) == [job_id(0), job_id(2)]
    script(probe, "list", "drop_item", job_id=job_id(0))
    assert ids_of(probe.list().json) == [job_id(1), job_id(2)]


def test_a_list_lags_behind_what_is_gone(probe: Probe) -> None:
    assert len(ids_of(probe.list().json)) == 3
    assert probe.delete(JOB).status == 202
    script(probe, "list", "lagging_list")
    page = probe.list().json
    assert (set(ids_of(page)), page["total"], page["count"]) == ({job_id(0), job_id(2), JOB}, 3, 3)
    assert set(ids_of(probe.list().json)) == {job_id(0), job_id(2)}


def test_a_search_by_tags_leaves_a_job_out(probe: Probe) -> None:
    script(probe, "find_by_tags", "drop_item", job_id=JOB)
    path = f"/v2/{ACCOUNT.project_id}/modelarts-training-job/resource-instances/filter"
    page = probe.send("POST", path, {"workspace_id": "0"}).json
    assert ([row["resource_id"] for row in page["resources"]], page["total_count"]) == ([job_id(0), job_id(2)], 3)


def test_counts_lie(probe: Probe) -> None:
    script(probe, "list", "grow_total", by=7)
    page = probe.list().json
    assert (page["total"], page["count"], len(page["items"])) == (10, 10, 3)


@pytest.mark.parametrize("fresh", [False, True])
def test_every_page_is_full(probe: Probe, fresh: bool) -> None:
    script(probe, "list", "endless", times=None, fresh=fresh)
    pages = [ids_of(probe.list(offset=offset, limit=10).json) for offset in range(3)]
    assert [len(page) for page in pages] == [10, 10, 10]
    assert len({each for page in pages for each in page}) == (30 if fresh else 3)


def test_false_success(probe: Probe) -> None:
    script(probe, "delete", "false_success", code="ModelArts.0105")
    seen = probe.delete(JOB)
    assert (seen.status, seen.json["is_success"], seen.json["error_code"]) == (200, False, "ModelArts.0105")
    assert not is_deleted(probe)


def test_leak_repeats_every_secret(probe: Probe) -> None:
    script(probe, "get", "leak")
    message = probe.get(JOB).json["error_msg"]
    for secret in (ACCOUNT.access_key, ACCOUNT.secret_key, "SDK-HMAC-SHA256", "Signature="):
        assert secret in message


def test_world_changes_just_before_the_request(probe: Probe) -> None:
    """A restart between plan and delete."""
    script(probe, "delete", "before", change=lambda world: world.set_phase(JOB, "Running"))
    assert probe.get(JOB).json["status"]["phase"] == "Completed"
    assert probe.delete(JOB).status == 202
    assert [record.phase_before for record in probe.emulator.truth] == ["Completed", "Running", "Running"]


def test_job_appears_between_pages(make_probe: MakeProbe) -> None:
    """Newest first, an insertion pushes the last item of a page to the start of the next."""
    probe = make_probe(4)
    newcomer = make_jobs(1, id=job_id(50), name="new", created=probe.emulator.clock())[0]
    script(probe, "list", "before", nth=2, change=lambda world: world.add(newcomer))
    assert ids_of(probe.list(limit=2, order="desc").json) == [job_id(3), job_id(2)]
    assert ids_of(probe.list(limit=2, order="desc", offset=1).json) == [job_id(2), job_id(1)]


def test_fault_strikes_the_nth_request_so_often(probe: Probe) -> None:
    scripted = script(probe, "get", "status", status=500, nth=2, times=2, job_id=JOB)
    assert [probe.get(JOB).status for _ in range(5)] == [200, 500, 500, 200, 200]
    assert probe.get(job_id(0)).status == 200
    assert (scripted.seen, scripted.struck) == (5, 2)


def test_fault_for_any_route_also_strikes_unknown_paths(probe: Probe) -> None:
    script(probe, "any", "status", status=503, times=None)
    assert probe.list().status == probe.send("GET", "/v9/nothing").status == 503
    probe.emulator.faults.clear()
    assert probe.list().status == 200


def test_faults_on_one_request_wrap_each_other(probe: Probe) -> None:
    script(probe, "list", "drop_item")
    script(probe, "list", "grow_total")
    page = probe.list().json
    assert (len(page["items"]), page["count"]) == (2, 4)
    assert probe.emulator.requests[-1].faults == ("drop_item", "grow_total")


def test_applied_makes_any_canned_answer_a_late_one(probe: Probe) -> None:
    script(probe, "delete", "empty", applied=True)
    assert probe.delete(JOB).status == 200
    assert is_deleted(probe)


def test_request_of_a_stranger_meets_faults_too_but_is_never_applied(probe: Probe) -> None:
    script(probe, "delete", "reset_after")
    with pytest.raises(ConnectionResetError):
        probe.send_raw("DELETE", f"{JOBS}/{JOB}", b"", {"host": "127.0.0.1"})
    assert not is_deleted(probe)


def test_every_action_has_an_effect() -> None:
    assert set(EFFECTS) == set(Fault.__annotations__["action"].__args__)
