"""`--traces`: what a collector is told of a sweep, that it is told nothing else, and that it never changes how a sweep ends."""

import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from collector import Collector, Play, read
from documents import make_document
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from stage import ACCOUNT, Stage

from janitor.emulator.faults import Fault
from janitor.service import traces

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
    assert read(others[0].attributes) == {"janitor.route": "list", "http.response.status_code": 200, "http.request.resend_count": 1}
    said = [event.name for event in root.events]
    for name in ("listing.completed", "plan.built", "deletion.intended", "deletion.confirmed", "sweep.finished"):
        assert name in said
    gone = [read(event.attributes)["janitor.job_id"] for event in root.events if event.name == "deletion.confirmed"]
    assert sorted(gone) == sorted(job["id"] for job in report["jobs"])


def test_d6_a_trace_has_no_name_owner_or_text_of_a_job_and_no_secret(make_stage: MakeStage, play: Play, now_ms: int) -> None:
    """Everything that somebody outside could have written is marked by one word, and none of it arrives."""
    collector = play()
    jobs = [make_document(now_ms, 60, name=f"canary-{number}", user="canary", description="canary") for number in range(3)]
    stage = make_stage(jobs=jobs)
    stage.write()
    stage.emulator.faults.add(Fault("delete", "leak", nth=1))
    stage.emulator.faults.add(Fault("get", "status", status=404, nth=1))
    stage.sweep("--traces", collector.url)
    sent = b"".join(each.body for each in collector.received)
    assert collector.sweeps()
    assert b"canary" not in sent
    for secret in (ACCOUNT.secret_key, ACCOUNT.access_key):
        assert secret.encode() not in sent
