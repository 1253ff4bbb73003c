"""What a trace is made of: its bounds, its times, its order, and who is told where it is lost."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from builders import NOW, FakeClock, make_tools
from collector import Collector, read
from drip import Drip
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from janitor.core.errors import UsageError
from janitor.core.secret import Scrubber, Secret
from janitor.service import outlet, recording, traces
from janitor.service.metrics import Metrics, NotPublished
from janitor.service.otlp import AT_ONCE, TraceLost, read_collector
from janitor.service.recording import Recording, describe
from janitor.service.traces import Sender, Traces
from janitor.sweep.report import TargetReport

BEGAN_NS = round(NOW.timestamp() * 1e9)
SECOND = 10**9


def make_report(**changes: Any) -> TargetReport:
    return TargetReport(target="research", sweep_id="0", as_of=NOW, dry_run=False, **changes)


@pytest.fixture
def collector() -> Iterator[Collector]:
    played = Collector()
    yield played
    played.close()


@pytest.fixture
def record(clock: FakeClock) -> Recording:
    return Recording(clock, {})


def test_times_are_counted_from_one_reading_of_the_clock_so_that_setting_it_tears_no_trace(
    record: Recording, clock: FakeClock
) -> None:
    clock.advance(3)
    clock.time -= timedelta(days=2)
    record.sent("list", 200, 2.0)
    clock.advance(1)
    record.mark("plan.built", {"planned": 1})
    trace = record.end(make_report(), None)
    (request,), (mark,) = trace.requests, trace.root.marks
    assert (trace.root.began_ns, trace.root.ended_ns) == (BEGAN_NS, BEGAN_NS + 4 * SECOND)
    assert (request.began_ns, request.ended_ns) == (BEGAN_NS + 1 * SECOND, BEGAN_NS + 3 * SECOND)
    assert mark.at_ns == BEGAN_NS + 4 * SECOND


def test_a_long_sweep_is_remembered_in_bounded_memory_and_says_what_is_left_out(
    record: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MOST_REQUESTS", 2)
    monkeypatch.setattr(recording, "MOST_MARKS", 3)
    for _ in range(5):
        record.sent("get", 200, 0.1)
        record.mark("deletion.intended", {})
    trace = record.end(make_report(), None)
    assert (len(trace.requests), trace.root.attributes["janitor.requests.untraced"]) == (2, 3)
    assert (len(trace.root.marks), trace.root.lost_marks) == (3, 2)


def test_d6_of_what_is_said_only_numbers_ids_and_words_of_our_own_are_kept(record: Recording) -> None:
    fields = {
        "job_id": "1",
        "intent_id": "canary" * 50,
        "job_name": "canary",
        "owner": "canary",
        "reason": "canary",
        "by": "canary",
        "name": "canary",
        "facts": {"canary": "canary"},
        "workspaces": ["canary"],
        "reason_code": "expired",
        "planned": 3,
        "has_labels": True,
        "head": None,
    }
    record.mark("plan.built", fields)
    (mark,) = record.end(make_report(), None).root.marks
    assert set(mark.attributes) == {"janitor.job_id", "janitor.reason_code", "janitor.planned", "janitor.has_labels"}


def test_a_call_that_is_tried_again_says_how_often_and_calls_of_other_threads_are_not_mistaken_for_it(record: Recording) -> None:
    record.sent("list", None, 0.1)
    record.repeated("list")
    beside = Thread(target=lambda: record.sent("list", 200, 0.1))
    beside.start()
    beside.join()
    record.sent("list", 503, 0.1)
    record.repeated("list")
    record.sent("list", 200, 0.1)
    record.sent("list", 200, 0.1)
    record.waited(1.5)
    trace = record.end(make_report(), None)
    counts = [span.attributes.get("http.request.resend_count", 0) for span in trace.requests]
    assert counts == [0, 0, 1, 2, 0]
    assert [span.error for span in trace.requests] == ["no_answer", None, "503", None, None]
    assert (trace.root.attributes["janitor.requests.repeated"], trace.root.attributes["janitor.waited_s"]) == (2, 1.5)


def test_a_report_is_told_by_its_counts_alone() -> None:
    told = describe(make_report())
    assert all(isinstance(value, int) for name, value in told.items() if name.count(".") == 2)
    assert {name for name, value in told.items() if isinstance(value, str)} == {"janitor.sweep_id", "janitor.kind"}


def test_d1_a_secret_in_a_word_is_removed_before_anything_is_sent(record: Recording, collector: Collector) -> None:
    record.mark("deletion.failed", {"job_id": "x-canary-pw-\x1b[2J\udcff"})
    trace = Recording(FakeClock(), {"janitor.target": "canary-pw"}).end(make_report(), "canary-pw")
    scrub = Scrubber((Secret("canary-pw"),)).scrub_text
    for each in (trace, record.end(make_report(), None)):
        read_collector(collector.url).post(each, scrub)
    assert b"canary" not in b"".join(each.body for each in collector.received)
    assert read(collector.sweeps()[1].events[0].attributes) == {"janitor.job_id": "x-***-\\x1b[2J\\udcff"}
    assert [read(span.attributes).get("janitor.target") for span in collector.sweeps()] == ["***", None]


def test_many_spans_go_in_several_requests_the_sweep_first_and_each_once(record: Recording, collector: Collector) -> None:
    for _ in range(AT_ONCE + 1):
        record.sent("get", 200, 0.1)
    read_collector(collector.url).post(record.end(make_report(), None), str)
    assert [len(each.spans()) for each in collector.received] == [AT_ONCE, 2]
    assert collector.spans()[0].name == "sweep"
    assert len({span.span_id for span in collector.spans()}) == AT_ONCE + 2


def test_what_waits_for_a_slow_collector_is_bounded_and_so_is_the_wait_at_the_end(
    record: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, lost = Collector(is_slow=True), list[str]()
    monkeypatch.setattr(traces, "PATIENCE_S", 0.1)
    monkeypatch.setattr(traces, "MOST_WAITING", 3)
    sender, trace = Sender(read_collector(slow.url), lost.append), record.end(make_report(), None)
    try:
        for _ in range(8):
            sender.put(trace, str)
        assert lost == [f"trace not sent to {slow.address}: too many others wait for it"] * 5
        sender.close()
        assert lost[-1].endswith("not done after 0.1 s")
        told = len(lost)
        slow.status = 500
    finally:
        slow.close()
    assert len(lost) == told, "after the end nothing more is said"


@pytest.mark.parametrize("begins", [b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 500 No\r\n\r\n"])
def test_b31_a_collector_or_pushgateway_that_drips_is_given_up_and_told_of(
    record: Recording, begins: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its headers, its body, or what it says of an error: that it never falls silent is no answer."""
    monkeypatch.setattr(outlet, "DEADLINE_S", 0.2)
    lost, trace = list[str](), record.end(make_report(), None)
    with Drip(begins) as drip:
        sender = Sender(read_collector(drip.url), lost.append)
        for _ in range(2):
            sender.put(trace, str)
        sender.close()
        why = "HTTP 500" if b"500" in begins else "the answer took longer than 0.2 s"
        assert lost == [f"trace not sent to {drip.url.removeprefix('http://')}: {why}"] * 2
        if begins.endswith(b"X-A: "):  # of an answer that is good nothing else is read
            with pytest.raises(NotPublished, match=why):
                Metrics(["a"], FakeClock(), "1").push(drip.url)


