"""Bad credentials are tried once, and no secret shows anywhere (faults A22, A23, D1)."""

import base64
import traceback
from collections.abc import Callable
from threading import Event, Thread
from urllib.parse import quote

import pytest
from unit.modelarts.modelarts_stage import DELETE, KEY, READ, Act, Received, Stage, StageClock, answer, fault, ok

from janitor.modelarts import AccessKey, AuthFailed, AuthGate, ClockSkewed, GivenKey, Keyring, ModelArtsError, Stopped

TEMPORARY = AccessKey("TESTAK00EXAMPLE00001", "testSecretKey0EXAMPLE0ONLY0FOR0UNIT0TESTS", "tmp/token+value0EXAMPLE==")
BAD_SIGNATURE = fault(401, "APIG.0301", "Incorrect IAM authentication information: verify aksk signature fail")


def test_d1_a_key_shows_neither_its_secret_nor_its_token() -> None:
    for text in (repr(TEMPORARY), str(TEMPORARY), f"{TEMPORARY}", f"{[TEMPORARY]}"):
        assert TEMPORARY.secret_key not in text
        assert "tmp/token" not in text
        assert "***" in text


@pytest.mark.parametrize("bad", ["", "abc\n", "a b", "schlüssel", "a\x00b", "\ttoken"])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_d1_a_key_that_could_not_stand_in_a_header_is_refused_without_showing_it(part: int, bad: str) -> None:
    parts = ["ak", "sk", "token"]
    parts[part] = bad
    with pytest.raises(ValueError, match="is empty or holds") as caught:
        AccessKey(*parts)
    assert not bad or bad not in str(caught.value)


@pytest.mark.parametrize(
    "act",
    [
        BAD_SIGNATURE,
        fault(401, "APIG.0301", "AK access failed to reach the limit,forbidden"),
        answer(401, {"error": {"message": "Authentication failed", "code": 401, "title": "Unauthorized"}}),
        answer(401, body=b"<html>"),
        fault(403, "ModelArts.0206"),
    ],
    ids=["bad signature", "locked key", "iam", "html", "403"],
)
def test_a22_the_first_refused_signature_ends_all_requests_of_the_transport(stage: Stage, act: Act) -> None:
    server = stage.serve(act, ok(), ok())
    transport = stage.transport(server)
    with pytest.raises(AuthFailed) as first:
        transport.send(READ)
    stage.clock.advance(86_400)
    for call in (READ, DELETE):
        with pytest.raises(AuthFailed, match="not sent") as later:
            transport.send(call)
        assert later.value.attempts == 0
    assert first.value.attempts == len(server.received) == 1


def test_a22_a_keyring_is_shared_by_transports_of_one_key(stage: Stage) -> None:
    keyring, other = Keyring(GivenKey(KEY), stage.clock), stage.serve(ok())
    with pytest.raises(AuthFailed):
        stage.transport(stage.serve(BAD_SIGNATURE), keyring).send(READ)
    with pytest.raises(AuthFailed):
        stage.transport(other, keyring).send(READ)
    assert other.received == []


def test_a22_a_missing_permission_does_not_shut_the_gate(stage: Stage) -> None:
    transport = stage.transport(stage.serve(fault(401, "ModelArts.4203"), ok()))
    with pytest.raises(ModelArtsError):
        transport.send(READ)
    assert transport.send(READ).status == 200


