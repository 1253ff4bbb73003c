"""Owns the record of what clients asked and what they were told; secrets are left out."""

import threading
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from janitor.emulator.received import Headers, Received

SECRET_HEADERS = frozenset({"authorization", "x-security-token", "x-auth-token", "x-subject-token", "x-metadata-token"})
_SECRET_BODIES = ("/v3/", "/v3.0/")
"""Whatever is sent to IAM may hold a password or a token, also where no route or another method is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One request; `status` is None where no status line was sent on purpose, `route` is "" for a path that nothing serves.

    `credential`: what the request wants to be admitted by, true or not and without its secret: the access key, "token NAME" of
        an issued token, "token" of another one, "password NAME" of a login; None where it has none.
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
    credential: str | None
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


def without_secret_body(received: Received) -> bytes:
    """Leave out a body that may hold a secret."""
    return b"" if unquote(received.path).startswith(_SECRET_BODIES) else received.body
