"""Owns what the metrics take from a ledger (size, room, pace left, last success) and, after a sweep, from a platform (quota)."""

from contextlib import suppress
from datetime import datetime, timedelta

from janitor.core.errors import JanitorError
from janitor.ledger.facts import count_intents, last_success
from janitor.ledger.store import Ledger
from janitor.service.metrics import Metrics
from janitor.settings.model import TargetSettings
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target

PACE_WINDOW = timedelta(hours=24)


def note_ledger(metrics: Metrics, ledger: Ledger) -> None:
    """The ledger's size in bytes and events, and the room that is left where it lies, where that is known."""
    metrics.ledger(size=ledger.storage.size(), events=ledger.head().seq, free=ledger.storage.free())


def note_target(metrics: Metrics, ledger: Ledger, target: Target | TargetSettings, now: datetime) -> None:
    """How many deletions of a target the pace of 24 hours still lets through, and when it last went well."""
    metrics.pace_left(target.name, target.pace.per_day - count_intents(ledger, target.name, now - PACE_WINDOW))
    metrics.last_success(target.name, last_success(ledger, target.name))


def note_quota(metrics: Metrics, target: Target, report: TargetReport) -> None:
    """What the platform says of its quota after a sweep that could read it; not to know it fails nothing, and claims nothing."""
    quota = None
    if report.trouble is None:
        with suppress(JanitorError):
            quota = target.backend.read_quota()
    metrics.quota(target.name, quota)
