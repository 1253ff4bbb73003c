"""Owns the families of metrics: their names, help, labels and buckets, and the life of the series of one target."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import product
from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from janitor.core.plan import Outcome
from janitor.service import metrics_labels as labels
from janitor.sweep.report import TargetReport

_SWEEP_BUCKETS = (10, 30, 60, 300, 900, 1800, 3600, 7200, 14400, 28800)
_REQUEST_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_AGE_BUCKETS = tuple(timedelta(days=days).total_seconds() for days in (1, 3, 7, 14, 30, 60, 90, 180, 365, 730))

Values = Sequence[str]
Family = Counter | Gauge | Histogram


class Board:
    """Makes the families that have a target label, and begins and drops every series of a target."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._all: list[tuple[Family, list[tuple[str, ...]]]] = []
        self._begun: list[tuple[Family, list[tuple[str, ...]]]] = []
        self._claims: list[tuple[Family, list[tuple[str, ...]]]] = []

    def counter(self, name: str, text: str, *, starts: bool = True, **more: Values) -> Counter:
        """A counter; where it does not start, a series comes with its first count."""
        family = Counter(name, text, ["target", *more], registry=self._registry)
        self._keep(family, more, starts=starts)
        return family

    def gauge(self, name: str, text: str, *, starts: bool = False, **more: Values) -> Gauge:
        """A gauge; it does not start where 0 would be a statement that nobody has made."""
        family = Gauge(name, text, ["target", *more], registry=self._registry)
        self._keep(family, more, starts=starts)
        if not starts:
            self._claims.append(self._all[-1])
        return family

    def histogram(self, name: str, text: str, buckets: Sequence[float], **more: Values) -> Histogram:
        """A histogram."""
        family = Histogram(name, text, ["target", *more], registry=self._registry, buckets=buckets)
        self._keep(family, more, starts=True)
        return family

    def start(self, family: Family, rows: Iterable[tuple[str, ...]]) -> None:
        """Let only some series of a family start at 0."""
        self._begun.append((family, list(rows)))

    def begin(self, target: str) -> None:
        """Show the series of a target that start at 0."""
        for family, values in self._begun:
            for row in values:
                family.labels(target, *row)

    def drop(self, target: str) -> None:
        """Show no series of a target any more."""
        self._forget_all(self._all, target)

    def unclaim(self, target: str) -> None:
        """Say nothing any more of how a target is now, which somebody else may know better; what was counted stays."""
        self._forget_all(self._claims, target)

    def forget(self, family: Family, *values: str) -> None:
        """Show one series no more; one that was never shown is as good."""
        with suppress(KeyError):
            family.remove(*values)

    def _forget_all(self, entries: list[tuple[Family, list[tuple[str, ...]]]], target: str) -> None:
        for family, values in entries:
            for row in values:
                self.forget(family, target, *row)

    def _keep(self, family: Family, more: dict[str, Values], *, starts: bool) -> None:
        entry = (family, list(product(*more.values())))
        self._all.append(entry)
        if starts:
            self._begun.append(entry)


