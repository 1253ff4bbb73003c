"""Owns the quotas of the account's user: what may be written, and what was (modelarts-api.md §1.2 rows 15 and 16)."""

from dataclasses import dataclass

JOBS = "job-num"
RETENTION = "job-retention-enabled"
MOST = 2**31 - 1
ALLOWED: dict[str, range] = {
    JOBS: range(1, MOST + 1),
    "visual-job-num": range(1, MOST + 1),
    RETENTION: range(2),
    "job-num-quota-notify": range(1),
}
"""Every resource, and the numbers that it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One written quota; `extra_info` holds the topic that a notice goes to."""

    resource: str
    quota: int
    extra_info: str = ""


class QuotaBook:
    """What was written, by resource; who holds the world's lock may use it."""

    def __init__(self) -> None:
        self._written: dict[str, Quota] = {}

    def write(self, quota: Quota) -> None:
        """Keep a quota in place of an earlier one."""
        self._written[quota.resource] = quota

    def limit(self, default: int) -> int:
        """Return how many jobs there may be: what was written, else the default."""
        return self._written[JOBS].quota if JOBS in self._written else default

    def ages_all(self) -> bool:
        """Tell whether the user lets all of their ended jobs age (§3.5); off until it is written."""
        return RETENTION in self._written and self._written[RETENTION].quota == 1
