"""`--traces`: what a collector is told of a sweep, that it is told nothing else, and that it never changes how a sweep ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from collector import Collector, Play, read
from documents import make_document
from forks import Forked, Start
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from prometheus_client.parser import text_string_to_metric_families
from stage import ACCOUNT, Stage

from janitor.emulator.faults import Fault
from janitor.service import otlp, recording, traces

MakeStage = Callable[..., Stage]


@pytest.fixture
def play() -> Iterator[Play]:
    running: list[Collector] = []

    def build(*words: int, **how: object) -> Collector:
        running.append(Collector(*words, **how))  # type: ignore[arg-type]
        return running[-1]

    yield build
    for played in running:
        played.close()


@pytest.fixture
def staged(make_stage: MakeStage, now_ms: int) -> Stage:
    """Three jobs, two of which expired."""
    stage = make_stage(jobs=[make_document(now_ms, days) for days in (100, 20, 1)])
    stage.write()
    return stage


def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_sweep_is_one_trace_with_a_span_for_each_request(staged: Stage, play: Play) -> None:
    collector = play()
    staged.emulator.faults.add(Fault("list", "status", status=503, nth=1))
    began_ns = time.time_ns()
    code, report = staged.sweep("--traces", collector.url)
    (received,), (root,) = collector.received, collector.sweeps()
    told, children = read(root.attributes), [span for span in collector.spans() if span is not root and span.parent_span_id]
    assert (code, received.path, received.headers["Content-Type"]) == (0, "/v1/traces", "application/x-protobuf")
    assert (root.name, root.kind, root.status.code) == ("sweep", Span.SPAN_KIND_INTERNAL, Status.STATUS_CODE_UNSET)
    assert root.trace_id == uuid.UUID(report["sweep_id"]).bytes, "whoever has the audit log finds the trace"
    for group in ("verdicts", "deletions", "not_attempted", "recovered", "requests"):
        assert {name: told[f"janitor.{group}.{name}"] for name in report[group]} == report[group]
    assert (told["janitor.target"], told["janitor.mode"], told["janitor.kind"]) == ("research", "enforce", "sweep")
    assert (told["janitor.exit_code"], told["janitor.dry_run"], told["janitor.listed"]) == (0, False, report["listed"])
    assert (told["janitor.head"], told["janitor.requests.repeated"]) == (report["head"], 1)
    assert {"service.name", "service.version", "host.name"} == set(collector.resource())
    assert {span.parent_span_id for span in children} == {root.span_id}
    assert {span.trace_id for span in children} == {root.trace_id}
    assert len({span.span_id for span in [root, *children]}) == 1 + sum(report["requests"].values())
    assert {span.kind for span in children} == {Span.SPAN_KIND_CLIENT}
    for kind, count in report["requests"].items():
        assert [span.name for span in children].count(kind) == count
    assert began_ns <= root.start_time_unix_nano
    assert root.end_time_unix_nano <= time.time_ns()
    for span in children:
        assert root.start_time_unix_nano <= span.start_time_unix_nano < span.end_time_unix_nano <= root.end_time_unix_nano
    failed, *others = [span for span in children if span.name == "list"]
    assert read(failed.attributes) == {"janitor.route": "list", "http.response.status_code": 503, "error.type": "503"}
    assert failed.status.code == Status.STATUS_CODE_ERROR
    assert read(others[0].attributes) == {
        "janitor.route": "list",
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
    }
    said = [event.name for event in root.events]
    for name in ("listing.completed", "plan.built", "deletion.intended", "deletion.confirmed", "sweep.finished"):
        assert name in said
    gone = [read(event.attributes)["janitor.job_id"] for event in root.events if event.name == "deletion.confirmed"]
    assert sorted(gone) == sorted(job["id"] for job in report["jobs"])


def test_d6_d1_a_trace_has_no_name_owner_or_text_of_a_job_and_no_secret(make_stage: MakeStage, play: Play, now_ms: int) -> None:
    """What somebody outside could have written has one word in it, the platform repeats the keys; neither arrives."""
    collector = play()
    job = make_document(now_ms, 60, name="canary-1", user_name="canary", description="canary")
    stage = make_stage(jobs=[job])
    stage.write()
    job_id, key = job["metadata"]["id"], stage.folder / "sk"
    stage.emulator.faults.add(Fault("list", "leak", status=503))
    stage.emulator.faults.add(Fault("delete", "status", status=403, message="canary", times=None))
    code, report = stage.sweep("--traces", collector.url)
    sent = b"".join(each.body for each in collector.received)
    assert (code, report["deletions"]["failed"], len(collector.sweeps())) == (3, 1, 1)
    assert job_id.encode() in sent, "ids are told"
    for word in ("canary", key.read_text().strip(), ACCOUNT.access_key):
        assert word.encode() not in sent
    assert "canary" in json.dumps(report)


@pytest.mark.some(1)
@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ("pause", (4, "pause", "pause")),
        ("down", (6, None, "unreachable")),
        pytest.param("ledger", (5, None, "ledger_failed"), marks=pytest.mark.on_a_file),
        ("preview", (0, None, None)),
    ],
)
def test_a_sweep_that_does_not_end_well_is_an_error_and_says_why(
    staged: Stage, play: Play, trouble: str, expected: tuple[int, str | None, str | None]
) -> None:
    collector = play()
    if trouble == "pause":
        assert staged.janitor("pause", "--reason", "a word of ours")[0] == 0
    elif trouble == "down":
        text = staged.config.read_text()
        staged.config.write_text(text.replace(staged.emulator.url, f"http://{nobody()}"))
    elif trouble == "ledger":
        staged.ledger_path.write_text("no database")
    code, _ = staged.sweep("--traces", collector.url, *(["--dry-run"] if trouble == "preview" else []))
    (root,) = collector.sweeps()
    told, (wanted, guard, error) = read(root.attributes), expected
    assert (code, told["janitor.exit_code"], told["janitor.dry_run"]) == (wanted, wanted, trouble == "preview")
    assert (told.get("janitor.refused.by"), told.get("error.type")) == (guard, error)
    assert (root.status.code == Status.STATUS_CODE_ERROR, root.status.message) == (code != 0, error or "")


@pytest.mark.soak
def test_a_deletion_by_hand_and_a_plan_that_is_applied_are_traced_too(
    staged: Stage, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector, plan = play(), str(staged.folder / "plan.json")
    monkeypatch.setenv("JANITOR_TRACES", f"http://ann:canary-pw@{collector.address}/v1/traces")
    first, _ = [job["id"] for job in staged.sweep("--dry-run")[1]["jobs"]]
    assert staged.janitor("delete", first, "--target", "research", "--reason", "by hand", "--yes")[0] == 0
    assert staged.janitor("plan", "-o", plan)[0] == 0
    assert staged.janitor("apply", plan)[0] == 0
    told = [read(root.attributes) for root in collector.sweeps()]
    assert [(each["janitor.kind"], each["janitor.deletions.confirmed"]) for each in told] == [
        ("sweep", 0),
        ("delete", 1),
        ("apply", 1),
    ]
    assert {each.headers["Authorization"] for each in collector.received} == {"Basic YW5uOmNhbmFyeS1wdw=="}


@pytest.mark.some(2)
@pytest.mark.parametrize("what", ["down", "500", "307", "refuses", "silent", "broken"])
def test_a_collector_that_fails_is_one_warning_and_changes_nothing(
    staged: Stage, play: Play, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    elsewhere = play()
    collector = {
        "500": lambda: play(500),
        "307": lambda: play(307, Location=elsewhere.url),
        "refuses": lambda: play(refuses=2),
        "silent": lambda: play(is_slow=True),
    }.get(what, play)()
    address = nobody() if what == "down" else collector.address
    monkeypatch.setenv("JANITOR_TRACES", f"http://me:canary-pw@{address}")
    monkeypatch.setattr(traces, "PATIENCE_S", 0.3)
    if what == "broken":
        monkeypatch.setattr(recording, "describe", lambda _report: 1 // 0)
    began = time.monotonic()
    code, out, err = staged.janitor("sweep", "--output", "json")
    assert time.monotonic() - began < 5
    assert (code, json.loads(out)["targets"][0]["deletions"]["confirmed"]) == (0, 2)
    (warning,) = [line for line in err.splitlines() if line.startswith("janitor: warning: ")]
    expected = {
        "500": f"not sent to {address}: HTTP 500",
        "307": f"not sent to {address}: HTTP 307",
        "refuses": f"not taken whole by {address}: it refused 2 span(s)",
        "silent": f"not sent to {address}: not done after 0.3 s",
        "broken": "not gathered: unexpected ZeroDivisionError",
    }.get(what, f"not sent to {address}: ")
    assert warning.startswith(f"janitor: warning: trace {expected}")
    assert "canary" not in out + err
    assert elsewhere.received == []


def test_d16_no_variable_of_opentelemetry_or_of_a_proxy_redirects_a_trace_or_begins_one(
    staged: Stage, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector, sink = play(), play()
    for name in ("ENDPOINT", "TRACES_ENDPOINT", "METRICS_ENDPOINT", "LOGS_ENDPOINT"):
        monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{name}", sink.url)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, sink.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "canary=1")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "canary=1")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "canary")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    assert staged.sweep("--dry-run")[0] == 0
    assert collector.received == []
    assert staged.sweep("--traces", f"{collector.url}/prefix/v1/traces")[0] == 0
    (received,) = collector.received
    assert received.path == "/prefix/v1/traces"
    assert "canary" not in str(received.headers) + str(collector.resource())
    assert sink.received == []


def test_requests_are_counted_by_the_metrics_as_before_where_they_are_traced(staged: Stage, play: Play) -> None:
    collector, path = play(), staged.folder / "janitor.prom"
    staged.emulator.faults.add(Fault("list", "status", status=503))
    code, report = staged.sweep("--traces", collector.url, "--metrics-textfile", str(path))
    samples = [sample for family in text_string_to_metric_families(path.read_text()) for sample in family.samples]
    counted = {(sample.name, sample.labels.get("route")): sample.value for sample in samples}
    (root,) = collector.sweeps()
    assert (code, counted["janitor_request_repeats_total", "list"], read(root.attributes)["janitor.requests.repeated"]) == (
        0,
        1,
        1,
    )
    assert counted["janitor_request_duration_seconds_count", "list"] == report["requests"]["list"] > 0


COMMANDS = {
    "sweep": ["sweep"],
    "apply": ["apply", "plan.json"],
    "delete": ["delete", str(uuid.UUID(int=0)), "--target", "research", "--reason", "x", "--yes"],
    "serve": ["serve"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_d2_what_no_trace_could_be_sent_to_is_refused_before_anything_is_done(
    staged: Stage, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    words = COMMANDS[command]
    for url, told in {
        "http://ann:pass-word@127.0.0.1:9": "set JANITOR_TRACES instead",
        "ftp://host/pass-word": "must be like http://HOST:4318",
        "http://host/?token=pass-word": "must be like http://HOST:4318",
        "http://[pass-word": "cannot be read",
        "http://hóst/pass-word": "must be plain ASCII",
    }.items():
        code, out, err = staged.janitor(*words, "--traces", url)
        assert (code, out, told in err, "pass-word" in err, len(err.splitlines())) == (2, "", True, False, 1), err
    monkeypatch.setattr(otlp, "is_installed", lambda: False)
    code, _, err = staged.janitor(*words, "--traces", "http://127.0.0.1:9")
    assert (code, "pip install 'training-janitor[otel]'" in err) == (2, True)
    assert (staged.emulator.requests, staged.ledger_path.exists()) == ([], False)


@pytest.mark.soak
def test_nothing_of_traces_is_imported_unless_they_are_asked_for(staged: Stage, play: Play) -> None:
    """One process does the one after the other; only the last sends."""
    collector = play()
    sweep = ["sweep", "--config", str(staged.config)]
    commands = [["sweep", "--help"], sweep, [*sweep, "--traces", collector.url]]
    code = (
        "import sys; from janitor.cli.main import run; "
        "seen = lambda: any(name.startswith(('opentelemetry', 'google.protobuf', 'janitor.service')) for name in sys.modules); "
        f"[print('SEEN', run(words), seen()) for words in {commands}]"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=staged.folder)
    seen = [line for line in ended.stdout.splitlines() if line.startswith("SEEN")]
    assert seen == ["SEEN 0 False"] * 2 + ["SEEN 0 True"]
    assert len(collector.sweeps()) == 1


def test_a_daemon_traces_every_sweep_and_says_where_one_was_lost(staged: Stage, play: Play) -> None:
    collector, log = play(), staged.folder / "log"
    staged.write(top="schedule: {every: 1s}\n")
    words = ["serve", "--config", str(staged.config), "--listen", "127.0.0.1:0", "--traces", collector.url]
    with log.open("w") as stream:
        daemon = Forked(words, Start(stderr=stream.fileno(), env=os.environ | {"JANITOR_LOG": ""}))
    try:
        wait_for(collector.sweeps)
        collector.status = 503
        wait_for(lambda: "trace.lost" in log.read_text())
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(10) == 0
    finally:
        daemon.kill()
    told = [read(root.attributes) for root in collector.sweeps()]
    assert {each["janitor.sweep_id"] for each in told} == {event["sweep_id"] for event in ends(staged)}, "none waits at the end"
    assert told[0]["janitor.deletions.confirmed"] == 2
    assert told[0]["janitor.requests.list"] == [span.name for span in collector.received[0].spans()].count("list") > 0
    (lost, *_) = [line for line in map(json.loads, log.read_text().splitlines()) if line["event"] == "trace.lost"]
    assert (lost["level"], lost["reason"]) == ("warning", f"trace not sent to {collector.address}: HTTP 503")


def wait_for(condition: Callable[[], object], patience_s: float = 30.0) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "not so in time"
        time.sleep(0.05)


def ends(stage: Stage) -> list[dict[str, object]]:
    return [event for event in stage.events() if event["event"] in ("sweep.finished", "sweep.aborted")]
