"""The section of the console: every mistake at its place, and no way to be reached with nobody asked who they are (D19)."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from builders import NOW
from settings_sample import GOOD, load, problems

from janitor.core.listening import Address
from janitor.render_settings import settings_document
from janitor.settings.model import ConsoleSettings, ConsoleToken
from janitor.settings.review import review_settings

DIGEST = "ab" * 32
TOKEN = f"tokens: [{{name: alice, sha256: {DIGEST}}}]"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
LINE = GOOD.count("\n") + 1


def test_what_is_left_out_is_this_machine_alone(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).console is None
    console = load(tmp_path, GOOD + "console: {listen: 127.0.0.1:9465}\n").console
    assert console == ConsoleSettings()
    assert (console.is_open, str(console.listen)) == (True, "127.0.0.1:9465")


def test_everything_is_understood(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        f"{GOOD}console:\n  listen: '[::]:80'\n  hosts: [a.example]\n  {TOKEN}\n"
        "  proxy: {addresses: [10.0.0.0/8], header: X-User}\n",
    )
    console = settings.console
    assert console is not None
    assert console.proxy is not None
    assert (console.listen, console.hosts) == (Address(host="::", port=80), ("a.example",))
    assert (console.tokens, console.is_open) == ((ConsoleToken(name="alice", sha256=DIGEST),), False)
    assert (console.proxy.addresses, console.proxy.header) == ((ip_network("10.0.0.0/8"),), "X-User")
    document = settings_document(settings, NOW, {})
    assert (document["console"]["listen"], document["console"]["tokens"]) == ("[::]:80", ["alice"])
    assert DIGEST not in str(document)


@pytest.mark.parametrize("listen", ["192.0.2.1:9465", "'[::]:9465'", "janitor.example.org:80", "127.0.0.1.example.org:80"])
def test_d19_a_console_that_others_reach_asks_who_they_are(tmp_path: Path, listen: str) -> None:
    (said,) = problems(tmp_path, f"{GOOD}console:\n  listen: {listen}\n")
    assert said.startswith(f"janitor.yaml:{LINE + 1}:11: console.listen: is reached from other machines")
    assert "janitor console --new-token NAME" in said
    assert load(tmp_path, f"{GOOD}console:\n  listen: {listen}\n  {TOKEN}\n").console is not None


def test_d19_names_for_others_ask_who_they_are(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, f"{GOOD}console: {{hosts: [janitor.example.org]}}\n")
    assert said.startswith(f"janitor.yaml:{LINE}:")
    assert "console.hosts: name other machines' way" in said


@pytest.mark.some(8)
@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("{listen: 9465}", "must be HOST:PORT"),
        ("{listen: localhost}", "is no address to listen on"),
        (f"{{hosts: [https://a.example], {TOKEN}}}", "without scheme and port"),
        (f"{{hosts: ['*.example'], {TOKEN}}}", "must be the name of a host"),
        ("{tokens: [{name: alice}]}", "tokens[0].sha256: is required"),
        ("{tokens: [{name: alice, sha256: my-token-itself}]}", "the token itself never stands here"),
        (f"{{tokens: [{{name: alice, sha256: {DIGEST.upper()}}}]}}", "must be the SHA-256 of a token"),
        (f"{{tokens: [{{name: alice, sha256: {EMPTY}}}]}}", "is the hash of an empty token"),
        (f"{{tokens: [{{name: a b, sha256: {DIGEST}}}]}}", "must be 1 to 63 of letters"),
        (f"{{tokens: [{{name: alice, sha256: {DIGEST}}}, {{name: alice, sha256: {'cd' * 32}}}]}}", "is that of an earlier one"),
        (f"{{tokens: [{{name: alice, sha256: {DIGEST}}}, {{name: bob, sha256: {DIGEST}}}]}}", "is that of an earlier one"),
        ("{proxy: {addresses: [10.0.0.1/8], header: X-User}}", "with no bit set behind it"),
        ("{proxy: {addresses: [10.0.0.0/255.0.0.0], header: X-User}}", "in CIDR form"),
        ("{proxy: {addresses: [0.0.0.0/0], header: X-User}}", "is wider than /8, so nearly anybody would be believed"),
        ("{proxy: {addresses: [128.0.0.0/7], header: X-User}}", "is wider than /8"),
        ("{proxy: {addresses: ['::/0'], header: X-User}}", "is wider than /32, so nearly anybody would be believed"),
        ("{proxy: {addresses: ['2001:db8::/31'], header: X-User}}", "is wider than /32"),
        ("{proxy: {addresses: [10.0.0.0/8], header: Host}}", "must be a header that only your proxy sets"),
        ("{proxy: {header: X-User}}", "addresses: is required"),
        ("{lisen: 127.0.0.1:1}", 'did you mean "listen"?'),
    ],
)
def test_every_mistake_is_said_at_its_place(tmp_path: Path, section: str, text: str) -> None:
    (said,) = problems(tmp_path, f"{GOOD}console: {section}\n")
    assert said.startswith(f"janitor.yaml:{LINE}:")
    assert text in said
    assert "my-token-itself" not in said


@pytest.mark.parametrize("network", ["10.0.0.0/8", "10.1.2.0/23", "2001:db8::/32", "fd00::/63"])
def test_a_proxy_that_could_be_one_of_many_draws_a_warning(tmp_path: Path, network: str) -> None:
    (told,) = warnings_of(tmp_path, network)
    assert told.startswith(f"console.proxy believes every machine in {network} ")


@pytest.mark.parametrize("network", ["10.1.2.0/24", "10.1.2.3", "fd00::/64", "fd00::7"])
def test_a_proxy_with_a_small_network_of_its_own_draws_none(tmp_path: Path, network: str) -> None:
    assert warnings_of(tmp_path, network) == []


def warnings_of(folder: Path, network: str) -> list[str]:
    settings = load(folder, f"{GOOD}console: {{proxy: {{addresses: ['{network}'], header: X-User}}}}\n")
    return [each.text for each in review_settings(settings, NOW) if each.code == "proxy_network_wide"]
