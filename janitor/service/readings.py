"""Owns what the metrics take from a ledger: its size, what the pace leaves, the last success."""

from datetime import datetime, timedelta

from janitor.ledger.facts import count_intents, last_success
from janitor.ledger.store import Ledger
from janitor.service.metrics import Metrics
from janitor.settings.model import TargetSettings
from janitor.sweep.target import Target

PACE_WINDOW = timedelta(hours=24)


def note_ledger(metrics: Metrics, ledger: Ledger) -> None:
    """The ledger's size in bytes and events."""
    metrics.ledger(size=ledger.storage.size(), events=ledger.head().seq)


def note_target(metrics: Metrics, ledger: Ledger, target: Target | TargetSettings, now: datetime) -> None:
    """How many deletions of a target the pace of 24 hours still lets through, and when it last went well."""
    metrics.pace_left(target.name, target.pace.per_day - count_intents(ledger, target.name, now - PACE_WINDOW))
    metrics.last_success(target.name, last_success(ledger, target.name))
