"""Owns the counts of requests sent and the last clock difference seen; decides nothing."""

from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock

from janitor.modelarts.call import RouteKind


class Traffic:
    """What one transport has sent so far; safe to read from any thread.

    `parent` counts too what is sent here, but the clock of another service says nothing about its own.
    """

    def __init__(self, parent: "Traffic | None" = None) -> None:
        self._parent = parent
        self._lock = Lock()
        self._sent: Counter[RouteKind] = Counter()
        self._skew: float | None = None

    def count(self, kind: RouteKind) -> None:
        """Note one attempt that left."""
        with self._lock:
            self._sent[kind] += 1
        if self._parent is not None:
            self._parent.count(kind)

    def snapshot(self) -> dict[str, int]:
        """Attempts sent by kind of route, every kind named."""
        with self._lock:
            return {kind.value: self._sent[kind] for kind in RouteKind}

    def note_date(self, date: str | None, now: datetime) -> None:
        """Note the server's `Date`, read at our `now`; an absent or odd one changes nothing."""
        time = parse_http_date(date)
        if time is not None:
            with self._lock:
                self._skew = (time - now).total_seconds()

    @property
    def skew(self) -> float | None:
        """Server time minus ours in seconds, as last seen; None until an answer told."""
        with self._lock:
            return self._skew


def parse_http_date(text: str | None) -> datetime | None:
    """Read an HTTP date as aware UTC; None for anything else."""
    if not text:
        return None
    try:
        time = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
