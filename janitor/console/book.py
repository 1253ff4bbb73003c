"""Owns what is remembered between two requests: figures that are dear to count and that only a sweep changes."""

from collections import Counter
from collections.abc import Iterable
from threading import Lock
from typing import Any

from janitor.ledger.listed import Tally, count_by_policy, tally
from janitor.ledger.moment import Readable
from janitor.ledger.timeline import Span, read_end

_MOST = 2000
_RUNNING = "running"

PolicyCounts = Counter[tuple[str, str | None, str]]


class Book:
    """Figures by the sweeps that made them; while a sweep runs, everything is counted anew."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ends: dict[str, dict[str, Any]] = {}
        self._counted: dict[str, tuple[object, Any]] = {}

    def tally(self, ledger: Readable, latest: Iterable[Span]) -> Tally:
        """How many jobs of each target have each verdict, and how old what is known of them can be."""
        found: Tally = self._count("tally", latest, lambda: tally(ledger))
        return found

    def policies(self, ledger: Readable, latest: Iterable[Span]) -> PolicyCounts:
        """The same by policy."""
        counts: PolicyCounts = self._count("policies", latest, lambda: count_by_policy(ledger))
        return counts

    def end(self, ledger: Readable, span: Span) -> dict[str, Any] | None:
        """The event with which a sweep ended, which does not change any more."""
        known = self._ends.get(span.sweep_id)
        if known is None and (found := read_end(ledger, span)) is not None:
            with self._lock:
                if len(self._ends) >= _MOST:
                    self._ends.clear()
                known = self._ends[span.sweep_id] = found
        return known

    def _count(self, what: str, latest: Iterable[Span], count: Any) -> Any:
        """What a listing had changes only while a sweep of its target runs."""
        state = tuple((span.sweep_id, span.status) for span in latest)
        known = self._counted.get(what)
        if known is not None and known[0] == state:
            return known[1]
        found = count()
        if not any(status == _RUNNING for _, status in state):
            with self._lock:
                self._counted[what] = (state, found)
        return found
