"""The parts of the gate, each alone: names, origins, tokens, attempts, sessions (faults D19, D20)."""

from hashlib import sha256
from ipaddress import ip_address
from itertools import count

import pytest
from builders import FakeClock

from janitor.console.attempts import BURST, BURST_OF_ALL, EVERY_S, MOST_PEERS, Attempts
from janitor.console.doorkeeper import ANYBODY, Doorkeeper
from janitor.console.gate import own_address
from janitor.console.hosts import Hosts, parse_host
from janitor.console.origins import is_from_elsewhere, is_refused
from janitor.console.refusal import Refusal
from janitor.console.rules import Rules
from janitor.console.sessions import LASTS_S, MOST_SESSIONS, Sessions
from janitor.console.tokens import LONGEST, Tokens, digest_of, make_token
from janitor.console.visit import Visit
from janitor.settings.model import ConsoleSettings, ConsoleToken
from janitor.sweep.target import say_nothing

ALICE = ConsoleToken(name="alice", sha256=sha256(b"token-of-alice").hexdigest())
BOB = ConsoleToken(name="bob", sha256=sha256(b"token-of-bob").hexdigest())
ANY = ".".join("0000")
PEER = ip_address("192.0.2.1")


def visit(method: str = "GET", **headers: str) -> Visit:
    given = {"host": "janitor.example", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Visit(method=method, path="/", headers=tuple(given.items()), peer=PEER)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST.:80", "localhost"),
        ("127.0.0.1:9465", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:0:0:1]:9465", "::1"),
        ("janitor.example", "janitor.example"),
    ],
)
def test_d19_a_name_has_one_spelling(text: str, name: str) -> None:
    assert parse_host(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        ":80",
        "a:b",
        "a:80:80",
        "::1",
        "[::1",
        "[localhost]",
        "a b",
        "user@127.0.0.1",
        "127.0.0.1,evil",
        "a/b",
        "ä",
        "a" * 254,
    ],
)
def test_d19_what_is_no_name_is_none(text: str) -> None:
    assert parse_host(text) is None


@pytest.mark.parametrize(
    "name", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", ANY, "::", "2130706433", "10.0.0.1"]
)
def test_d19_no_other_name_is_ours(name: str) -> None:
    hosts = Hosts((ANY, "::", "janitor.example", "[fd00::7]"))
    assert not hosts.has(name)
    assert all(hosts.has(own) for own in ("localhost", "127.0.0.1", "127.1.2.3", "::1", "janitor.example", "fd00::7"))


OWN: tuple[dict[str, str], ...] = (
    {},
    {"sec_fetch_site": "same-origin"},
    {"sec_fetch_site": "none"},
    {"origin": "https://janitor.example"},
)
OWN_TOO = ({"origin": "http://janitor.example"}, {"origin": "null", "sec_fetch_site": "same-origin"})
FOREIGN = (
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "whatever"},
    {"origin": "https://evil.example"},
    {"origin": "https://janitor.example.evil.example"},
    {"origin": "https://janitor.example:8443"},
    {"origin": "null"},
    {"origin": "null", "sec_fetch_site": "cross-site"},
    {"origin": "ftp://janitor.example"},
    {"origin": "https://[janitor"},
    {"origin": ""},
)


@pytest.mark.parametrize("headers", [*OWN, *OWN_TOO])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_d19_what_a_page_of_ours_sends_is_answered(method: str, headers: dict[str, str]) -> None:
    assert not is_refused(visit(method, **headers))


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_d19_what_another_page_sends_is_refused(method: str, headers: dict[str, str]) -> None:
    assert is_from_elsewhere(visit(method, **headers))
    assert is_refused(visit(method, **headers))


def test_d19_a_link_may_be_followed_and_nothing_else() -> None:
    followed = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert not is_refused(visit(**followed))
    assert is_refused(visit("POST", **followed))
    assert is_refused(visit(**followed, origin="https://evil.example"))
    for other in ("iframe", "frame", "object", "embed", "script", "image", "style", ""):
        assert is_refused(visit(**followed | {"sec_fetch_dest": other}))
    for mode in ("no-cors", "cors", "websocket", ""):
        assert is_refused(visit(**followed | {"sec_fetch_mode": mode}))


