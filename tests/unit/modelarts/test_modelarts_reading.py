"""What a read makes of refusals and of no answer at all (faults A18, A19, A26, A41), and what is noted of each answer."""

import socket

import pytest
from unit.modelarts.modelarts_stage import JOB_ID, PROJECT, READ, Act, Stage, answer, fault, ok, raw, refused, reset

from janitor.modelarts import (
    AccountBlocked,
    Call,
    Conflict,
    Endpoint,
    Misconfigured,
    ModelArtsError,
    NotFound,
    PermissionDenied,
    ProtocolError,
    Rejected,
    RouteAbsent,
    RouteKind,
    Unavailable,
)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (fault(400, "ModelArts.2775"), NotFound),
        (fault(400, "ModelArts.2807"), Rejected),
        (fault(400, "ModelArts.2815"), Rejected),
        (fault(400, "ModelArts.7005"), Misconfigured),
        (fault(404, "APIG.0101"), RouteAbsent),
        (fault(403, "ModelArts.4116"), AccountBlocked),
        (fault(403, "APIG.0302"), PermissionDenied),
        (fault(409, "ModelArts.2878"), Conflict),
        (fault(400, "ModelArts.9999"), ProtocolError),
    ],
)
def test_a18_a_definite_refusal_is_its_own_error_and_not_repeated(stage: Stage, act: Act, kind: type[ModelArtsError]) -> None:
    error = refused(stage, act, kind)
    assert error.attempts == 1
    assert error.status is not None
    assert error.code is not None


@pytest.mark.parametrize(
    "act",
    [
        answer(404, body=b"<html>not found</html>"),
        answer(404, {"error_msg": "Job not found"}),
        answer(404, {"error_code": "ModelArts.2775"}),
        answer(410, {"error_msg": "gone"}),
        answer(400, {"error_msg": "job not found"}),
        answer(400, {"error": {"code": "ModelArts.2775", "message": "wrapped"}}),
        answer(400, {"error": {"error_code": "ModelArts.2775"}}),
        answer(400, {"code": "ModelArts.2775"}),
        answer(400, [{"error_code": "ModelArts.2775"}]),
        answer(400, body=b'{"error_code":"ModelArts.0101","error_code":"ModelArts.2775"}'),
        answer(200, {"error_code": "ModelArts.2775"}),
        raw(b"HTTP/1.1 400 X\r\nContent-Length: 999\r\n\r\n" + b'{"error_code":"ModelArts.2775"}', close=True),
    ],
)
def test_a19_nothing_but_the_recognised_answer_says_that_a_job_is_gone(stage: Stage, act: Act) -> None:
    transport = stage.transport(stage.serve(act), attempts=1)
    with pytest.raises(ModelArtsError) as caught:
        transport.send(READ)
    assert not isinstance(caught.value, NotFound)


def test_a19_a_missing_collection_is_not_a_missing_job(stage: Stage) -> None:
    call = Call(kind=RouteKind.LIST, method="POST", path=f"/v2/{PROJECT}/training-job-searches", body=b"{}")
    refused(stage, fault(400, "ModelArts.2775"), ProtocolError, call)


@pytest.mark.parametrize("document", [{"is_success": False, "items": []}, {"is_success": "true"}, {"is_success": None}])
def test_a26_a_success_that_its_body_takes_back_is_an_error(stage: Stage, document: object) -> None:
    refused(stage, answer(200, document), ProtocolError)


@pytest.mark.parametrize("key", ["error_msg", "error_message", "errorMsg", "message"])
def test_the_reason_is_found_in_each_known_shape_of_body(stage: Stage, key: str) -> None:
    error = refused(stage, answer(400, {key: "quota is used up", "error_code": "ModelArts.2815"}), Rejected)
    assert "quota is used up" in str(error)
    assert error.code == "ModelArts.2815"


def test_the_request_id_is_kept_in_replies_and_errors(stage: Stage) -> None:
    server = stage.serve(
        answer(200, {}, headers={"X-Request-Id": "abc-1"}),
        answer(400, {"error_code": "ModelArts.2775"}, headers={"X-Request-Id": "abc-2"}),
        answer(400, {"error_code": "ModelArts.2775", "request_id": "abc-3"}),
    )
    transport = stage.transport(server)
    assert transport.send(READ).request_id == "abc-1"
    for expected in ("abc-2", "abc-3"):
        with pytest.raises(NotFound) as caught:
            transport.send(READ)
        assert caught.value.request_id == expected


def test_a41_a_name_that_does_not_resolve_is_not_tried_for_ever(stage: Stage) -> None:
    transport = stage.transport("https://no-such-host.invalid")
    with pytest.raises(Unavailable) as caught:
        transport.send(READ)
    assert caught.value.attempts == 0


def test_a41_a_proxy_that_wants_a_password_is_a_wrong_configuration(stage: Stage) -> None:
    proxy = stage.serve(answer(407, None), answer(407, None))
    transport = stage.transport_to(Endpoint(url="https://modelarts.example.com", proxy=proxy.url))
    with pytest.raises(Misconfigured) as caught:
        transport.send(READ)
    assert [line.rpartition(" ")[0] for line in proxy.lines] == ["CONNECT modelarts.example.com:443"]
    assert caught.value.attempts == 0


def test_a_refused_connection_counts_no_attempt(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    transport = stage.transport(url)
    with pytest.raises(Unavailable) as caught:
        transport.send(READ)
    assert caught.value.attempts == 0
    assert transport.traffic.snapshot() == {"list": 0, "get": 0, "delete": 0, "batch_delete": 0, "other": 0}


def test_every_attempt_that_left_is_counted_by_its_kind(stage: Stage) -> None:
    server = stage.serve(reset, fault(503, "ModelArts.4700"), ok())
    transport = stage.transport(server)
    transport.send(READ)
    assert transport.traffic.snapshot()["get"] == len(server.received) == 3


def test_the_skew_is_server_time_minus_ours(stage: Stage) -> None:
    server = stage.serve(ok(), answer(200, {}, headers={"Date": stage.http_date(-90)}), answer(200, {}, headers={"Date": "soon"}))
    transport = stage.transport(server)
    transport.send(READ)
    assert transport.traffic.skew is None
    transport.send(READ)
    assert transport.traffic.skew == pytest.approx(-90, abs=1)
    transport.send(READ)
    assert transport.traffic.skew == pytest.approx(-90, abs=1)


def test_a_request_is_what_the_vendor_expects(stage: Stage) -> None:
    server = stage.serve(ok())
    stage.transport(server).send(READ)
    request = server.received[0]
    assert request.line == f"GET /v2/{PROJECT}/training-jobs/{JOB_ID} HTTP/1.1"
    assert request.headers["host"] == server.url.removeprefix("http://")
    assert request.headers["x-project-id"] == PROJECT
    assert "SignedHeaders=content-type;host;x-project-id;x-sdk-date, " in request.headers["authorization"]
    assert "cookie" not in request.headers


def test_cookies_are_not_kept(stage: Stage) -> None:
    server = stage.serve(answer(200, {}, headers={"Set-Cookie": "session=1; Path=/"}), ok())
    transport = stage.transport(server)
    transport.send(READ)
    transport.send(READ)
    assert "cookie" not in server.received[1].headers
