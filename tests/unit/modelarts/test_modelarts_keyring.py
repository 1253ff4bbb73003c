"""Credentials that are renewed while in use: once for all, never past a refusal, and proven by a single request (A21, A22)."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from unit.modelarts.modelarts_stage import DELETE, NOW, PROJECT, READ, Act, Stage, answer, fault, ok, reset
from unit.modelarts.test_modelarts_credentials import BAD_SIGNATURE, send_from_threads

from janitor.modelarts import (
    AuthFailed,
    Endpoint,
    Identity,
    KeyPart,
    Keyring,
    Misconfigured,
    PasswordLogin,
    RereadKey,
    TransportLimits,
    Unavailable,
    WrongProject,
)
from janitor.modelarts.call import Sender
from janitor.modelarts.credentials import Credential
from janitor.modelarts.haste import Hasty
from janitor.modelarts.provider import ANONYMOUS

EXPIRED = fault(401, "ModelArts.0202", "the token has expired")
WRONG_PASSWORD = answer(401, {"error": {"message": "The username or password is wrong.", "code": 401, "title": "Unauthorized"}})
DOMAIN = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"


def token(
    value: str,
    minutes: float = 24 * 60,
    *,
    project: str = PROJECT,
    name: str = "eu-de",
    domain: str = DOMAIN,
    headers: Mapping[str, str] | None = None,
) -> Act:
    """The answer to a login."""
    document = {
        "expires_at": f"{NOW + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S}.000000Z",
        "user": {"id": "u1", "name": "ci-bot", "domain": {"id": domain, "name": "ACME"}},
        "project": {"id": project, "name": name, "domain": {"id": domain, "name": "ACME"}},
    }
    return answer(201, {"token": document}, headers={"X-Subject-Token": value, **(headers or {})})


@dataclass
class Login:
    """A user, the identity service that knows it, and the platform that it works on."""

    stage: Stage
    logins: list[Act]
    acts: list[Act]

    def __post_init__(self) -> None:
        self.iam, self.platform = self.stage.serve(*self.logins), self.stage.serve(*self.acts)
        provider = PasswordLogin(
            iam=Endpoint(url=self.iam.url), domain="ACME", user="ci-bot", password="p4ss/w0rd", project_id=PROJECT
        )
        self.keyring = Keyring(provider, self.stage.clock, Identity(PROJECT, "eu-de"))
        self.transport = self.stage.transport(self.platform, self.keyring)

    def tokens(self) -> list[str]:
        """The tokens that the platform got, in order."""
        return [request.headers["x-auth-token"] for request in self.platform.received]


def test_a21_a_user_logs_in_once_and_sends_the_token_instead_of_a_signature(stage: Stage) -> None:
    login = Login(stage, [token("one")], [ok(), ok()])
    for _ in range(2):
        assert login.transport.send(READ).status == 200
    assert login.iam.lines == ["POST /v3/auth/tokens?nocatalog=true HTTP/1.1"]
    assert "authorization" not in {*login.platform.received[0].headers, *login.iam.received[0].headers}
    assert json.loads(login.iam.received[0].body)["auth"]["scope"] == {"project": {"id": PROJECT}}
    assert login.tokens() == ["one", "one"]
    assert login.keyring.state().expires_at == NOW + timedelta(days=1)


@pytest.mark.parametrize("call", [READ, DELETE], ids=["read", "delete"])
def test_a21_a_call_whose_token_has_expired_is_repeated_once_with_a_new_one(stage: Stage, call: object) -> None:
    login = Login(stage, [token("one"), token("two")], [ok(), EXPIRED, ok(), ok()])
    login.transport.send(READ)
    reply = login.transport.send(call)  # type: ignore[arg-type]
    assert (reply.status, reply.attempts) == (200, 2)
    login.transport.send(READ)
    assert login.tokens() == ["one", "one", "two", "two"]
    assert stage.waits() == []


def test_a21_of_many_threads_one_renews_and_all_finish(stage: Stage) -> None:
    together = Barrier(3, timeout=10)

    def expire(connection: object) -> bool:
        together.wait()
        return EXPIRED(connection)  # type: ignore[arg-type]

    login = Login(stage, [token("one"), token("two")], [ok(), expire, expire, expire, *[ok()] * 6])
    login.transport.send(READ)
    assert send_from_threads(lambda: login.transport.send(READ), 6) == [None] * 6
    assert login.tokens() == ["one"] * 4 + ["two"] * 6
    assert len(login.iam.received) == 2


def test_a22_a_token_that_never_was_accepted_is_not_renewed(stage: Stage) -> None:
    login = Login(stage, [token("one"), token("two")], [EXPIRED, ok()])
    for _ in range(2):
        with pytest.raises(AuthFailed):
            login.transport.send(READ)
    assert (len(login.platform.received), len(login.iam.received)) == (1, 1)


@pytest.mark.parametrize("second", [WRONG_PASSWORD, token("one"), token("two")], ids=["refused", "the same again", "revoked too"])
def test_a22_a_revoked_user_fails_four_times_at_most(stage: Stage, second: Act) -> None:
    together = Barrier(3, timeout=10)

    def expire(connection: object) -> bool:
        together.wait()
        return EXPIRED(connection)  # type: ignore[arg-type]

    login = Login(stage, [token("one"), second], [ok(), expire, expire, expire, *[EXPIRED] * 8])
    login.transport.send(READ)
    results = send_from_threads(lambda: login.transport.send(DELETE), 8)
    assert [type(result) for result in results] == [AuthFailed] * 8
    refused_logins = 1 if second is WRONG_PASSWORD else 0
    assert len(login.platform.received) - 1 + refused_logins <= 4
    assert len(login.iam.received) == 2
    with pytest.raises(AuthFailed, match="not sent"):
        login.transport.send(READ)


def test_a22_a_refused_token_that_is_handed_out_again_is_not_sent_again(stage: Stage) -> None:
    login = Login(stage, [token("one"), token("one")], [ok(), EXPIRED, ok()])
    login.transport.send(READ)
    for _ in range(2):
        with pytest.raises(AuthFailed):
            login.transport.send(READ)
    assert (len(login.platform.received), len(login.iam.received)) == (2, 2)


def test_a21_a_token_is_renewed_before_it_expires(stage: Stage) -> None:
    login = Login(stage, [token("one", 60), token("two", 120)], [ok(), ok(), ok()])
    login.transport.send(READ)
    stage.clock.advance(49 * 60)
    login.transport.send(READ)
    stage.clock.advance(2 * 60)
    login.transport.send(READ)
    assert login.tokens() == ["one", "one", "two"]


def test_a21_while_nobody_can_log_in_the_present_token_serves_until_its_end(stage: Stage) -> None:
    down = [fault(503, "APIG.0613")] * 4
    login = Login(stage, [token("one", 60), down[0], *down, token("two", 180)], [ok()] * 9)
    login.transport.send(READ)
    stage.clock.advance(51 * 60)
    for _ in range(3):
        login.transport.send(READ)
    assert len(login.iam.received) == 2, "tried once, and not again at once"
    stage.clock.advance(9 * 60)
    with pytest.raises(Unavailable, match=r"logging in \(password\) failed"):
        login.transport.send(READ)
    stage.clock.advance(2 * 60)
    login.transport.send(READ)
    assert login.tokens() == ["one"] * 4 + ["two"]


def test_a20_a_token_of_another_project_is_never_used(stage: Stage) -> None:
    login = Login(stage, [token("one"), token("two", project="p2", name="eu-nl")], [ok(), EXPIRED, ok()])
    login.transport.send(READ)
    for call in (DELETE, READ):
        with pytest.raises(WrongProject, match="eu-nl"):
            login.transport.send(call)
    assert login.tokens() == ["one", "one"]


def test_a20_a_token_of_another_domain_is_never_used(stage: Stage) -> None:
    login = Login(stage, [token("one"), token("two", domain="d2")], [ok(), EXPIRED, ok()])
    login.transport.send(READ)
    with pytest.raises(WrongProject, match="another domain"):
        login.transport.send(DELETE)
    assert login.tokens() == ["one", "one"]


@dataclass
class KeyFiles:
    """A key in two files, and how it is used."""

    folder: Path

    def write(self, access_key: str | None = None, secret_key: str | None = None) -> None:
        for name, value in (("ak", access_key), ("sk", secret_key)):
            if value is not None:
                (self.folder / name).write_text(f"{value}\n")

    def provider(self) -> RereadKey:
        parts = [KeyPart(value=(self.folder / name).read_text().strip(), path=self.folder / name) for name in ("ak", "sk")]
        return RereadKey(access_key=parts[0], secret_key=parts[1])


def used_key(line: str) -> str:
    return line.partition("Access=")[2].partition(",")[0]


def test_a21_a_key_file_that_was_replaced_is_read_again_when_the_key_is_refused(stage: Stage, tmp_path: Path) -> None:
    files = KeyFiles(tmp_path)
    files.write("AK1", "SK1")
    server = stage.serve(ok(), BAD_SIGNATURE, ok())
    transport = stage.transport(server, Keyring(files.provider(), stage.clock))
    transport.send(READ)
    files.write("AK2", "SK2")
    assert transport.send(DELETE).attempts == 2
    assert [used_key(request.headers["authorization"]) for request in server.received] == ["AK1", "AK1", "AK2"]


def test_a22_a_revoked_key_whose_files_are_unchanged_is_not_tried_again(stage: Stage, tmp_path: Path) -> None:
    files = KeyFiles(tmp_path)
    files.write("AK1", "SK1")
    server = stage.serve(ok(), BAD_SIGNATURE, ok())
    transport = stage.transport(server, Keyring(files.provider(), stage.clock))
    transport.send(READ)
    for _ in range(2):
        with pytest.raises(AuthFailed):
            transport.send(DELETE)
    assert len(server.received) == 2


def test_a21_a_key_that_is_half_written_is_waited_for(stage: Stage, tmp_path: Path) -> None:
    files = KeyFiles(tmp_path)
    files.write("AK1", "SK1")
    server = stage.serve(ok(), BAD_SIGNATURE, ok())
    transport = stage.transport(server, Keyring(files.provider(), stage.clock))
    transport.send(READ)
    files.write("AK2")
    with pytest.raises(Unavailable, match="one half is the old one"):
        transport.send(DELETE)
    assert (len(server.received), len(stage.waits())) == (2, 3)
    files.write(secret_key="SK2")
    assert transport.send(DELETE).status == 200
    assert used_key(server.received[-1].headers["authorization"]) == "AK2"


def test_a21_a_security_token_that_changes_last_is_waited_for(stage: Stage, tmp_path: Path) -> None:
    names = ("ak", "sk", "st")
    for name in names:
        (tmp_path / name).write_text(f"{name}-1")
    ak, sk, token_part = (KeyPart(value=f"{name}-1", path=tmp_path / name) for name in names)
    server = stage.serve(ok(), BAD_SIGNATURE, ok())
    provider = RereadKey(access_key=ak, secret_key=sk, security_token=token_part)
    transport = stage.transport(server, Keyring(provider, stage.clock))
    transport.send(READ)
    for name in names[:2]:
        (tmp_path / name).write_text(f"{name}-2")
    with pytest.raises(Unavailable, match="one part of three"):
        transport.send(READ)
    (tmp_path / "st").write_text("st-2")
    assert transport.send(READ).status == 200
    assert (len(server.received), server.received[-1].headers["x-security-token"]) == (3, "st-2")


def test_a22_within_the_time_of_a_lock_only_one_refusal_is_answered_with_a_new_login(stage: Stage) -> None:
    login = Login(stage, [token("one"), token("two"), token("three")], [ok(), EXPIRED, ok(), EXPIRED, *[ok()] * 9])
    for _ in range(2):
        login.transport.send(READ)
    for _ in range(2):
        with pytest.raises(AuthFailed):
            login.transport.send(READ)
    assert (len(login.platform.received), len(login.iam.received)) == (4, 2)


def test_a21_a_refusal_later_than_that_and_one_after_an_early_renewal_are_answered_with_a_login(stage: Stage) -> None:
    logins = [token("one", 20), token("two", 60), token("three", 120), token("four", 180)]
    login = Login(stage, logins, [ok(), ok(), EXPIRED, ok(), EXPIRED, ok()])
    for seconds in (0, 16 * 60, 1, 301):
        stage.clock.advance(seconds)
        login.transport.send(READ)
    assert login.tokens() == ["one", "two", "two", "three", "three", "four"]


def test_a22_refusals_before_and_after_a_renewal_are_four_at_most(stage: Stage) -> None:
    together = Barrier(3, timeout=10)

    def expire(connection: object) -> bool:
        together.wait()
        return EXPIRED(connection)  # type: ignore[arg-type]

    login = Login(stage, [token("one"), token("two"), token("three")], [ok(), *[expire] * 3, ok(), *[EXPIRED] * 20])
    login.transport.send(READ)
    results = send_from_threads(lambda: login.transport.send(READ), 12)
    assert sorted(type(result).__name__ for result in results) == ["AuthFailed"] * 11 + ["NoneType"]
    assert (len(login.platform.received) - 2, len(login.iam.received)) == (4, 2)


def test_a21_an_early_renewal_that_hangs_holds_up_nobody_else_and_not_for_long(stage: Stage) -> None:
    asked, done = Event(), Event()

    def hang(_connection: object) -> bool:
        asked.set()
        done.wait(20)
        return False

    login = Login(stage, [token("one", 60), hang, token("two", 180)], [ok()] * 9)
    login.transport.send(READ)
    stage.clock.advance(51 * 60)
    early = Thread(target=login.transport.send, args=(READ,))
    early.start()
    assert asked.wait(10)
    for _ in range(3):
        login.transport.send(READ)
    assert login.keyring._vault._lock.locked(), "the renewal is still under way, and nobody waited for its end"
    early.join(10)
    assert not early.is_alive(), "two seconds later nothing has come, and the request leaves with the present token"
    done.set()
    assert login.tokens() == ["one"] * 5
    stage.clock.advance(61)
    login.transport.send(READ)
    assert login.tokens()[-1] == "two"


def test_a21_all_requests_of_an_early_renewal_take_five_seconds_together(stage: Stage) -> None:
    transport, iam = stage.transport(stage.serve()), Endpoint(url="https://iam.example.com")
    given = list[TransportLimits]()

    def connect(endpoint: Endpoint, credential: Credential = ANONYMOUS, **how: Any) -> AbstractContextManager[Sender]:
        given.append(how["limits"])
        return transport.connect(endpoint, credential, **how)

    hasty = Hasty(connect, stage.clock)
    for seconds in (0, 3):
        stage.clock.advance(seconds)
        with hasty(iam):
            pass
    times = [each.connect_timeout_s + each.read_timeout_s + each.attempt_deadline_s for each in given]
    assert times == pytest.approx([5.0, 2.0])
    assert [each.attempts for each in given] == [1, 1]
    stage.clock.advance(2)
    with pytest.raises(Unavailable, match="no time left"):
        hasty(iam)


NO_PROJECT = {"error": {"message": "The project was not found.", "code": 404, "title": "Not Found"}}


def test_a20_a_project_that_the_identity_service_does_not_know_is_a_wrong_one(stage: Stage) -> None:
    with pytest.raises(WrongProject, match="cannot log in for project"):
        Login(stage, [answer(404, NO_PROJECT)], []).transport.send(READ)


@pytest.mark.parametrize(
    "act",
    [
        answer(404, body=b"<html>", headers={"Content-Type": "text/html"}),
        answer(404, {"code": 404, "message": "Not Found", "title": "Not Found"}),
        answer(404, {"error": {"code": 404, "message": "Not Found", "status": "NOT_FOUND"}}),
        fault(404, "APIG.0101", "the API does not exist"),
    ],
    ids=["a web server", "another service", "yet another", "a gateway without such a route"],
)
def test_a_login_where_no_identity_service_is_names_the_setting_and_blames_no_project(stage: Stage, act: Act) -> None:
    login = Login(stage, [act, token("one")], [ok()])
    with pytest.raises(Misconfigured, match="iam_endpoint") as caught:
        login.transport.send(READ)
    assert type(caught.value) is Misconfigured
    stage.clock.advance(61)
    assert login.transport.send(READ).status == 200, "nobody was refused"


def test_a_token_that_had_ended_when_it_came_is_used_and_said_to_have(stage: Stage) -> None:
    for minutes, came_expired in ((-5, True), (5, False)):
        login = Login(stage, [token("one", minutes)], [ok()])
        login.transport.send(READ)
        assert login.keyring.state().came_expired is came_expired


def test_a23_the_clock_of_the_identity_service_is_not_taken_for_the_platforms(stage: Stage) -> None:
    login = Login(stage, [token("one", headers={"Date": stage.http_date(4000)})], [ok()])
    login.transport.send(READ)
    assert login.transport.traffic.skew is None
    assert login.transport.traffic.snapshot()["other"] == 1


def test_a_request_that_got_no_answer_renews_nothing(stage: Stage) -> None:
    login = Login(stage, [token("one")], [ok(), reset, ok()])
    login.transport.send(READ)
    assert login.transport.send(READ).attempts == 2
    assert len(login.iam.received) == 1


@pytest.mark.parametrize("act", [answer(201, {}), answer(201, {"token": {}}, headers={"X-Subject-Token": "x"}), answer(200, {})])
def test_an_answer_to_the_login_that_is_not_understood_is_no_refusal(stage: Stage, act: Act) -> None:
    login = Login(stage, [act, token("two")], [ok()])
    with pytest.raises(Exception, match="logging in"):
        login.transport.send(READ)
    stage.clock.advance(61)
    assert login.transport.send(READ).status == 200
