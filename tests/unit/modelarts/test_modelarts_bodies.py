"""What a read makes of bodies that are late, broken or hostile (faults A8 to A11)."""

import gzip
import json
import socket
import time
import tracemalloc

import pytest
from unit.modelarts.modelarts_stage import DELETE, READ, Act, Stage, answer, fault, ok, raw, refused, reset

from janitor.modelarts import (
    ModelArtsError,
    OutcomeUnknown,
    ProtocolError,
    SystemClock,
    Unavailable,
)
from janitor.modelarts.wire import _plain_chunks

GOOD = b'{"metadata": {"id": "x"}, "items": []}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "act",
    [
        raw(HEAD + b"Content-Length: 99\r\n\r\n" + GOOD, close=True),
        raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n40\r\n" + GOOD, close=True),
        raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + f"{len(GOOD):x}".encode() + b"\r\n" + GOOD + b"\r\n", close=True),
        raw(HEAD + b"\r\n" + GOOD[:-3], close=True),
    ],
    ids=["content-length", "inside a chunk", "between chunks", "close-delimited"],
)
def test_a8_a_truncated_body_is_repeated_and_then_an_error(stage: Stage, act: Act) -> None:
    assert refused(stage, act, ProtocolError).attempts == 4


def test_a8_a_truncated_body_may_be_whole_the_next_time(stage: Stage) -> None:
    server = stage.serve(raw(HEAD + b"Content-Length: 99\r\n\r\n" + GOOD, close=True), ok())
    assert stage.transport(server).send(READ).attempts == 2


@pytest.mark.parametrize(
    "act",
    [
        answer(200, body=b'{"items": ['),
        answer(200, body=b"<html>sign in</html>", headers={"Content-Type": "text/html"}),
        answer(200, body=b"<html>sign in</html>"),
        answer(200, body=b""),
        answer(200, body=b"  \n"),
        answer(200, body=GOOD, headers={"Content-Type": "text/html; charset=utf-8"}),
        answer(200, body=b"\xff" + GOOD),
    ],
    ids=["cut", "html", "html as json", "empty", "blank", "json as html", "not utf-8"],
)
def test_a9_what_is_not_json_is_an_error_and_never_empty(stage: Stage, act: Act) -> None:
    refused(stage, act, ProtocolError)


def test_a9_json_without_a_content_type_is_read(stage: Stage) -> None:
    server = stage.serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 38\r\n\r\n" + GOOD))
    assert stage.transport(server).send(READ).document["items"] == []


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_a9_a_success_that_was_not_asked_for_is_an_error(stage: Stage, status: int) -> None:
    refused(stage, answer(status, {"items": []}), ProtocolError)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "b": {"c": 2, "c": 3}}',
        b'{"a": 1} {"a": 2}',
    ],
    ids=["nesting", "digits", "nan", "infinity", "overflow", "duplicate key", "two documents"],
)
def test_a10_hostile_json_is_refused(stage: Stage, body: bytes) -> None:
    refused(stage, answer(200, body=body), ProtocolError, attempts=1)


def test_a10_a_body_over_the_cap_is_not_read_to_its_end(stage: Stage) -> None:
    error = refused(stage, answer(200, body=b"[" + b"1," * 40_000 + b"1]"), ProtocolError, attempts=1, max_body_bytes=50_000)
    assert "larger than 50000 bytes" in str(error)


def test_a10_of_a_body_of_a_gigabyte_little_more_than_the_cap_is_taken_from_the_wire(stage: Stage) -> None:
    sent = []

    def pour(connection: socket.socket) -> bool:
        connection.sendall(HEAD + b"Content-Length: 1000000000\r\n\r\n[")
        for _ in range(1000):
            connection.sendall(b"1," * 500_000)
            sent.append(1_000_000)
        return False

    error = refused(stage, pour, ProtocolError, attempts=1, max_body_bytes=50_000)
    assert "larger than 50000 bytes" in str(error)
    assert sum(sent) < 20_000_000


