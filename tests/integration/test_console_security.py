"""The console from outside, over real sockets: whom it answers, what it never does, what every answer has (faults D19, D20)."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from builders import FakeClock
from console_scene import (
    BOB,
    FORM,
    HERE,
    OTHER_TOKEN,
    TOKEN,
    Reply,
    Served,
    app_of,
    guarded,
    make_settings,
    proxied,
    replies,
    serve_console,
)
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from janitor.console.app_source import AppSource
from janitor.console.attempts import BURST, EVERY_S
from janitor.console.sessions import LASTS_S
from janitor.core.errors import LedgerError, UsageError
from janitor.core.listening import Address
from janitor.settings.model import ConsoleSettings

SECRET = "what only the ledger knows"
STRICT = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
BROWSER: dict[str, Any] = {"Accept": "text/html,*/*"}
FOLLOWED: dict[str, Any] = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", **BROWSER}
LOOPBACK, ELSEWHERE = ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8")


def pages(source: AppSource, *, live: str | None = None) -> list[BaseRoute]:
    """A page, one that breaks, one whose ledger is bad, one that would let itself be posted to, a file for good."""

    def index(request: Request) -> Response:
        headers = {"Server": "chatty", "Cache-Control": "public", "X-Frame-Options": "ALLOWALL"}
        return PlainTextResponse(f"{SECRET}, {request.state.who}", headers=headers)

    def broken(_request: Request) -> Response:
        raise RuntimeError(SECRET)

    def untrusted(_request: Request) -> Response:
        raise LedgerError("<b>cut</b>")

    def changing(_request: Request) -> Response:
        return PlainTextResponse("changed")

    def lasting(_request: Request) -> Response:
        return PlainTextResponse("", headers={"Cache-Control": "public, max-age=31536000"})

    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    named = [Route("/", index), Route("/broken", broken), Route("/untrusted", untrusted), Route("/static/file", lasting)]
    return [*named, Route("/changing", changing, methods=every)]


@pytest.fixture
def opened(tmp_path: Path, clock: FakeClock) -> Iterator[Served]:
    """Without login, on this machine."""
    with serve_console(app_of(tmp_path, ConsoleSettings(listen=HERE), clock), pages) as served:
        yield served


@pytest.fixture
def locked(tmp_path: Path, clock: FakeClock) -> Iterator[Served]:
    """For Alice and Bob, by their tokens."""
    with serve_console(app_of(tmp_path, guarded(), clock), pages) as served:
        yield served


def is_strict(reply: Reply) -> bool:
    return all(reply.all(name) == [value] for name, value in STRICT.items()) and not reply.all("server")


def test_d19_d20_every_answer_is_strict(opened: Served, locked: Served) -> None:
    paths = {
        "/": 200,
        "/broken": 500,
        "/untrusted": 503,
        "/nothing": 404,
        "/nothing/": 404,
        "/login": 303,
        "/logout": 405,
        "/static/x": 404,
    }
    for path, status in paths.items():
        for accept in ("*/*", "text/html"):
            reply = opened.get(path, Accept=accept)
            assert (path, reply.status, is_strict(reply)) == (path, status, True)
            assert path == "/" or SECRET not in reply.body.decode()
    others = [
        opened.get(Host="evil.example"),
        opened.get(Host=None),
        opened.get(method="DELETE"),
        opened.get(Sec_Fetch_Site="cross-site"),
        opened.get("/" + "a" * 9000),
        opened.get(X=["a" * 1000] * 20),
        opened.get("/live", method="HEAD"),
        locked.get(),
        locked.get(**BROWSER),
        locked.get(**FOLLOWED),
        locked.get("/login", **BROWSER),
        locked.login("wrong"),
        locked.login(),
    ]
    assert [reply.status for reply in others] == [421, 400, 405, 403, 414, 431, 200, 401, 303, 200, 200, 401, 303]
    strict = {name: value for name, value in STRICT.items() if name not in ("referrer-policy", "x-frame-options")}
    assert [reply for reply in others if reply.status != 400 and not is_strict(reply)] == []
    assert all(name in dict(others[1].headers) for name in strict if not name.startswith("cross-origin"))
    assert opened.get("/static/file").all("cache-control") == ["public, max-age=31536000"]


def test_a_page_that_breaks_is_said_and_shows_nothing(opened: Served) -> None:
    assert "<b>cut" not in opened.get("/untrusted", **BROWSER).body.decode()
    assert "&lt;b&gt;cut" in opened.get("/untrusted", **BROWSER).body.decode()
    assert opened.unforeseen == []
    reply = opened.get("/broken")
    assert "Traceback" not in reply.body.decode()
    (said,) = opened.unforeseen
    assert re.search(r"RuntimeError at test_console_security|RuntimeError", said["reason"])
    assert SECRET not in said["reason"]


ANY = ".".join("0000")
HOSTS = ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", ANY, "10.0.0.1", "[::2]"]


def test_d19_another_name_that_points_here_gets_nothing(opened: Served, locked: Served) -> None:
    """Not even with a token, nor over a link that is followed."""
    for host in HOSTS:
        for reply in (
            opened.get(Host=host),
            opened.get(Host=f"{host}:{opened.port}", **BROWSER),
            opened.get(Host=host, X_Forwarded_Host="localhost"),
            locked.get(Host=host, Authorization=f"Bearer {TOKEN}"),
            locked.get("/login", Host=host, **BROWSER),
        ):
            assert reply.status == 421
            assert SECRET.encode() not in reply.body


def test_d19_our_own_names_are_answered_however_they_are_written(tmp_path: Path, clock: FakeClock) -> None:
    with serve_console(app_of(tmp_path, guarded(hosts=("janitor.example.org", "[fd00::7]")), clock), pages) as served:
        for host in (
            "localhost",
            "LocalHost.:1",
            "127.0.0.1",
            "[::1]:9465",
            "janitor.example.org",
            "JANITOR.example.org.",
            "[fd00:0::7]:443",
        ):
            assert served.get(Host=host, Authorization=f"Bearer {TOKEN}").status == 200
        for host in ("", "a b", "a/b", "[::1", "127.0.0.1:x", "user@localhost"):
            assert served.get(Host=host, Authorization=f"Bearer {TOKEN}").status == 400


def test_d19_a_request_says_once_for_whom_it_is(opened: Served) -> None:
    assert opened.get(Host=["127.0.0.1", "evil.example"]).status == 400
    assert opened.get(Host=["127.0.0.1", "127.0.0.1"]).status == 400
    (old,) = replies(opened.send(b"GET / HTTP/1.0\r\n\r\n"))
    assert old.status == 400
    (absolute,) = replies(opened.send(b"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"))
    assert absolute.status == 404


def test_d19_d20_nothing_but_reading_is_answered(opened: Served) -> None:
    """Not even where a page would let itself be posted to; and no request leaves a trace in the folder of the ledger."""
    opened.get()
    before = content_of(opened.app.settings.source.parent)
    for path in ("/", "/changing", "/static/file", "/nothing", "/live", "/login/", "/logout/"):
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"):
            reply = opened.get(path, method=method, X_HTTP_Method_Override="GET")
            assert (path, method, reply.status, reply.only("allow")) == (path, method, 405, "GET, HEAD")
        opened.get(path, method="HEAD")
    assert content_of(opened.app.settings.source.parent) == before


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file but the memory that SQLite's readers share."""
    return {each.name: each.read_bytes() for each in folder.iterdir() if not each.name.endswith("-shm")}


