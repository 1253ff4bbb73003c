"""Owns how long to wait before a second attempt and how many there may be in all; what may be repeated is `answers`' business."""

import re
from datetime import datetime
from random import Random
from threading import Lock

from janitor.modelarts.errors import ModelArtsError
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.traffic import parse_http_date


class Setback(Exception):
    """One attempt failed with `error`; `may_repeat` says whether another attempt is safe and useful.

    `has_new_key`: the credential was refused, and another one was obtained to repeat it with, at once.
    """

    def __init__(
        self, error: ModelArtsError, *, may_repeat: bool, retry_after: float | None = None, has_new_key: bool = False
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.may_repeat = may_repeat
        self.retry_after = retry_after
        self.has_new_key = has_new_key


class Backoff:
    """Exponential, jittered waits that are never shorter than what the platform asked for."""

    def __init__(self, limits: TransportLimits, random: Random) -> None:
        self._limits = limits
        self._random = random

    def wait_s(self, attempt: int, retry_after: float | None) -> float:
        """Seconds to wait after attempt number `attempt`, counted from 1."""
        full = min(self._limits.backoff_cap_s, self._limits.backoff_base_s * 2.0 ** min(attempt - 1, 30))
        jittered = full * self._random.uniform(0.5, 1.0)
        return max(jittered, retry_after or 0.0)


class RetryBudget:
    """Bounds retries to a share of all requests, so that an ailing platform is not met with more load."""

    def __init__(self, share: float, floor: int) -> None:
        self._share = share
        self._left = float(floor)
        self._lock = Lock()

    def earn(self) -> None:
        """A first attempt adds its share."""
        with self._lock:
            self._left += self._share

    def spend(self) -> bool:
        """Take one retry; False when none is left."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait: a whole number or an HTTP date counted from `now`; None for garbage, negatives and the past."""
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        return float(text)
    date = parse_http_date(text)
    seconds = (date - now).total_seconds() if date else 0.0
    return seconds if seconds > 0 else None
