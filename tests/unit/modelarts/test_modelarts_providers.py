"""The metadata service of a cloud server, profiles, and keyrings that several targets share (A20, A22, D1, D16)."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from unit.modelarts.modelarts_stage import KEY, NOW, PROJECT, READ, Act, Stage, answer, fault, ok
from unit.modelarts.test_modelarts_credentials import BAD_SIGNATURE, shown
from unit.modelarts.test_modelarts_keyring import EXPIRED, WRONG_PASSWORD, token, used_key

from janitor.modelarts import (
    AccessKey,
    AuthFailed,
    EcsAgency,
    Endpoint,
    GivenKey,
    Identity,
    KeyPart,
    Keyring,
    Keyrings,
    KeyScope,
    MetadataService,
    ModelArtsError,
    PasswordLogin,
    Profile,
    ProtocolError,
    Provider,
    RereadKey,
    Token,
    Transport,
    Unavailable,
    WrongProject,
)
from janitor.modelarts.gate import LOCKED_FOR_S
from janitor.modelarts.known_secrets import MOST_OUTDATED
from janitor.modelarts.providers import read_profile

METADATA_TOKEN = "token-of-the-metadata-service"
TOKEN_ANSWER = answer(200, body=METADATA_TOKEN.encode(), headers={"Content-Type": "text/plain"})
AK = "TMPAK{0}"
NO_AGENCY = answer(401, body=b"Please configure Cloud Service Agency first", headers={"Content-Type": "text/html"})


def temporary(number: int, minutes: float = 60, **headers: str) -> Act:
    """The answer that gives a temporary key, as text, however it is declared."""
    key = {"access": AK.format(number), "secret": f"secret-{number}", "securitytoken": f"temporary-token-{number}"}
    document = {"credential": key | {"expires_at": f"{NOW + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S.000000Z}"}}
    return answer(200, body=json.dumps(document).encode(), headers=headers or {"Content-Type": "text/plain"})


class Server:
    """A cloud server with an agency: its metadata service, and the platform that its keys are for."""

    def __init__(self, stage: Stage, metadata: list[Act], acts: list[Act]) -> None:
        self.metadata, self.platform = stage.serve(*metadata), stage.serve(*acts)
        self.keyring = Keyring(EcsAgency(MetadataService(url=self.metadata.url)), stage.clock)
        self.transport = stage.transport(self.platform, self.keyring)

    def keys(self) -> list[str]:
        return [used_key(request.headers["authorization"]) for request in self.platform.received]


def test_a21_a_cloud_server_asks_with_a_token_and_signs_with_the_temporary_key(stage: Stage) -> None:
    server = Server(stage, [TOKEN_ANSWER, temporary(1)], [ok()])
    server.transport.send(READ)
    put, get = server.metadata.received
    assert (put.line, put.headers["x-metadata-token-ttl-seconds"]) == ("PUT /meta-data/latest/api/token HTTP/1.1", "21600")
    assert (get.line, get.headers["x-metadata-token"]) == ("GET /openstack/latest/securitykey HTTP/1.1", METADATA_TOKEN)
    assert "authorization" not in {*put.headers, *get.headers}
    assert server.platform.received[0].headers["x-security-token"] == "temporary-token-1"
    assert server.keyring.state().expires_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("status", [404, 405, 503])
def test_a_metadata_service_without_tokens_is_asked_without_one(stage: Stage, status: int) -> None:
    refusals = [answer(status, body=b"no such thing")] * (2 if status == 503 else 1)
    server = Server(stage, [*refusals, temporary(1)], [ok()])
    server.transport.send(READ)
    assert "x-metadata-token" not in server.metadata.received[-1].headers


def test_a22_a_refused_metadata_token_is_asked_for_anew_once(stage: Stage) -> None:
    refused = answer(401, body=b"token expired")
    server = Server(stage, [TOKEN_ANSWER, refused, TOKEN_ANSWER, temporary(1)], [ok()])
    server.transport.send(READ)
    hopeless = Server(stage, [TOKEN_ANSWER, refused, TOKEN_ANSWER, refused, TOKEN_ANSWER, temporary(1)], [ok()])
    for _ in range(2):
        with pytest.raises(AuthFailed):
            hopeless.transport.send(READ)
    assert len(hopeless.metadata.received) == 4


def test_a_machine_without_an_agency_says_so_and_is_asked_once(stage: Stage) -> None:
    server = Server(stage, [TOKEN_ANSWER, NO_AGENCY, TOKEN_ANSWER, temporary(1)], [ok()])
    with pytest.raises(AuthFailed, match=r"logging in \(ecs agency\) failed: .*Please configure Cloud Service Agency first"):
        server.transport.send(READ)
    assert (len(server.metadata.received), server.platform.received) == (2, [])


@pytest.mark.parametrize("body", [b"{}", b'{"credential": {"access": "a"}}', b"<html>", b'{"credential": 1}'])
def test_an_answer_of_the_metadata_service_that_is_not_understood_is_no_key(stage: Stage, body: bytes) -> None:
    server = Server(stage, [TOKEN_ANSWER, answer(200, body=body)], [ok()])
    with pytest.raises(ModelArtsError, match="holds no key"):
        server.transport.send(READ)
    assert server.platform.received == []


@pytest.mark.parametrize("body", [b"<html>\n<body>please log in", "tok\u2028en".encode(), b"two words"])
def test_a_metadata_token_that_is_none_is_not_sent_back(stage: Stage, body: bytes) -> None:
    server = Server(stage, [answer(200, body=body, headers={"Content-Type": "text/html"}), temporary(1)], [ok()])
    with pytest.raises(ProtocolError, match="request for a token is none"):
        server.transport.send(READ)
    assert (len(server.metadata.received), server.platform.received) == (1, [])


def test_a21_the_same_key_again_before_its_end_is_no_refusal(stage: Stage) -> None:
    server = Server(stage, [TOKEN_ANSWER, temporary(1), TOKEN_ANSWER, temporary(1), TOKEN_ANSWER, temporary(2, 120)], [ok()] * 4)
    server.transport.send(READ)
    stage.clock.advance(51 * 60)
    for _ in range(2):
        server.transport.send(READ)
    assert len(server.metadata.received) == 4
    stage.clock.advance(61)
    server.transport.send(READ)
    assert server.keys() == [AK.format(1)] * 3 + [AK.format(2)]


def test_a22_an_agency_key_that_is_revoked_too_ends_it(stage: Stage) -> None:
    server = Server(stage, [TOKEN_ANSWER, temporary(1), TOKEN_ANSWER, temporary(2)], [ok(), BAD_SIGNATURE, BAD_SIGNATURE, ok()])
    server.transport.send(READ)
    for _ in range(2):
        with pytest.raises(AuthFailed):
            server.transport.send(READ)
    assert server.keys() == [AK.format(1), AK.format(1), AK.format(2)]


def test_d15_plain_http_goes_to_the_fixed_link_local_address_and_to_this_machine_only() -> None:
    assert EcsAgency().service.url == MetadataService().url == "http://169.254.169.254"
    assert (EcsAgency().service.proxy, EcsAgency().service.ca_file) == (None, None)
    for url in ("http://169.254.169.253", "http://169.254.169.254.example.com", "http://metadata.example.com"):
        with pytest.raises(ValueError, match="must use https"):
            MetadataService(url=url)
    with pytest.raises(ValueError, match="must use https"):
        Endpoint(url="http://169.254.169.254")


def test_d16_of_a_profile_only_its_key_is_used(stage: Stage, tmp_path: Path) -> None:
    server, elsewhere, path = stage.serve(ok(), BAD_SIGNATURE, ok()), stage.serve(), tmp_path / "credentials"
    more = f"iam_endpoint = {elsewhere.url}\nproject_id = another\nidp_id = x\nid_token_file = /etc/hostname\n"
    path.write_text(f"[basic]\nak = AK1\nsk = SK1\n{more}")
    transport = stage.transport(server, Keyring(Profile("basic", path), stage.clock))
    transport.send(READ)
    path.write_text(f"[basic]\nak = AK2\nsk = SK2\nsecurity_token = token-2\n{more}")
    transport.send(READ)
    assert [used_key(request.headers["authorization"]) for request in server.received] == ["AK1", "AK1", "AK2"]
    assert server.received[-1].headers["x-security-token"] == "token-2"
    assert elsewhere.received == []


@pytest.mark.parametrize(
    "content", [None, "", "[other]\nak=canary\nsk=canary", "[basic]\nak=canary", "[basic]\nak=a b\nsk=canary"]
)
def test_d1_a_profile_without_a_key_is_an_error_that_shows_nothing_of_it(
    stage: Stage, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "credentials"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Unavailable, match="profile basic of ") as caught:
        stage.transport(stage.serve(), Keyring(Profile("basic", path), stage.clock)).send(READ)
    assert "canary" not in shown(caught.value).replace(str(tmp_path), "")


def test_d1_no_provider_token_or_keyring_shows_a_secret() -> None:
    iam = Endpoint(url="https://iam.example.com")
    user = PasswordLogin(iam=iam, domain="ACME", user="ann", password="canary", project_id="p")
    part = KeyPart(value="canary")
    things: list[object] = [
        user,
        user.who,
        RereadKey(access_key=part, secret_key=part, security_token=part),
        Profile("basic", Path("x"), AccessKey("canary", "canary", "canary")),
        GivenKey(AccessKey("canary", "canary")),
        Token(value="canary", project_id="p", project_name="n", domain_id="d", user="u"),
    ]
    keyrings = Keyrings()
    keyrings.known.obtain("canary")
    things += [keyrings.known.values(), vars(keyrings.known)]
    assert [thing for thing in things if "canary" in f"{thing!r} {thing!s} {[thing]}"] == []
    assert keyrings.secrets() == ("canary",)


def test_d1_what_the_login_echoes_is_cleaned_of_the_password_and_of_every_token_so_far(stage: Stage) -> None:
    echo = answer(401, {"error": {"message": "you sent hunter2-secret and had token-one-0123456789", "code": 401}})
    iam = stage.serve(token("token-one-0123456789"), echo)
    user = PasswordLogin(iam=Endpoint(url=iam.url), domain="A", user="u", password="hunter2-secret", project_id=PROJECT)
    transport = stage.transport(stage.serve(ok(), EXPIRED), Keyring(user, stage.clock))
    transport.send(READ)
    with pytest.raises(AuthFailed, match="you sent") as caught:
        transport.send(READ)
    assert "hunter2-secret" not in shown(caught.value)
    assert "token-one" not in shown(caught.value)


class Fleet:
    """Targets of one process, each with transports of its own in each sweep."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.keyrings = stage, Keyrings()

    def transport(self, provider: Provider, platform: str, scope: KeyScope | None = None) -> Transport:
        return self.stage.transport(platform, self.keyrings.keyring_of(provider, self.stage.clock, scope))