def test_d19_a_page_of_another_site_can_only_be_left_for_ours(opened: Served, locked: Served) -> None:
    bearer: dict[str, Any] = {"Authorization": f"Bearer {TOKEN}"}
    others: tuple[dict[str, Any], ...] = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {**FOLLOWED, "Sec-Fetch-Dest": "iframe"},
    )
    for headers in others:
        assert opened.get(**headers).status == locked.get(**headers, **bearer).status == 403
        assert locked.login(**headers).status == 403
    assert opened.get(**FOLLOWED).status == 200
    assert locked.login(**FOLLOWED).status == 403
    assert locked.login(Origin=f"http://127.0.0.1:{locked.port}").status == 303
    assert locked.login(Origin="null", Sec_Fetch_Site="same-origin").status == 303
    assert not [
        name
        for reply in (opened.get(), opened.get(Origin="null"))
        for name, _ in reply.headers
        if name.startswith("access-control")
    ]


def test_who_has_a_token_gets_in_and_nobody_else(locked: Served) -> None:
    refused: list[dict[str, Any]] = [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"X-Forwarded-User": "alice"},
        {"Cookie": f"janitor={TOKEN}"},
        {"Cookie": "janitor="},
    ]
    for headers in refused:
        reply = locked.get(**headers)
        assert (reply.status, reply.only("www-authenticate")) == (401, 'Bearer realm="janitor"')
        assert SECRET.encode() not in reply.body
    for token, name in ((TOKEN, "alice"), (OTHER_TOKEN, "bob")):
        for scheme in ("Bearer", "bearer"):
            assert locked.get(Authorization=f"{scheme} {token}").body.decode() == f"{SECRET}, {name}"
    assert locked.get("/live").status == 401


