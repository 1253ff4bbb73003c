"""Owns one exchange over HTTP: sign, send, read within bounds; it never repeats, follows or raises the HTTP library's errors."""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from ssl import CertificateError
from typing import Protocol

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from janitor.modelarts.call import Call
from janitor.modelarts.clock import Clock
from janitor.modelarts.credentials import Credential
from janitor.modelarts.deadline import DeadlineAdapter, DeadlineExceeded
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.errors import Unsendable
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.signing import make_signer

_CHUNK = 64 * 1024
_LIBRARY_ERRORS = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; with `flaw` the body could not be read whole, and `body` is empty."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    flaw: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """No answer. `left` is False where the request certainly never reached the platform; `hopeless` where it never will.

    `untrusted` says why: the certificate of what answers was refused.
    """

    reason: str
    left: bool
    hopeless: bool = False
    untrusted: bool = False


class Exchanger(Protocol):
    """What carries one request to an endpoint and brings its answer back."""

    def exchange(self, call: Call, credential: Credential, connect_timeout_s: float) -> Answer | Breakdown:
        """Send one request; raises Unsendable, before sending, where it cannot be written as it is meant."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


class Wire:
    """One connection pool to one endpoint; safe to share between as many threads as `concurrency` says."""

    def __init__(self, endpoint: Endpoint, limits: TransportLimits, clock: Clock) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._clock = clock
        self._session = _open_session(endpoint, limits, clock)

    def exchange(self, call: Call, credential: Credential, connect_timeout_s: float) -> Answer | Breakdown:
        """Send one request, signed now; raises Unsendable, before sending, where it cannot be written as it is meant."""
        request = self._prepare(call, make_signer(credential, self._clock))
        timeout = (connect_timeout_s, self._limits.read_timeout_s)
        try:
            response = self._session.send(request, stream=True, allow_redirects=False, timeout=timeout)
        except _LIBRARY_ERRORS as error:
            return diagnose(error)
        with closing(response):
            body, flaw = self._read(response.raw)
        return Answer(status=response.status_code, headers=response.headers, body=body, flaw=flaw)

    def close(self) -> None:
        """Close every pooled connection."""
        self._session.close()

    def _prepare(self, call: Call, signer: AuthBase) -> requests.PreparedRequest:
        url = self._endpoint.url + call.target
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
            "User-Agent": "training-janitor",
        }
        if call.project_id is not None:
            headers["X-Project-Id"] = call.project_id
        headers |= dict(call.headers)
        try:
            request = requests.Request(call.method, url, headers=headers, data=call.body, auth=signer).prepare()
            "".join(request.headers.values()).encode("ascii")
        except _LIBRARY_ERRORS as error:  # its text may be a header's value
            raise Unsendable(f"{call} not sent: it cannot be written as a request ({type(error).__name__})") from None
        if request.url != url:
            raise Unsendable(f"{call} not sent: it would go to another URL than the one meant")
        return request

    def _read(self, raw: BaseHTTPResponse) -> tuple[bytes, str | None]:
        try:
            plain = _plain_chunks(_chunks(raw), raw.headers.get("Content-Encoding"), self._limits.max_body_bytes)
            return b"".join(plain), None
        except _Flaw as flaw:
            return b"", str(flaw)
        except _LIBRARY_ERRORS as error:
            late = isinstance(error.__cause__, DeadlineExceeded)
            return b"", str(error.__cause__) if late else f"the body broke off ({type(error).__name__})"


class _Flaw(Exception):
    """Why a body cannot be used."""


class _NeverRedirect(requests.Session):
    """A session to which no answer is a redirect, so that nothing is prepared for, or read on behalf of, another host."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that there is none."""


def _open_session(endpoint: Endpoint, limits: TransportLimits, clock: Clock) -> requests.Session:
    session = _NeverRedirect()
    session.trust_env = False
    session.verify = endpoint.ca_file or True
    session.proxies = {"https": endpoint.proxy} if endpoint.proxy else {}
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    pool = {"pool_connections": 1, "pool_maxsize": limits.concurrency, "max_retries": 0, "pool_block": True}
    adapter = DeadlineAdapter(clock, limits.attempt_deadline_s, **pool)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


def _chunks(raw: BaseHTTPResponse) -> Iterator[bytes]:
    while chunk := raw.read1(_CHUNK, decode_content=False):
        yield chunk


def _plain_chunks(chunks: Iterator[bytes], encoding: str | None, most: int) -> Iterator[bytes]:
    """Undo gzip without ever holding more than `most` plain bytes."""
    encoding = (encoding or "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise _Flaw("the body has an encoding that was not asked for")
    gunzip = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    size, started = 0, False
    for chunk in chunks:
        started = True
        plain = _gunzip(gunzip, chunk, most - size + 1) if gunzip else chunk
        size += len(plain)
        if size > most:
            raise _Flaw(f"the body is larger than {most} bytes")
        yield plain
    if gunzip and started and not gunzip.eof:
        raise _Flaw("the compressed body broke off")


def _gunzip(gunzip: "zlib._Decompress", chunk: bytes, most: int) -> bytes:
    try:
        plain = gunzip.decompress(chunk, most)
    except zlib.error:
        raise _Flaw("the compressed body is damaged") from None
    if gunzip.unused_data:
        raise _Flaw("bytes follow the compressed body")
    return plain


def diagnose(error: BaseException) -> Breakdown:
    """Tell from an exception of the HTTP library whether the request can have left; when in doubt it has."""
    causes = list(_causes(error))
    reason = f"{type(causes[-1]).__name__}: {causes[-1]}"
    if any(isinstance(cause, CertificateError) for cause in causes):
        return Breakdown(reason=reason, left=False, hopeless=True, untrusted=True)
    if any(isinstance(cause, NewConnectionError | ConnectTimeoutError) for cause in causes):
        return Breakdown(reason=reason, left=False)
    if "Tunnel connection failed" in str(causes[-1]):
        return Breakdown(reason=reason, left=False, hopeless="407" in str(causes[-1]))
    return Breakdown(reason=reason, left=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it wraps, outermost first: in its `reason`, its arguments, or as its cause."""
    current: BaseException | None = error
    for _ in range(10):
        if current is None:
            return
        yield current
        wrapped = [getattr(current, "reason", None), *current.args]
        current = next((inner for inner in wrapped if isinstance(inner, BaseException)), current.__cause__)
