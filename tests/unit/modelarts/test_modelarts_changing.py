"""What a delete request makes of every kind of answer: when in doubt it was applied (faults A6, A26, A27, A41)."""

import socket
import time
from contextlib import ExitStack
from typing import Any

import pytest
from unit.modelarts.modelarts_stage import JOB_ID, PROJECT, Act, Stage, answer, fault, ok, raw, reset

from janitor.modelarts import (
    AccountBlocked,
    Conflict,
    ModelArtsError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    Rejected,
    RouteAbsent,
    Stopped,
    TooLate,
    TrainingJobsV2,
    Unavailable,
    WrongProject,
)


def jobs(stage: Stage, *acts: Act, **limits: Any) -> TrainingJobsV2:
    return TrainingJobsV2(stage.transport(stage.serve(*acts), **limits), PROJECT)


@pytest.mark.parametrize(
    "act",
    [
        answer(202, ""),
        answer(202, body=b""),
        answer(202, None),
        answer(200, {}),
        answer(200, {"is_success": True}),
        raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
        raw(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"),
    ],
    ids=["empty text", "nothing", "null", "object", "is_success", "204", "no type"],
)
def test_every_documented_acceptance_is_one(stage: Stage, act: Act) -> None:
    accepted = jobs(stage, act).delete_job(JOB_ID)
    assert accepted.attempts == 1


def test_an_acceptance_carries_the_request_id(stage: Stage) -> None:
    accepted = jobs(stage, answer(202, "", headers={"X-Request-Id": "8c1f"})).delete_job(JOB_ID)
    assert accepted.request_id == "8c1f"


IN_DOUBT: dict[str, Act] = {
    "500": fault(500, "ModelArts.0010"),
    "502": answer(502, body=b"<html>"),
    "503": fault(503, "ModelArts.4700", Retry_After="1"),
    "504": fault(504, "APIG.0201"),
    "408": fault(408, "ModelArts.4205"),
    "reset": reset,
    "301": answer(301, None, headers={"Location": "/elsewhere"}),
    "304": raw(b"HTTP/1.1 304 X\r\n\r\n"),
    "201": answer(201, ""),
    "206": answer(206, ""),
    "404 of nobody": answer(404, body=b"<html>"),
    "410": answer(410, None),
    "unlisted code": fault(400, "ModelArts.9999"),
    "0105": fault(400, "ModelArts.0105"),
    "html": answer(200, body=b"<html>ok</html>"),
    "cut": raw(b"HTTP/1.1 202 X\r\nContent-Length: 9\r\n\r\n{", close=True),
    "text": answer(200, "deleted"),
    "list": answer(200, [JOB_ID]),
    "false": answer(200, False),
    "a26 is_success false": answer(200, {"is_success": False, "error_code": "ModelArts.0105", "error_message": "no"}),
    "a26 is_success false, gone": answer(200, {"is_success": False, "error_code": "ModelArts.2775"}),
    "a26 is_success text": answer(200, {"is_success": "false"}),
    "a26 error code": answer(202, {"error_code": "ModelArts.2796"}),
    "a26 odd error code": answer(202, {"error_code": ["ModelArts.2796"]}),
    "garbage": raw(b"hello\r\n\r\n", close=True),
}


@pytest.mark.parametrize("name", IN_DOUBT)
def test_a6_a_delete_that_may_have_been_applied_is_sent_once_and_unknown(stage: Stage, name: str) -> None:
    server = stage.serve(IN_DOUBT[name], answer(202, ""))
    with pytest.raises(OutcomeUnknown) as caught:
        TrainingJobsV2(stage.transport(server), PROJECT).delete_job(JOB_ID)
    assert len(server.received) == caught.value.attempts == 1


def silent(connection: socket.socket) -> bool:
    connection.recv(1)
    return False


def test_a2_a_delete_without_an_answer_is_unknown(stage: Stage) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        jobs(stage, silent, answer(202, ""), read_timeout_s=0.1).delete_job(JOB_ID)
    assert caught.value.attempts == 1


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (fault(400, "ModelArts.2775"), NotFound),
        (fault(400, "ModelArts.2812"), Rejected),
        (fault(403, "APIG.0304"), PermissionDenied),
        (fault(400, "ModelArts.2838"), PermissionDenied),
        (fault(400, "ModelArts.2837"), AccountBlocked),
        (fault(404, "ModelArts.2786"), WrongProject),
        (fault(404, "APIG.0101"), RouteAbsent),
        (fault(409, "ModelArts.2878"), Conflict),
        (fault(409, "ModelArts.9999"), Conflict),
    ],
)
def test_a_definite_refusal_of_a_delete_is_told_from_doubt(stage: Stage, act: Act, kind: type[ModelArtsError]) -> None:
    with pytest.raises(kind) as caught:
        jobs(stage, act, answer(202, "")).delete_job(JOB_ID)
    assert type(caught.value) is kind
    assert caught.value.attempts == 1


