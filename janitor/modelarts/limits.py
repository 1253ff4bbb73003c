"""Owns the numbers that bound one transport: times, sizes, attempts, rate."""

from dataclasses import dataclass

MOST_CONCURRENT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportLimits:
    """How hard and how long a transport tries; names with `_s` are seconds.

    `concurrency` is at most 4: more than five bad signatures in a row lock a key for all its users
    (docs/modelarts-api.md, locked keys), and requests in flight cannot be called back.
    """

    connect_timeout_s: float = 10.0
    read_timeout_s: float = 30.0
    attempt_deadline_s: float = 60.0
    max_body_bytes: int = 32 * 1024 * 1024
    attempts: int = 4
    backoff_base_s: float = 0.5
    backoff_cap_s: float = 20.0
    retry_after_cap_s: float = 60.0
    retry_share: float = 0.1
    retry_floor: int = 10
    requests_per_second: float = 5.0
    concurrency: int = MOST_CONCURRENT
    breaker_threshold: int = 5
    breaker_cooldown_s: float = 30.0

    def __post_init__(self) -> None:
        for name in ("connect_timeout_s", "read_timeout_s", "attempt_deadline_s", "requests_per_second"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above zero")
        for name in ("max_body_bytes", "attempts", "breaker_threshold"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if not 1 <= self.concurrency <= MOST_CONCURRENT:
            raise ValueError(f"concurrency must be from 1 to {MOST_CONCURRENT}")