def test_d1_a_token_that_is_of_no_use_is_a_secret_all_the_same(stage: Stage) -> None:
    """Nothing is sent with it; whoever handed it out may repeat it in whatever he says next."""
    iam, platform, fleet = stage.serve(token("token-one-0123456789")), stage.serve(), Fleet(stage)
    user = PasswordLogin(iam=Endpoint(url=iam.url), domain="A", user="u", password="hunter2-secret", project_id=PROJECT)
    with pytest.raises(WrongProject):
        fleet.transport(user, platform.url, KeyScope(project_id="another", iam=user.iam)).send(READ)
    assert (len(iam.received), platform.received) == (1, [])
    assert set(fleet.keyrings.secrets()) == {"hunter2-secret", "token-one-0123456789"}


def test_d1_logins_that_no_settings_have_any_more_are_dropped_but_no_refusal_while_a_key_may_be_locked(stage: Stage) -> None:
    fleet, keys = Fleet(stage), [GivenKey(AccessKey(f"AK{number}", f"secret-of-{number}")) for number in range(40)]
    still_used = fleet.keyrings.keyring_of(keys[0], stage.clock)
    for key in keys[1:]:
        fleet.keyrings.keep([key])
        fleet.keyrings.keyring_of(key, stage.clock)
    known = set(fleet.keyrings.secrets())
    assert {*keys[0].secrets(), *keys[38].secrets(), *keys[39].secrets()} <= known
    assert len(known) <= MOST_OUTDATED + 4
    assert fleet.keyrings.keyring_of(keys[39], stage.clock).gate is fleet.keyrings.keyring_of(keys[39], stage.clock).gate
    assert fleet.keyrings.keyring_of(keys[0], stage.clock).gate is still_used.gate, "no second gate for a key in use"
    still_used = fleet.keyrings.keyring_of(keys[1], stage.clock)
    still_used.gate.shut(AuthFailed("refused"))
    fleet.keyrings.keep([])
    assert fleet.keyrings.keyring_of(keys[1], stage.clock).gate is still_used.gate
    fleet.keyrings.keep([])
    stage.clock.advance(LOCKED_FOR_S + 1)
    assert fleet.keyrings.keyring_of(keys[1], stage.clock).gate is not still_used.gate


