"""Owns the metrics of one process: what is told to it becomes series of a registry of its own, bounded by configuration."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from math import nan
from pathlib import Path
from threading import Lock

from prometheus_client import CollectorRegistry

from janitor.backends.port import Quota
from janitor.core.seams import Clock
from janitor.service import metrics_labels as labels
from janitor.service import metrics_publish
from janitor.service.metrics_families import Board, ProcessFamilies, RequestFamilies, SweepFamilies
from janitor.service.metrics_publish import NotPublished
from janitor.sweep.report import TargetReport

__all__ = ["Metrics", "NotPublished", "RequestWatcher"]


class Metrics:
    """Safe to use from any thread; what is told of a target that is not configured is dropped."""

    def __init__(self, targets: Sequence[str], clock: Clock, version: str) -> None:
        self.registry = CollectorRegistry()
        self._clock = clock
        self._board = Board(self.registry)
        self._sweeps = SweepFamilies(self._board)
        self._requests = RequestFamilies(self._board)
        self._process = ProcessFamilies(self.registry)
        self._process.build.labels(version).set(1)
        self._lock = Lock()
        self._targets: frozenset[str] = frozenset()
        self._succeeded: dict[str, datetime] = {}
        self.set_targets(targets)

    def set_targets(self, targets: Sequence[str]) -> None:
        """The targets from now on: new ones start at 0, those that are gone lose their series, the others count on."""
        with self._lock:
            gone, new = self._targets - set(targets), set(targets) - self._targets
            self._targets = frozenset(targets)
            for target in gone:
                self._board.drop(target)
                self._succeeded.pop(target, None)
            for target in new:
                self._board.begin(target)

    def watcher(self, target: str) -> "RequestWatcher":
        """Who is told of the requests of a target; give it to its transport."""
        return RequestWatcher(self, self._requests, target)

    def has(self, target: str) -> bool:
        """Tell whether a target is configured."""
        return target in self._targets

    def sweep_began(self, target: str) -> None:
        """A sweep is at work; its transport is new, so its breaker is closed."""
        if self.has(target):
            self._sweeps.running.labels(target).set(1)
            self._requests.breaker.labels(target).set(0)

    def sweep_ended(self, report: TargetReport) -> None:
        """A sweep ended, however; of a dry run nothing is counted."""
        if not self.has(report.target):
            return
        self._sweeps.running.labels(report.target).set(0)
        if report.dry_run:
            return
        self._sweeps.count(report)
        if report.exit_code == 0:
            self.last_success(report.target, self._clock.now())

    def sweep_broke(self, target: str) -> None:
        """A sweep ended with an unexpected exception, and has no report."""
        if self.has(target):
            self._sweeps.running.labels(target).set(0)
            self._sweeps.sweeps.labels(target, labels.result_of(1)).inc()

    def last_success(self, target: str, when: datetime | None) -> None:
        """When a sweep of a target last ended with exit code 0, as far as is known; an earlier time changes nothing."""
        with self._lock:
            if when is None or not self.has(target):
                return
            latest = self._succeeded[target] = max(when, self._succeeded.get(target, when))
            self._sweeps.last_success.labels(target).set(latest.timestamp())
            self._sweeps.success_age.labels(target).set_function(partial(self._seconds_since, latest))

    def notices_sent(self, target: str, *, delivered: int, failed: int) -> None:
        """What became of the notices of a sweep."""
        if self.has(target):
            for result, number in zip(labels.NOTICES, (delivered, failed), strict=True):
                self._sweeps.notices.labels(target, result).inc(number)

    def pace_left(self, target: str, left: int) -> None:
        """How many more deletions the pace of 24 hours lets through."""
        if self.has(target):
            self._sweeps.pace_left.labels(target).set(max(0, left))

    def next_sweep(self, target: str, when: datetime | None) -> None:
        """When the next sweep is due; None: never."""
        if not self.has(target):
            return
        if when is not None:
            self._sweeps.next_sweep.labels(target).set(when.timestamp())
        else:
            self._board.forget(self._sweeps.next_sweep, target)

    def schedule_event(self, target: str, event: labels.ScheduleEvent) -> None:
        """What the scheduler did with a target's turn."""
        if self.has(target) and event in labels.SCHEDULE_EVENTS:
            self._sweeps.schedule.labels(target, event).inc()

    def quota(self, target: str, quota: Quota | None) -> None:
        """How many jobs the platform counts and lets there be; None: nobody knows any more."""
        if not self.has(target):
            return
        numbers = (None, None) if quota is None else (quota.used, quota.limit)
        for family, number in zip((self._sweeps.quota_used, self._sweeps.quota_limit), numbers, strict=True):
            if number is None:
                self._board.forget(family, target)
            else:
                family.labels(target).set(number)

    def ledger(self, *, size: int, events: int, free: int | None = None) -> None:
        """How large the ledger's file is, how many events it has, and how many bytes are free there, where that is known."""
        self._process.ledger_bytes.set(size)
        self._process.ledger_events.set(events)
        self._process.ledger_free.set(nan if free is None else free)

    def leads(self, *, is_leading: bool) -> None:
        """Whether this service is the one that sweeps; one that stands by says nothing of how its targets are."""
        self._process.leader.set(is_leading)
        if is_leading:
            return
        with self._lock:
            for target in self._targets:
                self._board.unclaim(target)
                self._succeeded.pop(target, None)

    def file_loaded(self, *, ok: bool) -> None:
        """The policy file was read, and accepted or not; while it is refused nothing is swept."""
        self._process.file_valid.set(ok)
        self._process.file_loads.labels("ok" if ok else "refused").inc()
        if ok:
            self._process.file_loaded.set(self._clock.now().timestamp())

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Body and content type of an answer to a scraper that sent this Accept header."""
        return metrics_publish.render(self.registry, accept)

    def write_textfile(self, path: Path) -> None:
        """Write a file for node_exporter's textfile collector; raises NotPublished."""
        metrics_publish.write_textfile(self.registry, path)

    def push(self, url: str, job: str = "janitor", timeout_s: float = 5.0) -> None:
        """Push to a Pushgateway; raises NotPublished."""
        metrics_publish.push(self.registry, sorted(self._targets), url, job, timeout_s)

    def _seconds_since(self, time: datetime) -> float:
        return (self._clock.now() - time).total_seconds()


class RequestWatcher:
    """Counts the requests of one target; shaped like a watcher of the ModelArts library, which this must not import."""

    def __init__(self, metrics: Metrics, families: RequestFamilies, target: str) -> None:
        self._metrics = metrics
        self._families = families
        self._target = target

    def sent(self, kind: str, status: int | None, seconds: float) -> None:
        """One attempt left."""
        if self._metrics.has(self._target):
            route = labels.route_of(kind)
            self._families.requests.labels(self._target, route, labels.code_of(status)).inc()
            self._families.durations.labels(self._target, route).observe(seconds)

    def repeated(self, kind: str) -> None:
        """A call is tried again."""
        if self._metrics.has(self._target):
            self._families.repeats.labels(self._target, labels.route_of(kind)).inc()

    def waited(self, seconds: float) -> None:
        """A call waited."""
        if self._metrics.has(self._target):
            self._families.waits.labels(self._target).inc(max(0.0, seconds))

    def breaker_moved(self, *, is_open: bool) -> None:
        """The breaker opened or closed."""
        if self._metrics.has(self._target):
            self._families.breaker.labels(self._target).set(is_open)