@pytest.mark.parametrize("peer", ["192.0.2.1", "::ffff:192.0.2.1", "", "unix"])
def test_d19_without_login_only_this_machine_is_answered(clock: FakeClock, peer: str) -> None:
    """Whatever it listens on, and whoever sends what comes in there on to it."""
    doorkeeper, rules = Doorkeeper(clock, str, say_nothing), Rules.of(ConsoleSettings())
    scope: dict[str, object] = {"method": "GET", "path": "/", "headers": []}
    assert isinstance(doorkeeper.who(Visit.of(scope | {"client": (peer, 1)}), rules), Refusal)
    for near in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert doorkeeper.who(Visit.of(scope | {"client": (near, 1)}), rules) == ANYBODY


@pytest.mark.parametrize(
    "address", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "/a\nb", "/ä"]
)
def test_d19_a_login_leads_nowhere_else(address: str) -> None:
    assert own_address(address) == "/"
    assert own_address("/job?id=7&target=research") == "/job?id=7&target=research"


def test_a_token_is_found_whole_or_not_at_all() -> None:
    tokens = Tokens((ALICE, BOB))
    assert (tokens.find("token-of-alice"), tokens.find("token-of-bob")) == (ALICE, BOB)
    wrong = ("", "token-of-", "token-of-alice ", "TOKEN-OF-ALICE", "token-of-carol", ALICE.sha256, "\ud800", "a" * (LONGEST + 1))
    assert [tokens.find(each) for each in wrong] == [None] * len(wrong)
    assert not Tokens(())


@pytest.mark.parametrize("place", [0, 31, 63])
def test_every_digit_of_the_hash_counts(place: int) -> None:
    digest = ALICE.sha256
    other = digest[:place] + ("0" if digest[place] != "0" else "1") + digest[place + 1 :]
    assert Tokens((ConsoleToken(name="alice", sha256=other),)).find("token-of-alice") is None


def test_a_token_that_is_made_is_good() -> None:
    token = make_token("x" * 43)
    made = ConsoleToken(name="carol", sha256=digest_of(token))
    assert Tokens((made,)).find(token) == made


def test_who_fails_often_waits_and_others_do_not(clock: FakeClock) -> None:
    attempts = Attempts(clock)
    for _ in range(BURST):
        assert attempts.wait_s(PEER) == 0
        attempts.failed(PEER)
    assert attempts.wait_s(PEER) == EVERY_S
    assert attempts.wait_s(ip_address("192.0.2.2")) == 0
    clock.advance(EVERY_S)
    assert attempts.wait_s(PEER) == 0
    attempts.failed(PEER)
    assert attempts.wait_s(PEER) == EVERY_S


def test_one_machine_is_one_whatever_its_addresses(clock: FakeClock) -> None:
    attempts = Attempts(clock)
    for number in range(BURST):
        attempts.failed(ip_address(f"2001:db8::{number}"))
    assert attempts.wait_s(ip_address("2001:db8::ffff")) > 0
    assert attempts.wait_s(ip_address("2001:db8:0:1::1")) == 0


def test_many_that_fail_together_wait_together_and_take_no_memory(clock: FakeClock) -> None:
    attempts = Attempts(clock)
    for number in range(BURST_OF_ALL):
        assert attempts.wait_s(ip_address(number)) == 0
        attempts.failed(ip_address(number))
    assert attempts.wait_s(PEER) > 0
    for number in range(2 * MOST_PEERS):
        attempts.failed(ip_address(number))
    assert len(attempts._until) <= MOST_PEERS + 1
    assert attempts.wait_s(PEER) > BURST_OF_ALL


def test_a_session_ends_and_there_are_never_too_many(clock: FakeClock) -> None:
    numbers = count()
    sessions = Sessions(clock, lambda: f"id-{next(numbers)}")
    first = sessions.open(ALICE)
    clock.advance(LASTS_S - 1)
    assert sessions.find(first) is not None
    clock.advance(1)
    assert sessions.find(first) is None
    ids = [sessions.open(BOB) for _ in range(MOST_SESSIONS + 1)]
    assert sessions.find(ids[0]) is None
    assert sessions.find(ids[-1]) is not None
    sessions.end(ids[-1])
    assert sessions.find(ids[-1]) is None
    known = str(sessions._known)
    assert not any(each in known for each in ids[-20:]), "an id itself is kept"