def test_d1_what_a_target_has_logged_in_with_is_known_however_many_others_have_since(stage: Stage, tmp_path: Path) -> None:
    fleet, names = Fleet(stage), [f"secret-of-target-{number}" for number in range(MOST_OUTDATED + 2)]
    for name in names:
        (tmp_path / name).write_text(name)
        secret = KeyPart(value="the-one-before", path=tmp_path / name)
        fleet.transport(RereadKey(access_key=KeyPart(value="AK"), secret_key=secret), "http://127.0.0.1:9").log_in()
    assert set(names) <= set(fleet.keyrings.secrets())


def test_a21_targets_that_log_in_alike_share_one_token_and_renew_it_once(stage: Stage) -> None:
    iam, platform = stage.serve(token("one"), token("two")), stage.serve(ok(), ok(), EXPIRED, ok(), ok())
    fleet, logins = Fleet(stage), {"iam": Endpoint(url=iam.url), "domain": "A", "user": "u", "password": "p"}
    sent = []
    for _ in range(2):
        for _ in range(2):
            fleet.transport(PasswordLogin(**logins, project_id=PROJECT), platform.url).send(READ)  # type: ignore[arg-type]
    sent = [request.headers["x-auth-token"] for request in platform.received]
    assert sent == ["one", "one", "one", "two", "two"]
    assert len(iam.received) == 2