class SweepFamilies:
    """What sweeps come to."""

    def __init__(self, board: Board) -> None:
        self.last_success = board.gauge("janitor_last_success_timestamp_seconds", "When the last sweep with exit code 0 ended.")
        self.success_age = board.gauge("janitor_last_success_age_seconds", "Time since then; absent before the first.")
        self.sweeps = board.counter("janitor_sweeps_total", "Sweeps that ended, by how.", result=labels.RESULTS)
        self.running = board.gauge("janitor_sweep_running", "1 while a sweep is at work.", starts=True)
        self.durations = board.histogram("janitor_sweep_duration_seconds", "How long sweeps took.", _SWEEP_BUCKETS)
        self.jobs = board.gauge("janitor_jobs", "Jobs of the last complete listing.", verdict=labels.VERDICTS)
        self.deletions = board.counter("janitor_deletions_total", "Expired jobs, by what came of them.", outcome=labels.OUTCOMES)
        self.recovered = board.counter(
            "janitor_recovered_total", "Deletions left open by an earlier sweep.", outcome=labels.RECOVERIES
        )
        self.stuck = board.gauge(
            "janitor_deletions_stuck", "Deletions still open 24 h after they were intended, at the last look."
        )
        self.refusals = board.counter("janitor_refusals_total", "Plans refused whole, by what.", guard=labels.GUARDS)
        self.notices = board.counter("janitor_notices_total", "Notices, by what became of them.", result=labels.NOTICES)
        self.pace_left = board.gauge("janitor_pace_left", "Deletions that the pace of 24 hours still lets through.")
        self.ages = board.histogram("janitor_age_at_deletion_seconds", "Time since the end of deleted jobs.", _AGE_BUCKETS)
        self.quota_used = board.gauge(
            "janitor_quota_used", "Jobs that the platform counted against its quota, at the last sweep."
        )
        self.quota_limit = board.gauge("janitor_quota_limit", "Jobs that the platform lets there be.")
        self.next_sweep = board.gauge("janitor_next_sweep_timestamp_seconds", "When the next sweep is due.")
        self.schedule = board.counter("janitor_schedule_events_total", "What the scheduler did.", event=labels.SCHEDULE_EVENTS)

    def count(self, report: TargetReport) -> None:
        """Take over what one sweep came to."""
        target, outcomes = report.target, report.outcomes()
        self.sweeps.labels(target, labels.result_of(report.exit_code)).inc()
        self.durations.labels(target).observe(report.duration_ms / 1000)
        if report.refusal is not None:
            self.refusals.labels(target, labels.guard_of(report.refusal.by)).inc()
        for outcome in labels.OUTCOMES:
            self.deletions.labels(target, outcome).inc(outcomes[outcome])
        for outcome in labels.RECOVERIES:
            self.recovered.labels(target, outcome).inc(report.recovered.get(outcome, 0))
        if report.stuck is not None:
            self.stuck.labels(target).set(len(report.stuck))
        if report.is_complete and report.listed_to is None:
            for verdict in labels.VERDICTS:
                self.jobs.labels(target, verdict).set(report.verdicts.get(verdict, 0))
        self._observe_ages(report)

    def _observe_ages(self, report: TargetReport) -> None:
        for entry in report.entries:
            ended = entry.decision.job.finished_at
            if entry.outcome in (Outcome.CONFIRMED, Outcome.ACCEPTED) and ended is not None:
                self.ages.labels(report.target).observe((report.as_of - ended).total_seconds())


class RequestFamilies:
    """What is sent to the platform."""

    def __init__(self, board: Board) -> None:
        self.requests = board.counter(
            "janitor_requests_total", "Requests that left.", starts=False, route=labels.ROUTES, code=labels.CODES
        )
        board.start(self.requests, product(labels.ROUTES, [labels.NO_ANSWER]))
        self.durations = board.histogram(
            "janitor_request_duration_seconds", "From sending to the last byte.", _REQUEST_BUCKETS, route=labels.ROUTES
        )
        self.repeats = board.counter("janitor_request_repeats_total", "Calls tried again.", route=labels.ROUTES)
        self.waits = board.counter("janitor_rate_wait_seconds_total", "Time that calls waited for the rate or a repeat.")
        self.breaker = board.gauge("janitor_breaker_open", "1 while the platform is left alone after failures.", starts=True)


class ProcessFamilies:
    """What concerns no single target."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.build = Gauge("janitor_build_info", "Always 1.", ["version"], registry=registry)
        self.ledger_bytes = Gauge("janitor_ledger_bytes", "Size of the ledger's file; 0: not looked yet.", registry=registry)
        self.ledger_free = Gauge("janitor_ledger_free_bytes", "Bytes free where the ledger's file is.", registry=registry)
        self.ledger_free.set(nan)  # not known, and not shown
        self.leader = Gauge("janitor_leader", "1: this service is the one that sweeps; 0: it stands by.", registry=registry)
        self.leader.set(nan)
        self.ledger_events = Gauge("janitor_ledger_events", "Events in the ledger; 0: not looked yet.", registry=registry)
        self.file_valid = Gauge("janitor_policy_file_valid", "1: the policy file was accepted when last read.", registry=registry)
        self.file_loaded = Gauge(
            "janitor_policy_file_loaded_timestamp_seconds", "When the policy file in force was read.", registry=registry
        )
        self.file_loads = Counter(
            "janitor_policy_file_loads_total", "Times that the policy file was read.", ["result"], registry=registry
        )
        for result in labels.LOADS:
            self.file_loads.labels(result)


def make_verified(*, is_good: bool, when: datetime) -> CollectorRegistry:
    """What `janitor audit verify` came to, in a registry of its own: it is another process than the one that sweeps."""
    registry = CollectorRegistry()
    Gauge("janitor_audit_verified", "1: the audit log was untouched when last verified.", registry=registry).set(is_good)
    moment = Gauge(
        "janitor_audit_verified_timestamp_seconds", "When it was last verified, however that ended.", registry=registry
    )
    moment.set(when.timestamp())
    return registry
