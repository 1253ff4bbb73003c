"""What a hostile platform, a careless user or a hostile environment may not do, through the whole program."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from amount import IS_SOAK
from documents import make_document
from spellings import ODD, echoes, traces
from stage import Stage

from janitor.emulator.account import Account
from janitor.emulator.faults import Fault, Route

MakeStage = Callable[..., Stage]
CANARIES = Account(
    access_key="CANARY/ak+id.0123", secret_key=f"{ODD}0123456789", security_token=f"token{ODD}of-a-temporary-key=="
)
SECRETS = (CANARIES.access_key, CANARIES.secret_key, CANARIES.security_token or "")
TRACES = {trace for secret in SECRETS for trace in traces(secret)}


def assert_clean(where: str, text: str) -> None:
    assert [trace for trace in TRACES if trace in text] == [], f"{where} shows a secret"


@pytest.fixture
def secretive(make_stage: MakeStage, now_ms: int) -> Stage:
    """A stage whose keys are canaries, and lie apart from the ledger."""
    jobs = [make_document(now_ms, 60 - number) for number in range(3)]
    stage = make_stage(jobs=[*jobs, make_document(now_ms, 2)], account=CANARIES)
    stage.write(top="ledger: {path: state/ledger.db}\nconfirm_within: 1s\n")
    use_canaries(stage)
    return stage


def use_canaries(stage: Stage) -> None:
    for name, value in (("ak", CANARIES.access_key), ("sk", CANARIES.secret_key), ("token", CANARIES.security_token)):
        (stage.folder / name).write_text(f"{value}\n")
    text = stage.config.read_text()
    stage.config.write_text(text.replace("secret_key: {file: sk}", "secret_key: {file: sk}, security_token: {file: token}"))


def speak(stage: Stage, job_id: str) -> list[tuple[int, str]]:
    """Run every command that shows or writes something; the exit code and all that was printed by each."""
    commands = [
        ("sweep", "--output", "json"),
        ("sweep",),
        ("sweep", "--dry-run"),
        ("plan",),
        ("plan", "--format", "json"),
        ("plan", "--format", "md"),
        ("plan", "--format", "csv"),
        ("explain", job_id),
        ("check",),
        ("doctor",),
        ("doctor", "--output", "json"),
        ("audit", "show"),
        ("audit", "show", "--output", "json"),
        ("audit", "export"),
        ("audit", "export", "--format", "csv"),
        ("audit", "verify", "--output", "json"),
    ]
    runs = [stage.janitor(*command) for command in commands]
    return [(code, out + error) for code, out, error in runs]


def files_of(stage: Stage) -> list[Path]:
    return sorted(path for path in (stage.folder / "state").rglob("*") if path.is_file())


ECHOES: list[Callable[[Route], Fault]] = [
    lambda route: Fault(route, "leak", times=None),
    lambda route: Fault(route, "leak", times=None, status=403, code="ModelArts.0108"),
    lambda route: Fault(route, "status", times=None, status=400, code="ModelArts.2807", message=echo()),
    lambda route: Fault(route, "body", times=None, status=200, body=json.dumps({"error_msg": echo(), "error_code": SECRETS[1]})),
]


def echo() -> str:
    return " ; ".join(sorted(echo for secret in SECRETS for echo in echoes(secret)))


ROUTES: tuple[Route, ...] = ("identity", "list", "get", "delete")
KINDS_OF_ECHO = [
    pytest.param(number, route, id=f"{name}-{route}")
    for number, name in enumerate(("leak", "leak-403", "encoded", "encoded-200"))
    for route in ROUTES
    if IS_SOAK or (name, route) in {("leak", "list"), ("leak", "delete"), ("encoded-200", "get")}
]


@pytest.mark.some(1)
@pytest.mark.parametrize(("kind", "route"), KINDS_OF_ECHO)
def test_d1_s24_no_output_and_no_file_shows_a_secret_that_the_platform_echoes(
    secretive: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, route: Route, kind: int
) -> None:
    """Nor does a library tell one to whoever switches its debug log on."""
    monkeypatch.setenv("JANITOR_LOG", ("json", "quiet", "")[kind % 3])
    caplog.set_level(logging.DEBUG)
    scripted = secretive.emulator.faults.add(ECHOES[kind](route))
    job_id = next(iter(secretive.emulator.world.jobs()))["metadata"]["id"]
    shown = speak(secretive, job_id)
    assert scripted.struck
    assert any(code not in (0, 2) for code, _ in shown)
    for number, (_, text) in enumerate(shown):
        assert_clean(f"command {number}", text)
        assert "Signature=" not in text
    assert len(files_of(secretive)) >= 2
    for path in files_of(secretive):
        assert_clean(path.name, path.read_bytes().decode("latin-1"))
    assert caplog.records
    assert_clean("a library's debug log", caplog.text)


def test_d1_a_secret_in_a_jobs_name_is_shown_and_kept_nowhere(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A careless user may put a key anywhere: whatever is shown or kept is scrubbed by value."""
    monkeypatch.setenv("JANITOR_LOG", "json")
    texts = sorted({echo for secret in SECRETS for echo in echoes(secret)})
    named = [make_document(now_ms, 60, name=f"trial-{text}", user_name=SECRETS[2]) for text in texts]
    at_the_cut = [f"{'x' * (longest - room)}{SECRETS[1]}{'y' * 900}" for longest in (64, 256, 500, 1000) for room in (5, 20, 130)]
    named += [make_document(now_ms, 60, name=text, user_name=text, description=SECRETS[1]) for text in at_the_cut]
    stage = make_stage(jobs=[*named, make_document(now_ms, 2)], account=CANARIES)
    stage.write(top="ledger: {path: state/ledger.db}\n")
    use_canaries(stage)
    live, cut = named[0]["metadata"]["id"], named[-4]["metadata"]["id"]
    shows_names = [
        ("plan",),
        *(("plan", "--format", each) for each in ("json", "md", "csv")),
        ("explain", live),
        ("explain", cut),
    ]
    for command in shows_names:
        code, out, error = stage.janitor(*command)
        assert (code, "***" in out) == (0, True)
        assert_clean(command[0], out + error)
    code, out, log = stage.janitor("sweep", "--output", "json")
    assert (code, log.count("deletion.confirmed")) == (0, len(named))
    assert_clean("the report", out)
    assert_clean("the log", log)
    for path in files_of(stage):
        assert_clean(path.name, path.read_bytes().decode("latin-1"))
    for command in (("audit", "show"), ("audit", "export"), ("audit", "export", "--format", "csv"), ("explain", live)):
        code, out, error = stage.janitor(*command)
        assert code == 0
        assert_clean(command[-1], out + error)