def send_from_threads(send: Callable[[], object], count: int) -> list[BaseException | None]:
    results: list[BaseException | None] = []

    def work() -> None:
        try:
            send()
            results.append(None)
        except ModelArtsError as error:
            results.append(error)

    threads = [Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return results


def test_a22_the_first_request_goes_alone_so_many_threads_spoil_one_signature(stage: Stage) -> None:
    server = stage.serve(*[BAD_SIGNATURE] * 8)
    transport = stage.transport(server)
    results = send_from_threads(lambda: transport.send(READ), 8)
    assert [type(result) for result in results] == [AuthFailed] * 8
    assert len(server.received) == 1


def test_a22_after_one_good_answer_requests_go_together(stage: Stage) -> None:
    server = stage.serve(*[ok()] * 9)
    transport = stage.transport(server)
    transport.send(READ)
    assert send_from_threads(lambda: transport.send(READ), 8) == [None] * 8


def test_a22_a_request_that_waits_for_its_turn_while_the_gate_shuts_is_not_sent(stage: Stage) -> None:
    keyring, server = Keyring(GivenKey(KEY)), stage.serve(ok(), ok())

    class Shutting(StageClock):
        def wait(self, seconds: float, stop: Event | None) -> bool:
            keyring.gate.shut(AuthFailed("another thread's signature was refused"))
            return super().wait(seconds, stop)

    transport = stage.transport(server, keyring, Shutting(), requests_per_second=0.1)
    transport.send(READ)
    with pytest.raises(AuthFailed, match="not sent"):
        transport.send(READ)
    assert len(server.received) == 1


def test_a22_an_unproven_key_stays_alone_after_an_answer_that_proves_nothing(stage: Stage) -> None:
    server = stage.serve(fault(503, "APIG.0613"), *[BAD_SIGNATURE] * 8)
    transport = stage.transport(server, attempts=1)
    send_from_threads(lambda: transport.send(READ), 6)
    assert len(server.received) == 2


def test_a_request_waiting_for_the_first_answer_ends_when_stopped() -> None:
    gate, stop = AuthGate(), Event()
    stop.set()
    with gate.passage(Event()), pytest.raises(Stopped), gate.passage(stop):
        pass
    with gate.passage(stop):
        pass


@pytest.mark.parametrize(
    ("text", "date", "skew"),
    [
        ("Signature expired, signature time:20261123T030000Z,server time:20261123T050000Z", None, 7200),
        ("signature expired, signature time:2026-11-23T03:00:00Z, server time:2026-11-23T02:00:00Z", None, -3600),
        ("signature expired", 1800, 1800),
        ("signature expired", None, None),
        ("verify aksk signature fail", -901, -901),
    ],
)
def test_a23_a_skewed_clock_is_recognised_and_ends_all_requests(
    stage: Stage, text: str, date: float | None, skew: float | None
) -> None:
    dated = {} if date is None else {"Date": stage.http_date(date)}
    server = stage.serve(fault(401, "APIG.0301", text, **dated), ok())
    transport = stage.transport(server)
    with pytest.raises(ClockSkewed, match="clock differs") as first:
        transport.send(READ)
    with pytest.raises(ClockSkewed, match="not sent") as second:
        transport.send(DELETE)
    assert first.value.skew == second.value.skew == (None if skew is None else pytest.approx(skew, abs=1))
    assert len(server.received) == 1


def test_a23_a_small_skew_does_not_excuse_a_wrong_key(stage: Stage) -> None:
    server = stage.serve(fault(401, "APIG.0301", "verify aksk signature fail", Date=stage.http_date(600)))
    with pytest.raises(AuthFailed) as caught:
        stage.transport(server).send(READ)
    assert type(caught.value) is AuthFailed


def shown(error: BaseException) -> str:
    """All that a log, a traceback or a debugger's first look would show of an error."""
    seen = [repr(error), str(error), repr(error.args), repr(vars(error)), "".join(traceback.format_exception(error))]
    locals_too = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [str(frame.locals) for frame in locals_too.stack if "/janitor/" in frame.filename]
    return "\n".join([*seen, *frames, repr(error.__cause__), repr(error.__context__)])


def forms(secret: str) -> list[str]:
    return [secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")]


def echoed(request: Received) -> str:
    """Every header of the request, as a careless server would return them."""
    return " | ".join(f"{name}: {value}" for name, value in request.headers.items())


ECHOES: list[Callable[[Received], str]] = [
    echoed,
    lambda request: request.headers["authorization"],
    lambda request: request.headers["authorization"].rpartition("Signature=")[2],
    lambda request: "Signature=" + request.headers["authorization"].rpartition("Signature=")[2],
    lambda request: request.headers["x-security-token"],
    lambda request: quote(request.headers["x-security-token"], safe=""),
    lambda request: "token " + base64.b64encode(request.headers["x-security-token"].encode()).decode(),
    lambda request: "x" * 290 + request.headers["x-security-token"],
    lambda _: TEMPORARY.secret_key,
]


@pytest.mark.some(40)
@pytest.mark.parametrize("status", [400, 401, 403, 409, 429, 500])
@pytest.mark.parametrize("echo", range(len(ECHOES)))
@pytest.mark.parametrize("key", ["error_msg", "error_code", "request_id"])
def test_d1_no_error_shows_a_secret_that_the_server_echoes(stage: Stage, status: int, echo: int, key: str) -> None:
    probe = stage.serve(ok())
    stage.transport(probe, TEMPORARY).send(READ)
    text = ECHOES[echo](probe.received[0])
    server = stage.serve(answer(status, {key: text}, headers={"X-Request-Id": text}))
    with pytest.raises(ModelArtsError) as caught:
        stage.transport(server, TEMPORARY, attempts=1).send(READ)
    signature = probe.received[0].headers["authorization"].rpartition("Signature=")[2]
    for secret in [TEMPORARY.secret_key, TEMPORARY.security_token or "", signature]:
        for form in forms(secret):
            assert form not in shown(caught.value)


def test_d32_remote_text_is_short_and_printable(stage: Stage) -> None:
    text = "a\x1b[31m\r\nb\u202e\u2028\ud800" + "ü" * 1000
    server = stage.serve(fault(400, "ModelArts.2807", text))
    with pytest.raises(ModelArtsError) as caught:
        stage.transport(server).send(READ)
    message = str(caught.value)
    assert message.isprintable()
    assert "a\\x1b[31m\\r\\nb\\u202e\\u2028\\ud800üü" in message
    assert len(message) < 500


@pytest.mark.parametrize("code", [{"a": 1}, ["ModelArts.2775"], True, 1.5, "x" * 200, "a\nb", "Mod elArts"])
def test_d32_an_odd_code_is_no_code(stage: Stage, code: object) -> None:
    server = stage.serve(answer(400, {"error_code": code}))
    with pytest.raises(ModelArtsError) as caught:
        stage.transport(server).send(READ)
    assert caught.value.code is None
    assert KEY.access_key not in str(caught.value)