def test_a_part_a_hash_or_two_tokens_are_none(locked: Served) -> None:
    two = [f"Bearer {TOKEN}", "Bearer x"]
    for value in (two, two[::-1], f"Bearer {TOKEN[:-1]}", f"Bearer {BOB.sha256}"):
        assert locked.get(Authorization=value).status == 401


def test_a_session_is_for_a_browser_alone_and_ends(locked: Served, clock: FakeClock) -> None:
    sent = locked.get("/jobs?page=2&owner=a%20b", **BROWSER)
    assert (sent.status, sent.only("location")) == (303, "/login?next=%2Fjobs%3Fpage%3D2%26owner%3Da%2520b")
    form = locked.get(sent.only("location"), **BROWSER).body.decode()
    assert 'value="/jobs?page=2&amp;owner=a%20b"' in form
    entered = locked.login(wanted="/jobs%3Fpage%3D2")
    assert (entered.status, entered.only("location")) == (303, "/jobs?page=2")
    cookie = entered.only("set-cookie")
    assert set(cookie.split("; ")[1:]) == {"Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict"}
    assert TOKEN not in cookie
    assert locked.get(Cookie=f"other=1; {entered.cookie}").body.decode() == f"{SECRET}, alice"
    assert locked.get("/login", Cookie=entered.cookie, **BROWSER).status == 303
    assert locked.get(Cookie=[entered.cookie, "janitor=session-9"]).status == 401
    left = locked.get("/logout", method="POST", Cookie=entered.cookie)
    assert (left.status, left.only("location"), "Max-Age=0" in left.only("set-cookie")) == (303, "/login", True)
    assert locked.get(Cookie=entered.cookie).status == 401
    again = locked.login()
    assert again.cookie != entered.cookie
    clock.advance(LASTS_S)
    assert locked.get(Cookie=again.cookie).status == 401
    assert [event for event, _ in locked.said].count("console.entered") == 2
    assert TOKEN not in str(locked.said)


def test_a_cookie_is_for_https_where_it_leaves_the_machine(tmp_path: Path, clock: FakeClock) -> None:
    with serve_console(app_of(tmp_path, guarded(hosts=("janitor.example.org",)), clock), pages) as served:
        cookie = served.login(Host="janitor.example.org").only("set-cookie")
        assert cookie.startswith("__Host-janitor=")
        assert "Secure" in cookie.split("; ")
        assert served.get(Host="janitor.example.org", Cookie=cookie.partition(";")[0]).status == 200