def test_a41_a_delete_is_tried_again_while_no_connection_opens(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(Unavailable) as caught:
        TrainingJobsV2(stage.transport(url), PROJECT).delete_job(JOB_ID)
    assert caught.value.attempts == 0
    assert len(stage.waits()) == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a27_d13_s26_a_redirected_delete_is_unknown_and_nothing_reaches_the_other_host(stage: Stage, status: int) -> None:
    sink = stage.serve(answer(200, ""))
    server = stage.serve(answer(status, None, headers={"Location": f"{sink.url}/v2/x"}))
    with pytest.raises(OutcomeUnknown):
        TrainingJobsV2(stage.transport(server), PROJECT).delete_job(JOB_ID)
    assert sink.received == []
    assert len(server.received) == 1


def test_a_delete_does_not_leave_after_its_deadline(stage: Stage) -> None:
    server = stage.serve(answer(202, ""))
    transport = stage.transport(server, requests_per_second=0.1)
    client = TrainingJobsV2(transport, PROJECT)
    assert client.delete_job(JOB_ID, not_after=stage.clock.monotonic() + 5).attempts == 1
    with pytest.raises(TooLate) as caught:
        client.delete_job(JOB_ID, not_after=stage.clock.monotonic() + 5)
    assert caught.value.attempts == 0
    assert len(server.received) == 1


def test_a_delete_does_not_wait_for_a_connection_beyond_its_deadline(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as crowd:
        for _ in range(3):
            client = crowd.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        transport = stage.transport(f"http://127.0.0.1:{listener.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(TooLate) as caught:
            TrainingJobsV2(transport, PROJECT).delete_job(JOB_ID, not_after=stage.clock.monotonic() + 0.1)
    assert caught.value.attempts == 0
    assert time.monotonic() - started < 2


def test_a_throttled_delete_is_not_repeated_after_its_deadline(stage: Stage) -> None:
    server = stage.serve(fault(429, "APIG.0308", Retry_After="8"), answer(202, ""))
    with pytest.raises(TooLate) as caught:
        TrainingJobsV2(stage.transport(server), PROJECT).delete_job(JOB_ID, not_after=stage.clock.monotonic() + 5)
    assert caught.value.attempts == len(server.received) == 1


def test_v8_nothing_is_sent_once_stopped(stage: Stage) -> None:
    server = stage.serve(answer(202, ""))
    transport = stage.transport(server)
    stage.stop.set()
    with pytest.raises(Stopped):
        TrainingJobsV2(transport, PROJECT).delete_job(JOB_ID)
    assert server.received == []


def test_a_wait_for_the_next_attempt_ends_when_stopped(stage: Stage) -> None:
    def throttle_and_stop(connection: socket.socket) -> bool:
        stage.stop.set()
        return fault(429, "APIG.0308", Retry_After="30")(connection)

    server = stage.serve(throttle_and_stop, ok())
    with pytest.raises(Stopped) as caught:
        TrainingJobsV2(stage.transport(server), PROJECT).delete_job(JOB_ID)
    assert caught.value.attempts == len(server.received) == 1
    assert stage.waits() == []


def test_a_delete_carries_no_body(stage: Stage) -> None:
    server = stage.serve(answer(202, ""))
    TrainingJobsV2(stage.transport(server), PROJECT).delete_job(JOB_ID)
    request = server.received[0]
    assert request.line == f"DELETE /v2/{PROJECT}/training-jobs/{JOB_ID} HTTP/1.1"
    assert request.headers["content-length"] == "0"
    assert "transfer-encoding" not in request.headers
