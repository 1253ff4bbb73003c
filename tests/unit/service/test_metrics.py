"""What is told to the metrics, and what a scraper then sees."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import NOW, FakeClock, make_job
from prometheus_client import REGISTRY
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from janitor.backends.port import Quota
from janitor.core.plan import Outcome, Refusal
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.retention.history import LIFTABLE
from janitor.service import metrics_labels as labels
from janitor.service.metrics import Metrics
from janitor.service.metrics_labels import CODES, ROUTES, result_of
from janitor.sweep.book import Entry
from janitor.sweep.report import TargetReport, Trouble

WHY = Reason(code="c", text="t")
Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def metrics(clock: FakeClock) -> Metrics:
    return Metrics(["a", "b"], clock, "9.9")


def shown(metrics: Metrics) -> Series:
    """Every series as a scraper reads it."""
    text = metrics.render()[0].decode()
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in text_string_to_metric_families(text) for s in f.samples}


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return shown(metrics).get((name, tuple(sorted(labels.items()))))


def make_report(*outcomes: Outcome, **changes: Any) -> TargetReport:
    """A report of target a; each outcome is one job that ended 20 days ago."""
    entries = tuple(
        Entry(decision=Decision(job=make_job(days_ago=20), verdict=Verdict.EXPIRED, reason=WHY), outcome=outcome, reason=WHY)
        for outcome in outcomes
    )
    fields: dict[str, Any] = {"target": "a", "sweep_id": "s", "as_of": NOW, "dry_run": False, "entries": entries}
    return TargetReport(**(fields | {"duration_ms": 45_000} | changes))


def test_every_target_starts_at_0_and_nothing_is_claimed_that_is_not_known(metrics: Metrics) -> None:
    assert value(metrics, "janitor_build_info", version="9.9") == 1
    for target in ("a", "b"):
        assert value(metrics, "janitor_sweeps_total", target=target, result="done") == 0
        assert value(metrics, "janitor_deletions_total", target=target, outcome="failed") == 0
        assert value(metrics, "janitor_request_duration_seconds_count", target=target, route="list") == 0
        assert value(metrics, "janitor_requests_total", target=target, route="get", code="none") == 0
        assert value(metrics, "janitor_breaker_open", target=target) == 0
    unknown = ("janitor_last_success", "janitor_jobs", "janitor_pace_left", "janitor_next_sweep")
    assert not [name for name, _ in shown(metrics) if name.startswith(unknown)]


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (0, "done"),
        (4, "refused"),
        (6, "unreadable"),
        (3, "failed"),
        (5, "ledger"),
        (130, "interrupted"),
        (1, "error"),
        (2, "error"),
        (99, "error"),
    ],
)
def test_the_exit_code_says_how_a_sweep_ended(metrics: Metrics, code: int, word: str) -> None:
    assert result_of(code) == word
    metrics.sweep_began("a")
    assert value(metrics, "janitor_sweep_running", target="a") == 1
    report = make_report(trouble=Trouble(code="x", message="x", exit_code=code))
    metrics.sweep_ended(report)
    assert value(metrics, "janitor_sweep_running", target="a") == 0
    assert value(metrics, "janitor_sweeps_total", target="a", result=result_of(report.exit_code)) == 1
    found = {pairs: count for (name, pairs), count in shown(metrics).items() if name == "janitor_sweeps_total"}
    assert sum(found.values()) == 1


def test_what_became_of_the_jobs_is_counted_sweep_by_sweep(metrics: Metrics) -> None:
    outcomes = [*Outcome, Outcome.CONFIRMED]
    for _ in range(2):
        metrics.sweep_ended(make_report(*outcomes, recovered={"confirmed": 3, "open": 1}))
    for outcome in Outcome:
        count = 4 if outcome is Outcome.CONFIRMED else 2
        assert value(metrics, "janitor_deletions_total", target="a", outcome=outcome.value) == count
    assert value(metrics, "janitor_recovered_total", target="a", outcome="confirmed") == 6
    assert value(metrics, "janitor_recovered_total", target="a", outcome="failed") == 0
    assert value(metrics, "janitor_sweep_duration_seconds_bucket", target="a", le="30.0") == 0
    assert value(metrics, "janitor_sweep_duration_seconds_bucket", target="a", le="60.0") == 2
    assert value(metrics, "janitor_deletions_total", target="b", outcome="failed") == 0


def test_the_age_is_observed_of_deleted_jobs_only_since_their_end(metrics: Metrics) -> None:
    metrics.sweep_ended(make_report(*Outcome))
    edges = ("1.2096e+06", "2.592e+06")  # 14 and 30 days
    found = [value(metrics, "janitor_age_at_deletion_seconds_bucket", target="a", le=edge) for edge in edges]
    assert found == [0, 2]
    assert value(metrics, "janitor_age_at_deletion_seconds_count", target="a") == 2


def test_a_job_whose_end_is_not_known_has_no_age(metrics: Metrics) -> None:
    decision = Decision(job=make_job(finished_at=None), verdict=Verdict.EXPIRED, reason=WHY)
    metrics.sweep_ended(make_report(entries=(Entry(decision=decision, outcome=Outcome.ACCEPTED, reason=WHY),)))
    assert value(metrics, "janitor_age_at_deletion_seconds_count", target="a") == 0
    assert value(metrics, "janitor_deletions_total", target="a", outcome="accepted") == 1


def test_a_dry_run_counts_nothing(metrics: Metrics) -> None:
    before = shown(metrics)
    metrics.sweep_ended(make_report(Outcome.PLANNED, dry_run=True, is_complete=True))
    assert shown(metrics) == before


def test_the_jobs_are_those_of_the_last_complete_listing(metrics: Metrics) -> None:
    metrics.sweep_ended(make_report(is_complete=True, verdicts={"kept": 7, "expired": 2}))
    metrics.sweep_ended(make_report(is_complete=False, verdicts={"kept": 1}))
    metrics.sweep_ended(make_report(is_complete=True, listed_to=datetime(2026, 1, 1, tzinfo=UTC), verdicts={"kept": 3}))
    assert value(metrics, "janitor_jobs", target="a", verdict="kept") == 7
    assert value(metrics, "janitor_jobs", target="a", verdict="expired") == 2
    assert value(metrics, "janitor_jobs", target="a", verdict="held") == 0


@pytest.mark.parametrize(
    ("by", "guard"),
    [
        ("clock", "clock"),
        ("identity", "identity"),
        ("max_share", "max_share"),
        ("lock", "lock"),
        ("pause", "pause"),
        ("moon", "other"),
    ],
)
def test_a_refusal_is_counted_by_its_guard(metrics: Metrics, by: str, guard: str) -> None:
    metrics.sweep_ended(make_report(refusal=Refusal(by=by, message="no")))
    assert value(metrics, "janitor_refusals_total", target="a", guard=guard) == 1
    assert value(metrics, "janitor_sweeps_total", target="a", result="refused") == 1


def test_v6_the_last_success_is_that_of_exit_code_0_and_its_age_grows(metrics: Metrics, clock: FakeClock) -> None:
    metrics.sweep_ended(make_report(Outcome.FAILED))
    assert value(metrics, "janitor_last_success_timestamp_seconds", target="a") is None
    metrics.sweep_ended(make_report(Outcome.CONFIRMED))
    clock.advance(100)
    metrics.sweep_ended(make_report(Outcome.UNKNOWN))
    assert value(metrics, "janitor_last_success_timestamp_seconds", target="a") == NOW.timestamp()
    assert value(metrics, "janitor_last_success_age_seconds", target="a") == 100
    clock.advance(100)
    assert value(metrics, "janitor_last_success_age_seconds", target="a") == 200
    assert value(metrics, "janitor_last_success_age_seconds", target="b") is None


def test_the_ledger_seeds_the_last_success_and_never_sets_it_back(metrics: Metrics) -> None:
    metrics.last_success("a", None)
    assert value(metrics, "janitor_last_success_timestamp_seconds", target="a") is None
    metrics.last_success("a", NOW)
    metrics.last_success("a", NOW - timedelta(hours=1))
    assert value(metrics, "janitor_last_success_timestamp_seconds", target="a") == NOW.timestamp()


def test_requests_are_counted_by_route_and_code(metrics: Metrics) -> None:
    watch = metrics.watcher("a")
    watch.sent("list", 200, 0.3)
    watch.sent("delete", None, 9)
    watch.repeated("list")
    watch.waited(1.5)
    watch.waited(-1)
    watch.breaker_moved(is_open=True)
    assert value(metrics, "janitor_requests_total", target="a", route="list", code="200") == 1
    assert value(metrics, "janitor_requests_total", target="a", route="delete", code="none") == 1
    assert value(metrics, "janitor_request_duration_seconds_bucket", target="a", route="list", le="0.25") == 0
    assert value(metrics, "janitor_request_duration_seconds_bucket", target="a", route="list", le="0.5") == 1
    assert value(metrics, "janitor_request_repeats_total", target="a", route="list") == 1
    assert value(metrics, "janitor_rate_wait_seconds_total", target="a") == 1.5
    assert value(metrics, "janitor_breaker_open", target="a") == 1
    metrics.sweep_began("a")
    assert value(metrics, "janitor_breaker_open", target="a") == 0


def test_pace_schedule_ledger_and_policy_file(metrics: Metrics, clock: FakeClock) -> None:
    metrics.pace_left("a", -4)
    metrics.pace_left("b", 12)
    metrics.next_sweep("a", NOW)
    metrics.schedule_event("a", "missed")
    metrics.ledger(size=4096, events=7)
    metrics.sweep_broke("b")
    assert (value(metrics, "janitor_pace_left", target="a"), value(metrics, "janitor_pace_left", target="b")) == (0, 12)
    assert value(metrics, "janitor_next_sweep_timestamp_seconds", target="a") == NOW.timestamp()
    assert value(metrics, "janitor_schedule_events_total", target="a", event="missed") == 1
    assert (value(metrics, "janitor_ledger_bytes"), value(metrics, "janitor_ledger_events")) == (4096, 7)
    assert value(metrics, "janitor_sweeps_total", target="b", result="error") == 1
    metrics.next_sweep("a", None)
    assert value(metrics, "janitor_next_sweep_timestamp_seconds", target="a") is None


def test_the_room_of_the_ledger_and_the_quota_are_shown_only_while_they_are_known(metrics: Metrics) -> None:
    names = ("janitor_ledger_free_bytes", "janitor_quota_used", "janitor_quota_limit")
    assert not [name for name, _ in shown(metrics) if name in names]
    metrics.ledger(size=1, events=1, free=0)
    metrics.quota("a", Quota(limit=10_000, used=0))
    assert value(metrics, "janitor_ledger_free_bytes") == 0
    assert (value(metrics, names[1], target="a"), value(metrics, names[2], target="a")) == (0, 10_000)
    metrics.ledger(size=1, events=1)
    metrics.quota("a", None)
    metrics.quota("left", Quota(limit=1, used=1))
    assert not [name for name, _ in shown(metrics) if name in names]


def test_who_stands_by_says_nothing_of_how_targets_are_and_forgets_nothing_that_it_counted(metrics: Metrics) -> None:
    """Else a replica that once led would tell of stuck deletions and of a last success that the leader has long overtaken."""
    assert value(metrics, "janitor_leader") is None
    metrics.leads(is_leading=True)
    metrics.sweep_ended(make_report(Outcome.CONFIRMED, stuck=(), is_complete=True))
    metrics.pace_left("a", 5)
    metrics.next_sweep("a", NOW)
    metrics.quota("a", Quota(limit=10, used=1))
    before = {name for name, labels in shown(metrics) if ("target", "a") in labels}
    assert value(metrics, "janitor_leader") == 1
    metrics.leads(is_leading=False)
    after = {name for name, labels in shown(metrics) if ("target", "a") in labels}
    assert value(metrics, "janitor_leader") == 0
    assert before - after == {
        "janitor_deletions_stuck",
        "janitor_jobs",
        "janitor_last_success_age_seconds",
        "janitor_last_success_timestamp_seconds",
        "janitor_next_sweep_timestamp_seconds",
        "janitor_pace_left",
        "janitor_quota_limit",
        "janitor_quota_used",
    }
    assert value(metrics, "janitor_deletions_total", target="a", outcome="confirmed") == 1
    metrics.last_success("a", NOW - timedelta(days=1))
    assert value(metrics, "janitor_last_success_timestamp_seconds", target="a") == (NOW - timedelta(days=1)).timestamp()


def test_a_policy_file_that_is_refused_leaves_the_time_of_the_one_in_force(metrics: Metrics, clock: FakeClock) -> None:
    metrics.file_loaded(ok=True)
    clock.advance(60)
    metrics.file_loaded(ok=False)
    assert value(metrics, "janitor_policy_file_valid") == 0
    assert value(metrics, "janitor_policy_file_loaded_timestamp_seconds") == NOW.timestamp()
    assert value(metrics, "janitor_policy_file_loads_total", result="ok") == 1
    assert value(metrics, "janitor_policy_file_loads_total", result="refused") == 1
    metrics.file_loaded(ok=True)
    assert value(metrics, "janitor_policy_file_valid") == 1


def test_a_target_that_vanished_loses_its_series_and_the_others_count_on(metrics: Metrics) -> None:
    watch = metrics.watcher("a")
    metrics.sweep_ended(make_report(Outcome.CONFIRMED, is_complete=True))
    tell_everything(metrics, "b")
    metrics.set_targets(["b", "c"])
    after = shown(metrics)
    assert not [pairs for _, pairs in after if ("target", "a") in pairs]
    assert value(metrics, "janitor_pace_left", target="b") == 5
    assert value(metrics, "janitor_sweeps_total", target="c", result="done") == 0
    for ended in (metrics, Metrics(["b", "c"], FakeClock(), "9.9")):
        before = shown(ended)
        tell_everything(ended, "a")
        assert shown(ended) == before
    watch.sent("get", 200, 1)
    assert shown(metrics) == after


def tell_everything(metrics: Metrics, target: str) -> None:
    """Tell all there is to tell of one target."""
    watch = metrics.watcher(target)
    watch.sent("list", 200, 0.1)
    watch.repeated("list")
    watch.waited(1)
    watch.breaker_moved(is_open=True)
    metrics.sweep_began(target)
    metrics.sweep_ended(make_report(Outcome.CONFIRMED, target=target, is_complete=True))
    metrics.sweep_broke(target)
    metrics.notices_sent(target, delivered=1, failed=2)
    metrics.pace_left(target, 5)
    metrics.next_sweep(target, NOW)
    metrics.next_sweep(target, None)
    metrics.next_sweep(target, NOW)
    metrics.schedule_event(target, "executed")
    metrics.last_success(target, NOW)


def hostile() -> Iterator[str]:
    """Words that no closed set has."""
    yield from ("", "kept\n", 'x"} 1\njanitor_fake 1', "é", "CONFIRMED", "200", "\x00")
    yield from (f"job-{number}" for number in range(200))


def test_s29_the_number_of_series_is_bounded_by_configuration_alone(metrics: Metrics, clock: FakeClock) -> None:
    def flood(metrics: Metrics, factor: int) -> int:
        for target in ("a", "b", *hostile()):
            watch = metrics.watcher(target)
            tell_everything(metrics, target)
            for status in [None, *range(500 * factor)]:
                watch.sent("list", status, 0.1)
            for word in [*ROUTES, *hostile()]:
                watch.sent(word, 200 if factor > 1 else None, 0.1)
                watch.repeated(word)
                metrics.schedule_event(target, word)  # type: ignore[arg-type]
        for word in hostile():
            verdicts = {word: 5, "kept": 1}
            report = make_report(*Outcome, is_complete=True, verdicts=verdicts, refusal=Refusal(by=word, message=word))
            metrics.sweep_ended(TargetReport(**{**fields_of(report), "recovered": {word: 4}}))
        return len(shown(metrics))

    before = len(shown(metrics))
    first = flood(metrics, 1)
    most = flood(metrics, 3)
    assert before < first <= most <= before + 2 * (len(ROUTES) * len(CODES) + 20)
    assert flood(metrics, 3) == most
    for _, pairs in shown(metrics):
        assert all(word in ALLOWED[name] for name, word in pairs if name != "le"), pairs
    one = Metrics(["a"], clock, "9.9")
    flood(one, 3)
    assert len(shown(one)) < most


ALLOWED = {
    "target": ("a", "b"),
    "version": ("9.9",),
    "result": (*labels.RESULTS, *labels.LOADS, *labels.NOTICES),
    "verdict": labels.VERDICTS,
    "outcome": (*labels.OUTCOMES, "open"),
    "guard": (*LIFTABLE, "identity", "max_share", "labels_unavailable", "lock", "pause", "other"),
    "route": ("list", "get", "delete", "batch_delete", "other"),
    "code": labels.CODES,
    "event": ("executed", "error", "missed", "overlapped"),
}


def fields_of(report: TargetReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in TargetReport.__dataclass_fields__}


def test_nothing_goes_to_the_registry_of_the_process(metrics: Metrics) -> None:
    tell_everything(metrics, "a")
    assert not [family.name for family in REGISTRY.collect() if family.name.startswith("janitor")]


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.4",
        "application/openmetrics-text;version=nonsense",
    ],
)
def test_a_scraper_that_knows_openmetrics_gets_it(metrics: Metrics, accept: str) -> None:
    tell_everything(metrics, "a")
    body, kind = metrics.render(accept)
    assert kind == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = {family.name for family in parse_openmetrics(body.decode())}  # type: ignore[no-untyped-call]
    assert "janitor_sweeps" in families
    assert "_created" not in body.decode()


@pytest.mark.parametrize("accept", ["", "*/*", "text/plain; version=0.0.4"])
def test_every_other_scraper_gets_prometheus_text(metrics: Metrics, accept: str) -> None:
    body, kind = metrics.render(accept)
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    assert b"# TYPE janitor_sweeps_total counter" in body
    assert b"_created" not in body


def test_notices_are_counted_by_what_became_of_them(metrics: Metrics) -> None:
    metrics.notices_sent("a", delivered=2, failed=1)
    metrics.notices_sent("unknown", delivered=9, failed=9)
    count = metrics.registry.get_sample_value
    found = [count("janitor_notices_total", {"target": "a", "result": result}) for result in labels.NOTICES]
    assert found == [2, 1]
    assert count("janitor_notices_total", {"target": "unknown", "result": "failed"}) is None
