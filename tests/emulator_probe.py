"""Owns a small client for the emulator's tests: it signs by its own reading of the rules and hides nothing of the wire."""

import hashlib
import hmac
import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from janitor.emulator.account import Account
from janitor.emulator.document import Sketch, build_job
from janitor.emulator.server import Emulator

NOW = datetime(2026, 1, 15, 8, 30, tzinfo=UTC)
ACCOUNT = Account()
SEARCHES = f"/v2/{ACCOUNT.project_id}/training-job-searches"
JOBS = f"/v2/{ACCOUNT.project_id}/training-jobs"


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


MakeProbe = Callable[..., "Probe"]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An answer as it was received."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.json["error_code"]


@dataclass(kw_only=True)
class Probe:
    """Sends one request a connection, signed as the account unless told otherwise."""

    emulator: Emulator
    account: Account = ACCOUNT
    signed_at: datetime | None = None
    timeout_s: float = 5.0
    extra: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None) -> Seen:
        """Sign and send a request; `query` is encoded as it is signed."""
        encoded = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted((query or {}).items()))
        raw = b"" if body is None else json.dumps(body).encode()
        return self.send_raw(method, f"{path}?{encoded}" if encoded else path, raw, self.sign(method, path, encoded, raw))

    def send_raw(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Seen:
        """Send exactly this."""
        connection = http.client.HTTPConnection("127.0.0.1", self.emulator.port, timeout=self.timeout_s)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            return Seen(status=response.status, headers=dict(response.getheaders()), body=response.read())
        finally:
            connection.close()

    def sign(self, method: str, path: str, query: str, body: bytes) -> dict[str, str]:
        """Build the headers of a request, the signature among them."""
        signed_at = self.signed_at or self.emulator.clock()
        headers = {
            "content-type": "application/json",
            "host": f"127.0.0.1:{self.emulator.port}",
            "x-project-id": self.account.project_id,
            "x-sdk-date": signed_at.strftime("%Y%m%dT%H%M%SZ"),
        } | self.extra
        names = ";".join(sorted(headers))
        block = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        canonical = f"{method}\n{path}/\n{query}\n{block}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        to_sign = f"SDK-HMAC-SHA256\n{headers['x-sdk-date']}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self.account.secret_key.encode(), to_sign.encode(), "sha256").hexdigest()
        claim = f"Access={self.account.access_key}, SignedHeaders={names}, Signature={signature}"
        return headers | {"authorization": f"SDK-HMAC-SHA256 {claim}"}

    def list(self, **body: Any) -> Seen:
        return self.send("POST", SEARCHES, {"limit": 50, "offset": 0, "order": "asc"} | body)

    def get(self, job_id: str) -> Seen:
        return self.send("GET", f"{JOBS}/{job_id}")

    def delete(self, job_id: str) -> Seen:
        return self.send("DELETE", f"{JOBS}/{job_id}")

    def delete_batch(self, *job_ids: str, kind: str = "job") -> Seen:
        jobs = [{"kind": kind, "metadata": {"id": each}} for each in job_ids]
        return self.send("POST", f"{JOBS}/batch-delete", {"jobs": jobs})


def make_jobs(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Build so many finished jobs, an hour apart, oldest first."""
    start = NOW - timedelta(hours=count + 24)
    plain = (Sketch(id=job_id(n), name=f"trial-{n:04d}", created=start + timedelta(hours=n)) for n in range(count))
    return [build_job(replace(sketch, **changes)) for sketch in plain]


def job_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def ids_of(page: Any) -> list[str]:
    """Read the ids of a page."""
    return [item["metadata"]["id"] for item in page["items"]]