def test_a_login_leads_only_to_us_and_hides_what_it_is_given(locked: Served) -> None:
    for wanted in ("//evil.example", "https://evil.example", "/%5Cevil.example", "/%0d%0aSet-Cookie:x"):
        assert locked.login(wanted=wanted).only("location") == "/"
    hostile = locked.get("/login?next=/%22%3E%3Cscript%3E", **BROWSER).body.decode()
    assert "<script>" not in hostile
    onward = locked.get('/jobs?"><script>', **FOLLOWED).body.decode()
    assert "<script>" not in onward
    wrong = locked.login("<script>secret-guess</script>")
    assert b"secret-guess" not in wrong.body
    assert "set-cookie" not in dict(wrong.headers)


def test_a_page_whose_address_is_too_long_to_be_kept_leads_by_the_login_to_the_overview(locked: Served) -> None:
    longest = "/jobs?q=" + "%25" * 2700
    for target in (longest, "/jobs?q=" + "%E4" * 800):
        sent = locked.get(target, **BROWSER)
        assert (sent.status, sent.only("location")) == (303, "/login")
    assert locked.get("/login", **BROWSER).status == 200
    kept = "/jobs?q=" + "a" * 3000
    form = locked.get(locked.get(kept, **BROWSER).only("location"), **BROWSER)
    assert (form.status, f'value="{kept}"' in form.body.decode()) == (200, True)
    assert locked.login(wanted=kept).only("location") == kept


def test_guessing_is_slowed_down_however_it_is_tried(locked: Served, clock: FakeClock) -> None:
    session = locked.login().cookie
    for number in range(BURST):
        reply = locked.login(f"guess-{number}") if number % 2 else locked.get(Authorization=f"Bearer guess-{number}")
        assert reply.status == 401
    for reply in (
        locked.login(),
        locked.login("x", **BROWSER),
        locked.get(Authorization=f"Bearer {TOKEN}"),
        locked.get("/login", Authorization="Bearer x"),
    ):
        assert (reply.status, reply.only("retry-after")) == (429, str(int(EVERY_S))) if reply.status != 200 else True
    assert locked.login().status == 429
    assert locked.get(Authorization=f"Bearer {TOKEN}").status == 429
    assert locked.get(Authorization=f"Bearer {TOKEN}", X_Forwarded_For="192.0.2.9").status == 429
    assert locked.get(Cookie=session).status == 200  # who is in stays in
    clock.advance(EVERY_S)
    assert locked.login().status == 303
    assert len([event for event, _ in locked.said if event == "console.refused"]) == BURST


def test_a_proxy_is_believed_and_nobody_who_only_says_so(tmp_path: Path, clock: FakeClock) -> None:
    with serve_console(app_of(tmp_path, proxied(LOOPBACK), clock), pages) as served:
        assert served.get(X_Forwarded_User="alice@example.org").body.decode() == f"{SECRET}, alice@example.org"
        assert served.get(X_Forwarded_User="alice", Authorization="Basic passed-on").status == 200
        for value in (None, "", "  ", ["alice", "bob"], ["alice", "alice"], "a" * 201):
            reply = served.get(X_Forwarded_User=value, **BROWSER)
            assert (reply.status, SECRET.encode() in reply.body) == (401, False)
        assert served.login().status == 401
        assert served.get("/login", **BROWSER).status == 401
    with serve_console(app_of(tmp_path, proxied(ELSEWHERE), clock), pages) as served:
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            headers: dict[str, Any] = {name: "10.0.0.1"}
            assert served.get(X_Forwarded_User="alice", **headers).status == 401


def test_a_token_of_the_proxy_refuses_nobody_and_costs_no_guess(tmp_path: Path, clock: FakeClock) -> None:
    both = replace(proxied(LOOPBACK), tokens=guarded().tokens)
    with serve_console(app_of(tmp_path, both, clock), pages) as served:
        for _ in range(BURST + 1):
            reply = served.get(X_Forwarded_User="carol", Authorization="Bearer eyJhbGciOi.passed.on")
            assert reply.body.decode() == f"{SECRET}, carol"
        assert served.get(X_Forwarded_User="carol", Authorization=f"Bearer {TOKEN}").body.decode() == f"{SECRET}, alice"
        assert served.get(X_Forwarded_User="carol", Authorization="Bearer janitor_guess").status == 401
        assert served.get(Authorization="Bearer eyJhbGciOi.passed.on").status == 401


