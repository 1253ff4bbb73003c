"""Owns who may enter: checks the signature, its age and the temporary token, and locks a key after repeated failures."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from janitor.emulator.account import Account
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
    """Admits requests that the account signed; `now` is always the server's own idea of the time."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._records: dict[str, _Record] = {}

    def admit(self, request: Received, now: datetime) -> None:
        """Return if the request is genuine, else raise.

        1 read the claim, 2 refuse a locked key, 3 verify, 4 count the failure or forget the earlier ones.
        """
        claim = _claim_of(request)
        record = self._records.setdefault(claim.access_key, _Record())
        _refuse_locked(record, now)
        try:
            self._verify(request, claim, now)
        except RefusedError:
            _count_failure(record, now)
            raise
        record.failures = 0

    def _verify(self, request: Received, claim: Claim, now: datetime) -> None:
        if claim.access_key != self._account.access_key:
            raise unauthenticated("the access key does not exist")
        _check_required(claim)
        _check_age(request, now)
        if request.header("x-security-token") != self._account.security_token:
            raise unauthenticated("the security token does not belong to the access key")
        try:
            expected = expected_signature(request, claim.signed_headers, self._account.secret_key)
        except UnsignableError as error:
            raise unauthenticated(str(error)) from None
        if not hmac.compare_digest(expected, claim.signature):
            raise unauthenticated("verify aksk signature fail")


def _claim_of(request: Received) -> Claim:
    authorization = request.header("authorization")
    if authorization is None and request.header("x-auth-token") is not None:
        raise unauthenticated("decrypt token fail")
    if authorization is None:
        raise unauthenticated("no credentials were sent")
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
