"""Owns fingerprints: a job's identity and everything that decides about it, as one SHA-256 that tells nothing of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from janitor.core.canonical import digest, timestamp
from janitor.core.job import COMPARED, Job


def compared_fields(unread: frozenset[str]) -> tuple[str, ...]:
    """The fields of a job without those that nobody reads: what a look compares, and what a fingerprint is of."""
    return tuple(name for name in COMPARED if name not in unread)


def fingerprint(job: Job, compared: Sequence[str]) -> str:
    """Lower-case hex SHA-256 over these fields of a job, as the platform told them."""
    return digest([[name, _plain(getattr(job, name))] for name in compared])


def inventory_digest(jobs: Iterable[Job], compared: Sequence[str]) -> str:
    """Lower-case hex SHA-256 over the ids and fingerprints of jobs, in whatever order they come; a line each."""
    lines = sorted(f"{job.id} {fingerprint(job, compared)}\n" for job in jobs)
    return sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return timestamp(value)
    return sorted(value) if isinstance(value, frozenset) else value
