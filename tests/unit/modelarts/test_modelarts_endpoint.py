"""Where requests may go: never in the clear, past a bad certificate, or where the environment says (faults D11 to D15)."""

import re
import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
import trustme
from tls import TlsServer, carry, tls_server
from unit.modelarts.modelarts_stage import DELETE, JOB_ID, KEY, PROJECT, READ, Act, Stage, answer, ok

from janitor import modelarts
from janitor.modelarts import Call, CertificateRefused, Endpoint, RouteKind, TrainingJobsV2, Unsendable


@pytest.mark.parametrize(
    "url",
    [
        "http://modelarts.example.com",
        "http://10.0.0.1",
        "http://169.254.169.254",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://0.0.0.0",
        "http://[2001:db8::1]",
        "http://2130706433",
    ],
)
def test_d15_plain_http_is_for_loopback_only(url: str) -> None:
    with pytest.raises(ValueError, match="must use https"):
        Endpoint(url=url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://127.8.9.1", "http://[::1]:80", "http://localhost:9", "https://a.example"]
)
def test_d15_https_and_loopback_are_accepted(url: str) -> None:
    assert Endpoint(url=f"{url}/").url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "modelarts.example.com",
        "ftp://a.example",
        "https://",
        "https://a.example:port",
        "https://user:secret@a.example",
        "https://a.example/v2",
        "https://a.example?x=1",
        "https://a.example#x",
        "https://a.example\\@b.example",
        "https://a b.example",
        "https://exämple.com",
        "https://[::1",
    ],
)
def test_an_endpoint_is_a_scheme_and_a_host_and_nothing_else(url: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the messages differ, the refusal is the rule
        Endpoint(url=url)
    assert "secret" not in str(caught.value)


def test_a_proxy_never_sees_plain_http_and_never_shows_its_password() -> None:
    with pytest.raises(ValueError, match="use https"):
        Endpoint(url="http://127.0.0.1", proxy="http://proxy.example")
    with pytest.raises(ValueError, match="proxy is not a URL"):
        Endpoint(url="https://a.example", proxy="proxy.example:3128")
    assert "hunter2" not in repr(Endpoint(url="https://a.example", proxy="http://me:hunter2@proxy.example:3128"))


def test_d15_an_unknown_certificate_is_refused_and_nothing_is_sent(stage: Stage) -> None:
    server = tls_server(stage, trustme.CA(), "127.0.0.1")
    for call in (READ, DELETE):
        with pytest.raises(CertificateRefused, match="certificate") as caught:
            stage.transport(server).send(call)
        assert caught.value.attempts == 0
    assert server.received == []


def test_d15_a_certificate_for_another_name_is_refused(stage: Stage, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server = tls_server(stage, authority, "other.example")
    with pytest.raises(CertificateRefused, match="certificate"):
        stage.transport_to(Endpoint(url=server.url, ca_file=str(tmp_path / "ca.pem"))).send(READ)
    assert server.received == []


def test_d15_a_ca_file_makes_its_certificates_good(stage: Stage, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server = tls_server(stage, authority, "127.0.0.1")
    transport = stage.transport_to(Endpoint(url=server.url, ca_file=str(tmp_path / "ca.pem")))
    assert transport.send(READ).status == 200


def relay_to(server: TlsServer) -> Act:
    """What a proxy does after CONNECT: carry bytes both ways."""

    def act(connection: socket.socket) -> bool:
        with socket.create_connection(("127.0.0.1", server.port)) as upstream:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = Thread(target=carry, args=(upstream, connection), daemon=True)
            back.start()
            carry(connection, upstream)
            back.join(5)
        return False

    return act


def test_a_configured_proxy_is_used_and_sees_only_the_tunnel(stage: Stage, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server = tls_server(stage, authority, "modelarts.example.com")
    proxy = stage.serve(relay_to(server))
    endpoint = Endpoint(url="https://modelarts.example.com", ca_file=str(tmp_path / "ca.pem"), proxy=proxy.url)
    transport = stage.transport_to(endpoint)
    assert transport.send(READ).status == 200
    assert transport.send(READ).status == 200
    assert [line.rpartition(" ")[0] for line in proxy.lines] == ["CONNECT modelarts.example.com:443"]
    assert all("authorization" not in request.headers for request in proxy.received)
    assert len(server.received) == 2
    transport.close()


def test_d15_no_source_line_turns_certificate_checks_off() -> None:
    sources = Path(modelarts.__file__).parent.glob("*.py")
    switched_off = re.compile(r"verify\s*=\s*False|CERT_NONE|check_hostname|_create_unverified")
    assert not [path.name for path in sources if switched_off.search(path.read_text())]


def test_d14_a_hostile_environment_changes_neither_route_nor_credentials(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink, server = stage.serve(answer(200, {})), stage.serve(ok())
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password mallory\n")
    netrc.chmod(0o600)
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, sink.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(netrc))
    assert stage.transport(server).send(READ).status == 200
    assert server.received[0].headers["authorization"].startswith(f"SDK-HMAC-SHA256 Access={KEY.access_key}")
    assert sink.received == []


def test_d14_a_hostile_environment_adds_no_certificate_authority(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "ca.pem"))
    server = tls_server(stage, authority, "127.0.0.1")
    with pytest.raises(CertificateRefused, match="certificate"):
        stage.transport(server).send(READ)


@pytest.mark.parametrize(
    "path",
    [f"/v2/{PROJECT}/training-jobs/../training-jobs/{JOB_ID}", "/v2/a b", "/v2/ä", "/v2/%2e%2e/x", "/v2/x/./y"],
)
def test_d11_a_path_that_the_http_library_would_rewrite_is_refused_before_sending(stage: Stage, path: str) -> None:
    server = stage.serve(ok())
    with pytest.raises(Unsendable, match=r"another URL|signed differently"):
        stage.transport(server).send(Call(kind=RouteKind.OTHER, method="DELETE", path=path, mutates=True))
    assert server.received == []


@pytest.mark.parametrize("value", ["secret\nX-Other: 1", " secret", "secr\u2028et", "secr\xe9t"])
def test_d1_a_header_that_http_cannot_carry_is_refused_before_sending_and_not_shown(stage: Stage, value: str) -> None:
    server = stage.serve(ok())
    call = Call(kind=RouteKind.OTHER, method="DELETE", path="/v2/x", mutates=True, headers=(("X-Odd", value),))
    with pytest.raises(Unsendable, match=r"DELETE /v2/x not sent: it cannot be written as a request \(\w+\)$") as caught:
        stage.transport(server).send(call)
    assert (caught.value.attempts, caught.value.__cause__, server.received) == (0, None, [])


@pytest.mark.parametrize(
    "job_id",
    [
        "",
        "155500",
        "..",
        f"../{JOB_ID}",
        f"{JOB_ID}/",
        f"{JOB_ID}?x=1",
        f"{JOB_ID}#x",
        f"{JOB_ID}\n",
        f" {JOB_ID}",
        JOB_ID.replace("-", ""),
        JOB_ID[:-1] + "g",
        JOB_ID[:-1] + "٣",
        JOB_ID.replace("7d9e2c14", "%2e%2e%2"),
        f"{{{JOB_ID}}}",
        "batch-delete",
        "7d9e2c145-b30-4f6a-8c1e-90ab12cd34ef",
    ],
)
def test_d11_s26_only_a_uuid_makes_a_path(stage: Stage, job_id: str) -> None:
    server = stage.serve(answer(202, ""), ok())
    client = TrainingJobsV2(stage.transport(server), PROJECT)
    for act in (client.delete_job, client.get_job):
        with pytest.raises(ValueError, match="not the id of a v2 training job"):
            act(job_id)
    assert server.received == []


@pytest.mark.parametrize("project_id", ["", "a/b", "..", "a" * 65, "a b", "ä", "a\n"])
def test_d11_a_project_id_is_checked_before_it_makes_a_path(stage: Stage, project_id: str) -> None:
    with pytest.raises(ValueError, match="project id"):
        TrainingJobsV2(stage.transport("https://a.example"), project_id)


def test_importing_the_library_loads_no_http_client() -> None:
    code = "import sys, janitor.modelarts, janitor.modelarts.errors; sys.exit(bool({'requests', 'tenacity'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_name_is_there() -> None:
    for name in modelarts.__all__:
        found = getattr(modelarts, name)
        assert getattr(found, "__name__", name) == name  # a number has no name of its own
    with pytest.raises(AttributeError):
        _ = modelarts.nothing