def test_a22_a_wrong_password_is_tried_once_for_all_projects_of_a_user(stage: Stage) -> None:
    iam, platform, fleet = stage.serve(WRONG_PASSWORD, token("one")), stage.serve(ok()), Fleet(stage)
    user = {"iam": Endpoint(url=iam.url), "domain": "A", "user": "u", "password": "p"}
    for project in (PROJECT, "another", "and-another"):
        with pytest.raises(AuthFailed):
            fleet.transport(PasswordLogin(**user, project_id=project), platform.url).send(READ)  # type: ignore[arg-type]
    assert (len(iam.received), platform.received) == (1, [])
    stage.clock.advance(301)
    fleet.transport(PasswordLogin(**user, project_id=PROJECT), platform.url).send(READ)  # type: ignore[arg-type]


def projects(*ids: str, domain: str = "d1") -> Act:
    """The answer to a look-up of projects."""
    return answer(200, {"projects": [{"id": each, "name": each, "domain_id": domain} for each in ids], "links": {}})


def test_a20_each_target_checks_a_shared_renewed_key_for_itself(stage: Stage, tmp_path: Path) -> None:
    """The project of one target is not that of the other; only the one whose project is missing stops."""
    for name in ("ak", "sk"):
        (tmp_path / name).write_text(f"{name}-1")
    parts = {name: KeyPart(value=f"{name}-1", path=tmp_path / name) for name in ("ak", "sk")}
    provider = RereadKey(access_key=parts["ak"], secret_key=parts["sk"])
    iam, platform, fleet = (
        stage.serve(projects("p1"), projects("p1")),
        stage.serve(*[ok()] * 2, BAD_SIGNATURE, *[ok()] * 9),
        Fleet(stage),
    )
    one, two = (
        fleet.transport(provider, platform.url, KeyScope(project_id=each, iam=Endpoint(url=iam.url))) for each in ("p1", "p2")
    )
    one.send(READ)
    two.send(READ)
    assert iam.received == [], "the first key is the one that was given"
    for name in ("ak", "sk"):
        (tmp_path / name).write_text(f"{name}-2")
    one.send(READ)
    for _ in range(2):
        with pytest.raises(WrongProject, match="p2"):
            two.send(READ)
    one.send(READ)
    assert [used_key(request.headers["authorization"]) for request in iam.received] == ["ak-2", "ak-2"]
    assert len(platform.received) == 5


def test_a20_a_key_about_which_nobody_can_be_asked_is_not_used_until_somebody_can(stage: Stage) -> None:
    iam = stage.serve(*[fault(503, "APIG.0613")] * 4, projects("p1"))
    platform, metadata = stage.serve(ok()), stage.serve(TOKEN_ANSWER, temporary(1), TOKEN_ANSWER, temporary(1))
    check = Identity("p1", "p1", Endpoint(url=iam.url))
    keyring = Keyring(EcsAgency(MetadataService(url=metadata.url)), stage.clock, check)
    transport = stage.transport(platform, keyring)
    for _ in range(2):
        with pytest.raises(Unavailable):
            transport.send(READ)
    assert (platform.received, len(iam.received)) == ([], 4), "not asked again at once"
    stage.clock.advance(61)
    transport.send(READ)
    assert len(platform.received) == 1


def test_a20_while_nobody_can_be_asked_about_the_next_key_the_present_one_serves_on(stage: Stage) -> None:
    iam = stage.serve(projects("p1"), fault(503, "APIG.0613"), projects("p1"))
    platform = stage.serve(*[ok()] * 4)
    metadata = stage.serve(*[TOKEN_ANSWER, temporary(1)], *[TOKEN_ANSWER, temporary(2, 120)] * 2)
    check = Identity("p1", "p1", Endpoint(url=iam.url))
    transport = stage.transport(platform, Keyring(EcsAgency(MetadataService(url=metadata.url)), stage.clock, check))
    for seconds in (0, 51 * 60, 1, 61):
        stage.clock.advance(seconds)
        transport.send(READ)
    assert [used_key(each.headers["authorization"]) for each in platform.received] == [AK.format(1)] * 3 + [AK.format(2)]
    assert len(iam.received) == 3


