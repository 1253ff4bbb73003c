"""Owns how a request shows whose it is: a signature of flavour "Access", or a token (docs/modelarts-api.md, authentication)."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, unquote_plus, urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from janitor.modelarts.clock import Clock
from janitor.modelarts.credentials import AccessKey, Anonymous, Credential, Token
from janitor.modelarts.errors import Unsendable

ALGORITHM = "SDK-HMAC-SHA256"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
SIGNED_HEADERS = ("content-type", "host", "x-project-id", "x-sdk-date", "x-security-token")
_DEFAULT_PORTS = {"http": 80, "https": 443}

QueryValue = str | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signable:
    """The parts of a request that the signature covers; every header given is signed."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class AccessKeySigner(AuthBase):
    """Signs each prepared request with the current time, just before it leaves."""

    def __init__(self, key: AccessKey, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add date, host, token and Authorization; raises Unsendable where the signed and the sent path would differ."""
        target, body = _settle(request)
        request.headers["X-Sdk-Date"] = self._clock.now().strftime(DATE_FORMAT)
        if self._key.security_token is not None:
            request.headers["X-Security-Token"] = self._key.security_token
        signed = {name: str(request.headers[name]) for name in SIGNED_HEADERS if name in request.headers}
        method = request.method or "GET"
        signable = Signable(method=method, path=target.path, query=target.query, headers=signed, body=body)
        request.headers["Authorization"] = authorization(self._key, signable)
        return request


class Unsigned(AuthBase):
    """Sends a request without any credential, over the same checks of its path."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the host; raises Unsendable for a path that is not in its canonical form."""
        _settle(request)
        return request


class TokenBearer(Unsigned):
    """Sends a token with each request."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add host and token; raises Unsendable for a path that is not in its canonical form."""
        request = super().__call__(request)
        request.headers["X-Auth-Token"] = self._token.value
        return request


def make_signer(credential: Credential, clock: Clock) -> AuthBase:
    """What puts a credential on a request."""
    match credential:
        case AccessKey():
            return AccessKeySigner(credential, clock)
        case Token():
            return TokenBearer(credential)
        case Anonymous():
            return Unsigned()


def _settle(request: PreparedRequest) -> tuple[SplitResult, bytes]:
    """Fix the target, the body and the host as they will be sent."""
    target = urlsplit(request.url or "")
    path = target.path or "/"
    if canonical_path(path) not in (path, f"{path}/"):
        raise Unsendable(
            f"not sent: the path {path!r} would be signed differently from what is sent; percent-encode each segment once"
        )
    target = target._replace(path=path, query=canonical_query(_pairs(target.query)), fragment="")
    request.url = target.geturl()
    body = _body_bytes(request.body)
    request.body = body or None  # an empty body that is not None would be sent in chunks
    request.headers["Host"] = _host(target)
    return target, body


def authorization(key: AccessKey, request: Signable) -> str:
    """Build the Authorization header; the headers must hold `x-sdk-date`, in any case."""
    headers = {name.lower(): value.strip() for name, value in request.headers.items()}
    names = ";".join(sorted(headers))
    text = f"{ALGORITHM}\n{headers['x-sdk-date']}\n{canonical_digest(request)}"
    signature = hmac.new(key.secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Access={key.access_key}, SignedHeaders={names}, Signature={signature}"


def canonical_digest(request: Signable) -> str:
    """Hex SHA-256 of the canonical request: method, path, query, header block, header names, payload hash."""
    headers = {name.lower(): value.strip() for name, value in request.headers.items()}
    block = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    payload = hashlib.sha256(request.body).hexdigest()
    parts = (request.method.upper(), canonical_path(request.path), request.query, block, ";".join(sorted(headers)), payload)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def canonical_path(path: str) -> str:
    """Decode a path, encode each segment anew, and end it with `/`, which is signed but never sent."""
    encoded = "/".join(_encode(segment) for segment in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else f"{encoded}/"


def canonical_query(pairs: Iterable[tuple[str, QueryValue]]) -> str:
    """Write a query sorted by name then value, `%20` for a space and `=` always there; it is signed and sent alike."""
    texts = sorted((name, _text(value)) for name, value in pairs)
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in texts)


def _encode(text: str) -> str:
    return quote(text, safe="~")


def _text(value: QueryValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pairs(query: str) -> list[tuple[str, str]]:
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in parts]


def _body_bytes(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    raise ValueError("only a body held in memory can be signed")


def _host(target: SplitResult) -> str:
    name = target.hostname or ""
    name = f"[{name}]" if ":" in name else name
    if target.port is None or target.port == _DEFAULT_PORTS.get(target.scheme):
        return name
    return f"{name}:{target.port}"
