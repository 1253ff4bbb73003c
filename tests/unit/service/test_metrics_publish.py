"""How metrics leave the process: a file, and a Pushgateway played by a real server on loopback."""

import base64
import socket
import stat
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builders import NOW, FakeClock
from pushgateway import Played

from janitor.service.metrics import Metrics, NotPublished

Gateway = Callable[..., Played]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    running: list[Played] = []

    def build(status: int = 200, body: bytes = b"", **headers: str) -> Played:
        running.append(Played(status, body, **headers))
        return running[-1]

    yield build
    for played in running:
        played.close()


@pytest.fixture
def metrics(clock: FakeClock) -> Metrics:
    told = Metrics(["a", "b"], clock, "9.9")
    told.last_success("a", NOW)
    told.file_loaded(ok=True)
    return told


def test_each_target_is_pushed_into_a_group_of_its_own(metrics: Metrics, gateway: Gateway) -> None:
    played = gateway(202)
    metrics.push(played.url + "/")
    assert [(method, path) for method, path, _, _ in played.received] == [
        ("POST", "/metrics/job/janitor/target/a"),
        ("POST", "/metrics/job/janitor/target/b"),
        ("POST", "/metrics/job/janitor"),
    ]
    of_a, of_b, general = (text for _, _, _, text in played.received)
    assert 'janitor_last_success_timestamp_seconds{target="a"} 1.7954028e+09' in of_a
    assert 'target="b"' not in of_a
    assert "janitor_last_success_timestamp_seconds" not in of_b  # or it would take the place of what is known there
    assert 'janitor_sweeps_total{result="done",target="b"} 0.0' in of_b
    assert 'janitor_build_info{version="9.9"} 1.0' in general
    assert "janitor_policy_file_valid 1.0" in general
    assert "target=" not in general
    everything = of_a + of_b + general
    assert "_created" not in everything
    assert "janitor_last_success_age_seconds" not in everything


def test_the_address_may_lack_its_scheme_and_have_a_path(metrics: Metrics, gateway: Gateway) -> None:
    played = gateway()
    metrics.push(f"{played.address}/prefix", job="other")
    assert {path for _, path, _, _ in played.received} == {
        f"/prefix/metrics/job/other{end}" for end in ("", "/target/a", "/target/b")
    }


def test_user_and_password_go_into_a_header_and_into_no_message(metrics: Metrics, gateway: Gateway) -> None:
    played = gateway()
    metrics.push(f"http://me:p%40ss@{played.address}")
    expected = "Basic " + base64.b64encode(b"me:p@ss").decode()
    assert [headers["Authorization"] for _, _, headers, _ in played.received] == [expected] * 3
    refusing = gateway(401, b"Unauthorized\x1b[2J")
    with pytest.raises(NotPublished) as caught:
        metrics.push(f"http://me:p%40ss@{refusing.address}")
    assert str(caught.value) == f"metrics not pushed to {refusing.address}: HTTP 401 Unauthorized\\x1b[2J"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(metrics: Metrics, gateway: Gateway, status: int) -> None:
    elsewhere = gateway()
    played = gateway(status, Location=f"{elsewhere.url}/metrics/job/janitor")
    with pytest.raises(NotPublished, match=f"HTTP {status}"):
        metrics.push(played.url)
    assert len(played.received) == 1
    assert elsewhere.received == []


def test_no_proxy_of_the_environment_is_used(metrics: Metrics, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, played = gateway(), gateway()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert urllib.request.getproxies()["http"] == proxy.url
    metrics.push(played.url)
    assert (len(played.received), proxy.received) == (3, [])


@pytest.mark.parametrize(
    "url",
    [
        "http://me:canary-pw@[::1",
        "http://me:canary-pw@host:nonsense/",
        "http://me:canary-pw/extra@host:1",
        "http://me:canary-pw@host:99999",
        "file:///etc/canary-pw",
        "ftp://me:canary-pw@host/",
        "http://host/?token=canary-pw",
        "http://host/#canary-pw",
        "http://",
        "",
        "http://me:canary-pw@\u2100host/",
        "http://me:canary-pw@exa mple:1/",
        "http://me:\udcffcanary-pw@127.0.0.1:1/\udcff",
        "http://me:canary-pw@127.0.0.1:1",
        "http://me:canary-pw@127.0.0.1:1/\nX-Header: canary-pw2",
    ],
)
def test_an_address_that_does_not_work_is_one_line_without_its_password(metrics: Metrics, url: str) -> None:
    with pytest.raises(NotPublished) as caught:
        metrics.push(url)
    assert str(caught.value).startswith("metrics not pushed")
    assert "canary" not in str(caught.value)
    assert str(caught.value).isprintable()
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_gateway_that_does_not_answer_costs_no_more_than_the_timeout(metrics: Metrics) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(NotPublished, match="timed out"):
            metrics.push(f"http://127.0.0.1:{port}", timeout_s=0.1)


def test_the_file_is_replaced_whole_and_has_every_target(metrics: Metrics, tmp_path: Path) -> None:
    path = tmp_path / "janitor.prom"
    path.write_text("old")
    metrics.write_textfile(path)
    text = path.read_text()
    assert "old" not in text.splitlines()
    assert 'janitor_sweeps_total{result="done",target="b"} 0.0' in text
    assert "janitor_policy_file_valid 1.0" in text
    assert "janitor_last_success_age_seconds" not in text
    assert list(tmp_path.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) & 0o400


def test_a_file_that_cannot_be_written_is_one_line_and_leaves_nothing(metrics: Metrics, tmp_path: Path) -> None:
    (tmp_path / "janitor.prom").mkdir()
    for path in (tmp_path / "none" / "janitor.prom", tmp_path / "janitor.prom"):
        with pytest.raises(NotPublished, match=r"metrics not written to .*janitor\.prom: "):
            metrics.write_textfile(path)
    assert [found.name for found in tmp_path.iterdir()] == ["janitor.prom"]