def test_a10_a_gzip_bomb_is_stopped_at_the_cap_of_its_plain_size(stage: Stage) -> None:
    bomb = gzip.compress(b" " * 60_000_000 + GOOD)
    act = answer(200, body=bomb, headers={"Content-Encoding": "gzip"})
    assert len(bomb) < 100_000
    assert "larger than" in str(refused(stage, act, ProtocolError, attempts=1))


def test_a10_a_gzip_bomb_is_never_unpacked_beyond_the_cap() -> None:
    bomb = gzip.compress(b" " * 60_000_000)
    tracemalloc.start()
    with pytest.raises(Exception, match="larger than 1000000 bytes"):
        list(_plain_chunks(iter([bomb]), "gzip", 1_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_compressed_body_is_read(stage: Stage) -> None:
    act = answer(200, body=gzip.compress(GOOD), headers={"Content-Encoding": "gzip"})
    assert stage.transport(stage.serve(act)).send(READ).document == json.loads(GOOD)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(GOOD)[:-6], "gzip"),
        (GOOD, "gzip"),
        (gzip.compress(GOOD) + b"x", "gzip"),
        (GOOD, "br"),
        (GOOD, "gzip, gzip"),
    ],
    ids=["cut", "not gzip", "more after it", "not asked for", "twice"],
)
def test_a8_a_damaged_compressed_body_is_an_error(stage: Stage, body: bytes, encoding: str) -> None:
    refused(stage, answer(200, body=body, headers={"Content-Encoding": encoding}), ProtocolError, attempts=1)


def drip(start: bytes, drop: bytes = b" ") -> Act:
    """Begin an answer, and then send a little of it again and again."""

    def act(connection: socket.socket) -> bool:
        connection.sendall(start)
        for _ in range(100):
            connection.sendall(drop)
            time.sleep(0.02)
        return False

    return act


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (drip(HEAD + b"Content-Length: 1000\r\n\r\n"), ProtocolError),
        (drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1000\r\n"), ProtocolError),
        (drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"), ProtocolError),
        (drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: x\r\n"), ProtocolError),
        (drip(HEAD + b"\r\n"), ProtocolError),
        (drip(HEAD, b"X"), Unavailable),
        (drip(b"HTTP/1.1 "), Unavailable),
        (drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), Unavailable),
    ],
    ids=["body", "chunk", "chunks", "trailers", "close-delimited", "header", "status line", "interim answers"],
)
def test_a11_a_slow_drip_ends_at_the_deadline_although_no_single_read_times_out(
    stage: Stage, act: Act, kind: type[ModelArtsError]
) -> None:
    started = time.monotonic()
    error = refused(stage, act, kind, attempts=1, clock=SystemClock(), attempt_deadline_s=0.2, read_timeout_s=1)
    assert "longer than 0.2 s" in str(error)
    assert time.monotonic() - started < 1


def test_a11_a_delete_whose_answer_drips_is_in_doubt(stage: Stage) -> None:
    act = drip(b"HTTP/1.1 202 X\r\n", b"X")
    refused(stage, act, OutcomeUnknown, DELETE, clock=SystemClock(), attempt_deadline_s=0.1, read_timeout_s=1)


def hang(connection: socket.socket) -> bool:
    """Answer nothing."""
    connection.recv(1)
    return False


@pytest.mark.parametrize("act", [reset, hang], ids=["reset", "silence"])
def test_a_lost_read_is_repeated(stage: Stage, act: Act) -> None:
    server = stage.serve(act, act, ok())
    assert stage.transport(server, read_timeout_s=0.1).send(READ).attempts == 3


def test_a_lost_read_is_not_repeated_for_ever(stage: Stage) -> None:
    assert refused(stage, reset, Unavailable).attempts == 4


def test_an_error_of_the_server_is_repeated_with_a_new_signature(stage: Stage) -> None:
    server = stage.serve(answer(502, body=b"<html>"), fault(500, "ModelArts.0010"), ok())
    assert stage.transport(server).send(READ).attempts == 3
    dates = [request.headers["x-sdk-date"] for request in server.received]
    signatures = {request.headers["authorization"] for request in server.received}
    assert dates == sorted(dates)
    assert len(signatures) >= 2
