"""Owns who may enter: checks a signature, its age and its security token, or a token; locks a key after repeated failures."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from janitor.emulator.identity import Identity
from janitor.emulator.principal import Principal
from janitor.emulator.received import Received
from janitor.emulator.refusal import RefusedError, unauthenticated
from janitor.emulator.signature import Claim, UnsignableError, expected_signature, parse_claim

MAX_SKEW = timedelta(minutes=15)
FAILURES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=5)
STAMP = "%Y%m%dT%H%M%SZ"
LOCKED_TEXT = "AK access failed to reach the limit,forbidden"


@dataclass(slots=True)
class _Record:
    failures: int = 0
    locked_until: datetime | None = None


class Gate:
    """Admits requests that carry a genuine credential; `now` is always the server's own idea of the time.

    A refused token locks nothing.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._records: dict[str, _Record] = {}

    def admit(self, request: Received, now: datetime) -> Principal:
        """Say for whom a request is, or raise; a signature is looked at before a token."""
        authorization, token = request.header("authorization"), request.header("x-auth-token")
        if authorization is not None:
            return self._admit_signed(request, _claim_of(authorization), now)
        if token is None:
            raise unauthenticated("no credentials were sent")
        principal = self._identity.principal_of_token(token)
        if principal is None:
            raise unauthenticated("decrypt token fail")
        return principal

    def _admit_signed(self, request: Received, claim: Claim, now: datetime) -> Principal:
        """Admit a signed request: 1 refuse a locked key, 2 verify, 3 count the failure or forget the earlier ones."""
        record = self._records.setdefault(claim.access_key, _Record())
        _refuse_locked(record, now)
        try:
            principal = self._verify(request, claim, now)
        except RefusedError:
            _count_failure(record, now)
            raise
        record.failures = 0
        return principal

    def _verify(self, request: Received, claim: Claim, now: datetime) -> Principal:
        key = self._identity.find_key(claim.access_key)
        if key is None:
            raise unauthenticated("the access key does not exist")
        _check_required(claim)
        _check_age(request, now)
        if request.header("x-security-token") != key.security_token:
            raise unauthenticated("the security token does not belong to the access key")
        try:
            expected = expected_signature(request, claim.signed_headers, key.secret_key)
        except UnsignableError as error:
            raise unauthenticated(str(error)) from None
        if not hmac.compare_digest(expected, claim.signature):
            raise unauthenticated("verify aksk signature fail")
        if key.expires_at is not None and key.expires_at <= now:
            raise unauthenticated("the temporary access key has expired")
        principal = self._identity.principal_of(key)
        if not principal.user.is_enabled:
            raise unauthenticated("the user is disabled")
        return principal


def _claim_of(authorization: str) -> Claim:
    claim = parse_claim(authorization)
    if claim is None:
        raise unauthenticated("Authorization format is incorrect")
    return claim


def _refuse_locked(record: _Record, now: datetime) -> None:
    if record.locked_until is not None and now < record.locked_until:
        raise unauthenticated(LOCKED_TEXT)
    if record.locked_until is not None:
        record.locked_until, record.failures = None, 0


def _count_failure(record: _Record, now: datetime) -> None:
    record.failures += 1
    if record.failures > FAILURES_ALLOWED:
        record.locked_until = now + LOCKED_FOR


def _check_required(claim: Claim) -> None:
    missing = {"host", "x-sdk-date"} - set(claim.signed_headers)
    if missing:
        raise unauthenticated(f"header {min(missing)} must be signed")
    if claim.signed_headers != tuple(sorted(set(claim.signed_headers))):
        raise unauthenticated("signed headers must be lower case, sorted and named once")


def _check_age(request: Received, now: datetime) -> None:
    stamp = request.header("x-sdk-date") or ""
    try:
        signed_at = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise unauthenticated("x-sdk-date is not of the form YYYYMMDDTHHMMSSZ") from None
    if abs(now - signed_at) > MAX_SKEW:
        raise unauthenticated(f"signature expired, signature time:{stamp},server time:{now.strftime(STAMP)}")
