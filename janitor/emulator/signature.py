"""Owns the second, independent implementation of the AK/SK signature, flavour "Access" (modelarts-api.md §4.1)."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from janitor.emulator.received import Received

ALGORITHM = "SDK-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
HASH_HEADER = "x-sdk-content-sha256"

_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Access=(?P<access>[^,\s]+), SignedHeaders=(?P<names>[^,\s]+), Signature=(?P<signature>[0-9a-f]{{64}})"
)


class UnsignableError(Exception):
    """The request cannot have a valid signature; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an Authorization header claims: who signs, over which headers, with which result."""

    access_key: str
    signed_headers: tuple[str, ...]
    signature: str


def parse_claim(authorization: str) -> Claim | None:
    """Read an Authorization header; None where it is not exactly of the documented form."""
    found = _AUTHORIZATION.fullmatch(authorization)
    if found is None:
        return None
    names = tuple(found["names"].split(";"))
    return Claim(access_key=found["access"], signed_headers=names, signature=found["signature"])


def canonical_request(request: Received, names: tuple[str, ...]) -> str:
    """Write the request in the one form that both sides sign."""
    block = "".join(f"{name}:{_only_value(request, name).strip()}\n" for name in names)
    lines = (request.method, _canonical_path(request.path), _canonical_query(request.query), block)
    return "\n".join((*lines, ";".join(names), _payload_hash(request, names)))


def expected_signature(request: Received, names: tuple[str, ...], secret_key: str) -> str:
    """Compute the signature that the holder of the secret key would have put on this request."""
    digest = hashlib.sha256(canonical_request(request, names).encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{_only_value(request, 'x-sdk-date')}\n{digest}"
    return hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _only_value(request: Received, name: str) -> str:
    values = request.values(name)
    if len(values) != 1:
        raise UnsignableError(f"signed header {name} was sent {len(values)} times")
    return values[0]


def _canonical_path(raw: str) -> str:
    path = "/".join(_encode(segment) for segment in unquote(raw).split("/"))
    return path if path.endswith("/") else path + "/"


def _canonical_query(raw: str) -> str:
    halves = (part.partition("=") for part in raw.split("&") if part)
    pairs = sorted((unquote(name), unquote(value)) for name, _, value in halves)
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in pairs)


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _payload_hash(request: Received, names: tuple[str, ...]) -> str:
    """Hash the body; a declared hash counts only for a body, and only if it is true or a signed "unsigned"."""
    actual = hashlib.sha256(request.body).hexdigest()
    declared = request.header(HASH_HEADER)
    if declared is None or not request.body or declared == actual:
        return actual
    if declared == UNSIGNED and HASH_HEADER in names:
        return declared
    raise UnsignableError("the declared body hash is not that of the body")
