"""Owns the look at the log that all listeners share: what was written since the last one, at most once a second."""

from contextlib import closing
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sqlalchemy import select

from janitor.console.app_source import AppSource
from janitor.console.progress import Progress
from janitor.core.errors import LedgerError
from janitor.ledger.schema import sweeps
from janitor.ledger.store import Ledger

EVERY_S = 1.0
MOST_BEHIND = 20_000
"""Events read at the first look; a sweep that wrote more is counted from there on."""
_RUNNING = select(sweeps.c.target, sweeps.c.sweep_id).where(sweeps.c.status == "running").order_by(sweeps.c.started_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What was found at a look. `turned` moves with what is no deletion; `told` with every event, None in trouble."""

    told: int | None = None
    turned: int = 0
    document: dict[str, Any] = field(default_factory=dict)


class Pulse:
    """Asked by many threads; one of them looks, and the others get what it found."""

    def __init__(self, source: AppSource) -> None:
        self._source = source
        self._lock = Lock()
        self._progress: Progress | None = None
        self._beat, self._looked_at = Beat(), float("-inf")

    def look(self) -> Beat:
        """The present state of the log, not older than a second."""
        with self._lock:
            now = self._source.clock.monotonic()
            if now - self._looked_at >= EVERY_S * 0.9:
                self._beat, self._looked_at = self._read(), now
            return self._beat

    def _read(self) -> Beat:
        try:
            with self._source.reading() as ledger:
                if ledger is None:
                    return Beat(told=0)
                progress = self._go_on(ledger)
        except LedgerError:
            self._progress = None
            return Beat()
        self._progress = progress
        return Beat(told=progress.told, turned=progress.turned, document=progress.as_json())

    def _go_on(self, ledger: Ledger) -> Progress:
        """From where the last look ended; where there is less than that by now, another ledger lies there, so from anew."""
        last, progress = ledger.head().seq, self._progress
        if progress is None or last < progress.told:
            with ledger.reading() as connection:
                running = {row.target: row.sweep_id for row in connection.execute(_RUNNING)}
            progress = Progress(max(0, last - MOST_BEHIND), running)
        with closing(ledger.rows(after=progress.told)) as rows:
            for row in rows:
                progress.take(row.event())
        return progress