def test_a_new_policy_file_counts_at_once(locked: Served, tmp_path: Path) -> None:
    alice, bob = locked.login(TOKEN).cookie, locked.login(OTHER_TOKEN).cookie
    url = locked.console.url
    fewer = guarded(tokens=(BOB,))
    locked.console.follow(replace(locked.app, settings=make_settings(tmp_path, fewer)), fewer)
    assert locked.console.url == url
    assert (locked.get(Cookie=alice).status, locked.get(Authorization=f"Bearer {TOKEN}").status) == (401, 401)
    assert locked.get(Cookie=bob).status == 200
    taken = replace(fewer, listen=Address(host="192.0.2.1", port=1))
    with pytest.raises(UsageError, match="cannot listen"):
        locked.console.follow(locked.app, taken)
    assert locked.get(Authorization=f"Bearer {OTHER_TOKEN}").status == 200  # where it was before
    locked.console.follow(locked.app, None)
    assert locked.console.url is None


ODD = [
    b"",
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n",
    b"GET /\x00\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /%00%ff%2e%2e/%c0%af?%zz=%00 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: \xff=\xfe;;==;janitor\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


def test_d19_what_is_no_request_is_refused_and_breaks_nothing(
    locked: Served, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("janitor.serving.REQUEST_WITHIN_S", 0.3)
    for odd in ODD:
        came = locked.send(odd + (b"" if odd.endswith(b"\r\n") else b"\r\n\r\n"))
        assert all(400 <= reply.status < 500 for reply in replies(came)), odd[:60]
        assert SECRET.encode() not in came
    assert locked.get(Authorization=f"Bearer {TOKEN}").status == 200
    assert locked.unforeseen == []
    assert "Traceback" not in "".join(capfd.readouterr())


FORMS: list[tuple[bytes, dict[str, Any], int]] = [
    (b"token=" + TOKEN.encode(), {}, 415),
    (b"token=" + TOKEN.encode(), {"Content-Type": "multipart/form-data; boundary=x"}, 415),
    (b"{}", {"Content-Type": "application/json"}, 415),
    (b"token=" + b"a" * 20_000, FORM, 413),
    (b"\xff\xfe", FORM, 400),
    (b"&".join(b"a=1" for _ in range(50)), FORM, 400),
    (b"token=%ff%00&next=%ff", FORM, 401),
    (b"", FORM, 401),
    (b"token=&token=", FORM, 401),
]


def test_a_form_that_is_none_is_refused(locked: Served) -> None:
    for body, headers, status in FORMS:
        reply = locked.get("/login", method="POST", body=body, **headers)
        assert (body[:20], reply.status, is_strict(reply)) == (body[:20], status, True)
        assert not reply.all("set-cookie")


def test_a_form_that_does_not_come_is_not_waited_for(locked: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("janitor.console.login.FORM_WITHIN_S", 0.2)
    monkeypatch.setattr("janitor.serving.REQUEST_WITHIN_S", 0.2)
    head = f"Host: 127.0.0.1\r\nContent-Type: {FORM['Content-Type']}\r\n"
    (late,) = replies(locked.send(f"POST /login HTTP/1.1\r\n{head}Content-Length: 10\r\n\r\nto".encode()))
    assert (late.status, is_strict(late)) == (408, True)
    assert locked.send(b"GET / HT") == b""
    with socket.create_connection(("127.0.0.1", locked.port), timeout=3) as link:
        link.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        came = b""
        while not came.endswith(b"TOKEN\n"):
            came += link.recv(65536)
        link.sendall(b"GET / HT")  # the second one never comes as a whole
        began = time.monotonic()
        with suppress(ConnectionResetError):
            assert link.recv(65536) == b""
        assert time.monotonic() - began < 2
