"""`janitor console`, and that of `janitor serve`, as real processes: how they begin, follow the policy file, and end (D20)."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from console_process import Process
from documents import make_document
from stage import Stage

from janitor.console.tokens import digest_of

JOB = "a-name-that-only-the-ledger-has"


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    with ExitStack() as stack:

        def begin(stage: Stage, *words: str) -> Process:
            process = Process(stage.config, *words)
            stack.callback(process.kill)
            return process

        yield begin


def ask(port: int, path: str, *headers: str) -> tuple[int, str]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall("\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]).encode())
        came = b"".join(iter(lambda: link.recv(65536), b"")).decode()
    return int(came.split()[1]), came


def listen(port: int) -> socket.socket:
    """An open stream, of which the first counts have come."""
    link = socket.create_connection(("127.0.0.1", port), timeout=10)
    link.sendall(b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    came = b""
    while b"event: progress" not in came:
        piece = link.recv(65536)
        assert piece, came
        came += piece
    return link


def rest_of(link: socket.socket) -> str:
    """What came until the stream was ended: ended, not cut off because it would not."""
    came = b"".join(iter(lambda: link.recv(65536), b""))
    assert came.endswith(b"0\r\n\r\n")
    return came.decode()


@pytest.mark.on_a_file
def test_a_console_needs_a_ledger_and_a_guarded_address(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(jobs=[])
    stage.write()
    code, _, err = stage.janitor("console")
    assert (code, "no ledger is there; run `janitor init --ledger`" in err, stage.ledger_path.exists()) == (5, True, False)
    stage.ledger_path.write_bytes(b"something else altogether, of somebody else\n" * 50)
    code, _, err = stage.janitor("console")
    assert (code, str(stage.ledger_path) in err) == (5, True)
    stage.ledger_path.unlink()
    assert stage.janitor("init", "--ledger")[0] == 0
    code, _, err = stage.janitor("console", "--listen", "192.0.2.1:9465")
    assert (code, "nobody would be asked who they are" in err) == (2, True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = stage.janitor("console", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        assert (code, "choose another with --listen" in err) == (2, True)
        stage.write(top=f"console: {{listen: '127.0.0.1:{taken.getsockname()[1]}'}}\nschedule: {{every: 6h}}\n")
        code, _, err = stage.janitor("serve", "--listen", "127.0.0.1:0")
        assert (code, "cannot listen on 127.0.0.1" in err) == (2, True)


def test_a_new_token_is_shown_once_and_its_line_is_good(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(jobs=[])
    code, out, err = stage.janitor("console", "--new-token", "alice@example.org")
    token, line = out.splitlines()
    assert (code, len(token) >= 51, token in line, token in err) == (0, True, False, False)
    stage.write(top=f"console: {{tokens: [{line}]}}\n")
    code, out, _ = stage.janitor("check", "--output", "json")
    told = json.loads(out)["console"]
    assert (code, told["tokens"], told["listen"]) == (0, ["alice@example.org"], "127.0.0.1:9465")
    assert digest_of(token) not in out
    assert "for the tokens of alice@example.org" in stage.janitor("check")[1]
    assert stage.janitor("console", "--new-token", "alice")[1].splitlines()[0] != token
    assert stage.janitor("console", "--new-token", "a b")[0] == 2


def test_a_console_follows_the_policy_file_and_ends_at_once(
    make_stage: Callable[..., Stage], start: Callable[..., Process], now_ms: int
) -> None:
    """It writes nothing, whoever asks; who is taken out of the file is out; a listener keeps nobody from ending."""
    stage = make_stage(jobs=[make_document(now_ms, name=JOB)])
    stage.write()
    stage.sweep()
    process = start(stage, "console")
    port, before = process.port("console.listening"), stage.events()
    assert ask(port, "/")[0] == 200
    stage.write(top=f"console: {{tokens: [{{name: alice, sha256: {digest_of('token')}}}]}}\n")
    process.until(lambda: ask(port, "/")[0] == 401)
    assert ask(port, "/", "Authorization: Bearer token")[0] == 200
    stage.config.write_text(stage.config.read_text().replace("tokens:", "tokns:"))
    process.until(lambda: process.said("policy_file.refused"))
    assert ask(port, "/", "Authorization: Bearer token")[0] == 200
    stage.write()
    process.until(lambda: ask(port, "/")[0] == 200)
    with listen(port) as link:
        assert process.terminate() < 4
        assert JOB not in rest_of(link)
    assert stage.events() == before


def test_d20_a_service_has_its_console_at_an_address_of_its_own(
    make_stage: Callable[..., Stage], start: Callable[..., Process], now_ms: int
) -> None:
    """Health and metrics name no job and are no console; the console is no health; both end with an open stream."""
    stage = make_stage(jobs=[make_document(now_ms, name=JOB) for _ in range(3)])
    stage.write(top="schedule: {every: 6h}\nconsole: {listen: '127.0.0.1:0'}\n")
    process = start(stage, "serve")
    health, console = process.port("service.listening"), process.port("console.listening")
    process.until(lambda: process.said("sweep.finished"))
    for path in ("/healthz", "/readyz", "/metrics"):
        status, text = ask(health, path)
        assert (status, JOB in text) == (200, False)
        assert ask(console, path)[0] == 404
    assert (ask(console, "/")[0], ask(health, "/")[0], ask(health, "/live")[0]) == (200, 404, 404)
    stage.write(top="schedule: {every: 6h}\n")
    process.until(lambda: not is_open(console))
    stage.write(top="schedule: {every: 6h}\nconsole: {listen: '127.0.0.1:0'}\n")
    process.until(lambda: len(process.said("console.listening")) == 2)
    with listen(process.port("console.listening")) as link:
        assert process.terminate() < 5
        rest_of(link)


def is_open(port: int) -> bool:
    try:
        return ask(port, "/")[0] > 0
    except OSError:
        return False