def key_files(folder: Path, number: int) -> RereadKey:
    """Write the key of this number; the provider is one that first read it."""
    parts = {}
    for name in ("ak", "sk"):
        (folder / name).write_text(f"{name}-{number}")
        parts[name] = KeyPart(value=f"{name}-{number}", path=folder / name)
    return RereadKey(access_key=parts["ak"], secret_key=parts["sk"])


@pytest.mark.parametrize(("act", "asked"), [(fault(503, "APIG.0613"), 4), (answer(403, {"error": {"code": 403}}), 1)])
def test_a20_of_a_key_that_another_target_renewed_nobody_is_asked_again_at_once(
    stage: Stage, tmp_path: Path, act: Act, asked: int
) -> None:
    """The one target goes on, the other sends nothing, and the identity service has its peace."""
    provider, fleet = key_files(tmp_path, 1), Fleet(stage)
    iam, platform = stage.serve(projects("p1"), *[act] * 20), stage.serve(ok(), BAD_SIGNATURE, *[ok()] * 9)
    one, same, other = (
        fleet.transport(provider, platform.url, KeyScope(project_id=each, iam=Endpoint(url=iam.url)))
        for each in ("p1", "p1", "p2")
    )
    one.send(READ)
    key_files(tmp_path, 2)
    for transport in (one, same):
        transport.send(READ)
    assert len(iam.received) == 1, "once for all keyrings of a scope"
    for _ in range(6):
        with pytest.raises(ModelArtsError):
            other.send(READ)
    assert len(iam.received) == 1 + asked
    one.send(READ)
    assert len(platform.received) == 5


def test_a20_a_refused_question_about_a_key_ends_only_who_asked_it(stage: Stage, tmp_path: Path) -> None:
    denied = answer(403, {"error": {"code": 403, "message": "not yours", "title": "Forbidden"}})
    iam, platform = stage.serve(projects("p1"), *[denied] * 9), stage.serve(ok(), BAD_SIGNATURE, *[ok()] * 9)
    provider, fleet = key_files(tmp_path, 1), Fleet(stage)
    one, other = (
        fleet.transport(provider, platform.url, KeyScope(project_id=each, iam=Endpoint(url=iam.url))) for each in ("p1", "p2")
    )
    one.send(READ)
    key_files(tmp_path, 2)
    one.send(READ)
    with pytest.raises(AuthFailed, match="not yours"):
        other.send(READ)
    stage.clock.advance(61)
    with pytest.raises(AuthFailed, match="not sent"):
        other.send(READ)
    one.send(READ)
    assert (len(iam.received), len(platform.received)) == (2, 4)


def test_a20_while_nobody_says_whose_a_replaced_key_is_nothing_is_sent_and_nobody_asked_again(
    stage: Stage, tmp_path: Path
) -> None:
    iam, platform = stage.serve(*[fault(503, "APIG.0613")] * 99), stage.serve(ok(), BAD_SIGNATURE, *[ok()] * 9)
    check = Identity("p1", "p1", Endpoint(url=iam.url))
    transport = stage.transport(platform, Keyring(key_files(tmp_path, 1), stage.clock, check))
    transport.send(READ)
    key_files(tmp_path, 2)
    ends = list[type[ModelArtsError]]()
    for _ in range(3):
        with pytest.raises(ModelArtsError) as caught:
            transport.send(READ)
        ends.append(type(caught.value))
    assert (ends, len(iam.received), len(platform.received)) == ([Unavailable] * 3, 4, 2)


def test_a20_a_key_that_moved_to_another_domain_is_not_used(stage: Stage) -> None:
    iam = stage.serve(projects("p1"), projects("p1", domain="d2"))
    check = Identity("p1", None, Endpoint(url=iam.url))
    transport = stage.transport(stage.serve())
    check(KEY, transport.connect)
    with pytest.raises(WrongProject, match="another domain"):
        check(KEY, transport.connect)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.write_text("[basic]\n" + "#" * 65536)])
def test_d1_a_key_is_read_from_a_regular_file_of_at_most_64_kib(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "odd"
    make(path)
    for read in (partial(read_profile, path, "basic"), KeyPart(value="", path=path).read):
        with pytest.raises(ValueError, match=r"it is no regular file|it is larger than 64 KiB"):
            read()
