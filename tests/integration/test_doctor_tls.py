"""`janitor doctor` over TLS: a certificate that is refused is told from an address where nobody is."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from documents import make_document
from stage import Stage
from tls import TlsFront, context_for

AUTHORITY, STRANGER = trustme.CA(), trustme.CA()
Front = Callable[..., str]


@pytest.fixture
def stage(make_stage: Callable[..., Stage], now_ms: int, tmp_path: Path) -> Stage:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return make_stage(jobs=[make_document(now_ms, 60)])


@pytest.fixture
def front(stage: Stage) -> Iterator[Front]:
    """Put the emulator behind a certificate; the URL is that of the front."""
    with ExitStack() as stack:

        def build(authority: trustme.CA = AUTHORITY, name: str = "127.0.0.1", not_after: datetime | None = None) -> str:
            server = TlsFront(context_for(authority, name, not_after), urlsplit(stage.emulator.url).port or 0)
            stack.callback(server.close)
            return server.url

        yield build


def doctor(stage: Stage, endpoint: str, more: str = "ca_file: ca.pem\n") -> tuple[int, dict[str, dict[str, str]]]:
    stage.write(endpoint=endpoint, target=more)
    code, out, _ = stage.janitor("doctor", "--output", "json")
    (target,) = json.loads(out)["targets"]
    return code, {check["check"]: check for check in target["checks"]}


def faults(checks: dict[str, dict[str, str]]) -> list[str]:
    return [name for name, check in checks.items() if check["result"] == "fault"]


def test_d15_a_good_certificate_is_said_to_be_good_and_by_whose_word(stage: Stage, front: Front) -> None:
    url = front()
    code, checks = doctor(stage, url, f"ca_file: ca.pem\niam_endpoint: {url}\n")
    assert (code, faults(checks)) == (0, [])
    trust = f"its certificate is good by those of {stage.folder / 'ca.pem'}"
    assert checks["tls"]["message"] == f"modelarts: {trust}; iam: {trust}"


@pytest.mark.parametrize(
    ("why", "word"),
    [
        ({"authority": STRANGER}, "unable to get local issuer"),
        ({"name": "other.example"}, "IP address mismatch"),
        ({"not_after": datetime.now(UTC) - timedelta(days=1)}, "expired"),
    ],
    ids=["unknown", "another-host", "expired"],
)
def test_d15_a_bad_certificate_is_one_fault_with_advice_and_no_request_leaves(
    stage: Stage, front: Front, why: dict[str, object], word: str
) -> None:
    code, checks = doctor(stage, front(**why))
    assert (code, faults(checks), stage.emulator.requests) == (3, ["tls"], [])
    assert word in checks["tls"]["message"]
    assert "ca_file" in checks["tls"]["advice"]
    assert "clock" in checks["tls"]["advice"]
    assert checks["reachable"]["result"] == "ok"
    assert {checks[name]["result"] for name in ("signed", "identity", "clock", "list", "get", "batch", "quota")} == {"skipped"}


def test_d15_without_its_ca_file_the_same_certificate_is_a_fault(stage: Stage, front: Front) -> None:
    code, checks = doctor(stage, front(), "")
    assert (code, faults(checks), stage.emulator.requests) == (3, ["tls"], [])


def test_d15_a_bad_certificate_of_iam_alone_is_a_fault_of_tls_too(stage: Stage, front: Front) -> None:
    code, checks = doctor(stage, front(), f"ca_file: ca.pem\niam_endpoint: {front(STRANGER)}\n")
    assert (code, faults(checks)) == (3, ["tls"])
    assert (checks["identity"]["result"], checks["list"]["result"]) == ("skipped", "ok")


def test_where_nobody_is_that_is_no_fault_of_the_certificate(stage: Stage) -> None:
    code, checks = doctor(stage, "https://127.0.0.1:9")
    assert (code, faults(checks), checks["tls"]["result"]) == (3, ["reachable"], "skipped")


def test_plain_http_is_named_and_only_on_this_machine(stage: Stage) -> None:
    _, checks = doctor(stage, stage.emulator.url, "")
    part = "plain http, to this machine only"
    assert (checks["tls"]["result"], checks["tls"]["message"]) == ("ok", f"modelarts: {part}; iam: {part}")