HOSTILE_IDS = (
    "../../../escaped",
    "/escaped",
    "..",
    "a/b",
    "a\\b",
    "a\x00b",
    "con",
    "x" * 300,
    "%2e%2e%2fescaped",
    "00000000-0000-4000-8000-00000000000/",
    "00000000-0000-4000-8000-000000000001\n",
    "00000000-0000-4000-8000-000000000001.json",
    "",
    7,
    None,
    ["00000000-0000-4000-8000-000000000001"],
)


@pytest.mark.some(5)
@pytest.mark.parametrize("hostile", HOSTILE_IDS, ids=range(len(HOSTILE_IDS)))
def test_d10_a_hostile_id_makes_the_listing_an_error_and_no_file(make_stage: MakeStage, now_ms: int, hostile: Any) -> None:
    odd, fine = make_document(now_ms, 60), make_document(now_ms, 60)
    stage = make_stage(jobs=[fine, make_document(now_ms, 2)])
    odd["metadata"]["id"] = hostile
    stage.write(top="ledger: {path: state/ledger.db}\n")
    listing = {"items": [odd, fine], "total": 2, "count": 2, "limit": 50, "offset": 0}
    stage.emulator.faults.add(Fault("list", "body", body=json.dumps(listing), times=None))
    around = {path for folder in (stage.folder.parent, stage.folder) for path in folder.iterdir()}

    code, report = stage.sweep()

    assert (code, report["listing"]["complete"], report["listed"]) == (6, False, 0)
    assert not [record for record in stage.emulator.requests if record.route not in ("identity", "list")]
    after = {path for folder in (stage.folder.parent, stage.folder) for path in folder.iterdir()}
    assert after - around == {stage.folder / "state"}
    assert all(path.name.startswith("ledger.db") for path in files_of(stage))
    assert not Path("/escaped").exists()


def test_d14_a_hostile_environment_changes_neither_route_nor_signature(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2)])
    stage.write()
    sink = make_stage()
    netrc = stage.folder / ".netrc"
    netrc.write_text("default login mallory password mallory\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(stage.folder))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, sink.emulator.url)
        monkeypatch.setenv(name.lower(), sink.emulator.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "modelarts.example.com")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(netrc))

    code, report = stage.sweep()

    assert (code, report["deletions"]["confirmed"]) == (0, 1)
    assert sink.emulator.requests == []
    for command in (("plan",), ("explain", report["jobs"][0]["id"]), ("audit", "verify")):
        assert stage.janitor(*command)[0] == 0
    assert sink.emulator.requests == []
