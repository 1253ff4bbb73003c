"""Owns the record of what clients asked and what they were told; secrets are left out."""

import threading
from dataclasses import dataclass
from datetime import datetime

from janitor.emulator.received import Headers

SECRET_HEADERS = frozenset({"authorization", "x-security-token", "x-auth-token"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One request; `status` is None where no status line was sent on purpose, `route` is "" for a path that nothing serves.

    `job_ids`: the jobs that it names, by its path or as a batch. `faults` names the scripted actions that this request met.
    `at` is the time of arrival, aware UTC.
    """

    method: str
    path: str
    query: str
    route: str
    job_ids: tuple[str, ...]
    status: int | None
    access_key: str | None
    at: datetime
    headers: Headers
    body: bytes
    connection: int
    request_id: str
    faults: tuple[str, ...]

    @property
    def job_id(self) -> str | None:
        """Return the one job that it names; None where it names none or several."""
        return self.job_ids[0] if len(self.job_ids) == 1 else None


class Journal:
    """Keeps the records in the order in which the answers left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: list[RequestRecord] = []

    def append(self, record: RequestRecord) -> None:
        """Keep a record; called before the first byte of the answer leaves."""
        with self._lock:
            self._records.append(record)

    def records(self) -> list[RequestRecord]:
        """Return a copy of the records so far."""
        with self._lock:
            return list(self._records)


def without_secrets(headers: Headers) -> Headers:
    """Leave out the headers that carry or prove a secret."""
    return tuple((name, value) for name, value in headers if name not in SECRET_HEADERS)