def test_b31_that_traces_wait_for_one_that_takes_very_long_is_told_once(record: Recording, clock: FakeClock) -> None:
    slow, lost, trace = Collector(is_slow=True), list[str](), record.end(make_report(), None)
    try:
        sender = Sender(read_collector(slow.url), lost.append, clock.monotonic)
        sender.put(trace, str)
        while not slow.received:
            Event().wait(0.01)
        for _ in range(3):
            sender.put(trace, str)
            clock.advance(traces.LATE_S + 1)
        assert lost == [f"traces wait: {slow.address} has been at one for over 60 s"]
    finally:
        slow.close()


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
def test_a_sweep_that_breaks_off_is_traced_as_an_error_and_breaks_off_as_before(
    collector: Collector, error: type[BaseException]
) -> None:
    def break_off(_tools: object) -> TargetReport:
        raise error

    lost, tools = list[str](), make_tools(FakeClock())
    watched = Traces(Sender(read_collector(collector.url), lost.append), lost.append)
    with pytest.raises(error):
        watched._record(Recording(tools.clock, {}), tools, break_off, ("research", str))
    watched.close()
    (root,) = collector.sweeps()
    assert (root.status.code, root.status.message, lost) == (Status.STATUS_CODE_ERROR, error.__name__, [])
    assert read(root.attributes)["error.type"] == error.__name__


def test_an_address_without_a_path_means_the_usual_one_and_its_password_is_not_shown() -> None:
    for url in ("http://me:canary@127.0.0.1:4318", "https://me:canary@host:4318/"):
        found = read_collector(url)
        assert found.address.path == "/v1/traces"
        assert "canary" not in f"{found!r}{found.address.geturl()}"
    assert read_collector("host:4318/otlp").address.geturl() == "http://host:4318/otlp"
    with pytest.raises(TraceLost, match=r"not sent to 127\.0\.0\.1:1: ") as caught:
        read_collector("http://me:canary@127.0.0.1:1").post(Recording(FakeClock(), {}).end(None, "X"), str)
    assert "canary" not in str(caught.value)


def test_d2_a_password_is_sent_to_another_machine_by_https_alone() -> None:
    with pytest.raises(UsageError, match="the collector's address has a password that everybody on the way could read") as caught:
        read_collector("http://me:canary@host:4318")
    assert "canary" not in str(caught.value)


def test_what_was_sent_leaves_room_for_more(record: Recording, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = list[str]()
    monkeypatch.setattr(traces, "MOST_WAITING", 1)
    sender, trace = Sender(read_collector(collector.url), lost.append), record.end(make_report(), None)
    for count in range(1, 4):
        sender.put(trace, str)
        while len(collector.received) < count or sender._size:
            Event().wait(0.01)
    sender.close()
    assert (len(collector.received), lost) == (3, [])
