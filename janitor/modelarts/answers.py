"""Owns the judgement of one answer: a reply, or which error it is and whether another attempt is safe; sends nothing."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from janitor.modelarts.call import Call, Reply
from janitor.modelarts.clock import Clock
from janitor.modelarts.errors import (
    AccountBlocked,
    AuthFailed,
    CertificateRefused,
    ClockSkewed,
    Conflict,
    Misconfigured,
    ModelArtsError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    ProtocolError,
    Rejected,
    RouteAbsent,
    Throttled,
    Unavailable,
    WrongProject,
)
from janitor.modelarts.meaning import Meaning, classify
from janitor.modelarts.remote_text import Cleaner
from janitor.modelarts.retry import Setback, parse_retry_after
from janitor.modelarts.strict_json import Unparsable, parse
from janitor.modelarts.traffic import parse_http_date
from janitor.modelarts.wire import Answer, Breakdown

_DENIED = 400  # what a refusal in the body of a success counts as (docs/modelarts-api.md, error bodies)
_MOST_SKEW = timedelta(minutes=15)  # what the gateway tolerates (docs/modelarts-api.md, signing)
_CODE_KEYS = ("error_code", "errorCode")
_TEXT_KEYS = ("error_msg", "error_message", "errorMsg", "errorMessage", "message")
_SKEW_TIMES = re.compile(r"signature time\s*[:=]\s*([0-9TZ:\-]+).*?server time\s*[:=]\s*([0-9TZ:\-]+)", re.IGNORECASE | re.DOTALL)

_ON_READ: dict[Meaning, type[ModelArtsError]] = {
    Meaning.OK: ProtocolError,
    Meaning.GONE: NotFound,
    Meaning.CALLER: Rejected,
    Meaning.QUOTA: Rejected,
    Meaning.CONFIG: Misconfigured,
    Meaning.PROJECT: WrongProject,
    Meaning.ROUTE_ABSENT: RouteAbsent,
    Meaning.PERMISSION: PermissionDenied,
    Meaning.ACCOUNT: AccountBlocked,
    Meaning.AUTH: AuthFailed,
    Meaning.CLOCK_SKEW: ClockSkewed,
    Meaning.THROTTLED: Throttled,
    Meaning.CONFLICT: Conflict,
    Meaning.TRANSIENT: Unavailable,
    Meaning.UNKNOWN: ProtocolError,
}
_IN_DOUBT = frozenset({Meaning.OK, Meaning.TRANSIENT, Meaning.UNKNOWN})  # after a change: perhaps applied
_BEFORE_ANY_PART = frozenset(
    {Meaning.ROUTE_ABSENT, Meaning.AUTH, Meaning.CLOCK_SKEW, Meaning.ACCOUNT, Meaning.THROTTLED}
)  # refusals of whom or where; any other may be of one part, after other parts were done


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What an error body says, uncleaned."""

    code: object = None
    text: str = ""
    solution: str = ""
    is_of_iam: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One answer, taken apart once; `status` is the one that it counts as."""

    answer: Answer
    status: int
    document: Any = field(repr=False)
    flaw: str | None
    fault: Fault


class Judge:
    """Tells what answers mean to the call that asked."""

    def __init__(self, cleaner: Cleaner, clock: Clock, retry_after_cap_s: float) -> None:
        self._cleaner = cleaner
        self._clock = clock
        self._cap_s = retry_after_cap_s

    def reply(self, call: Call, answer: Answer) -> Reply:
        """The reply of an understood success; raises Setback for all else."""
        reading = _take_apart(call, answer)
        code = self._cleaner.name(reading.fault.code)
        meaning = classify(reading.status, code, reading.fault.text)
        if meaning is Meaning.GONE and not call.about_job:
            meaning = Meaning.UNKNOWN
        if meaning is Meaning.ROUTE_ABSENT and call.absent_by_code and (code is None or reading.flaw is not None):
            meaning = Meaning.UNKNOWN
        request_id = self._request_id(reading)
        if meaning is Meaning.OK and reading.status in call.accepts and not is_refusal(reading.document):
            if reading.flaw is not None:
                raise Setback(self._error(call, meaning, reading), may_repeat=not call.mutates)
            if not call.says_success or _success_of(reading.document) is True:
                header = None if call.wants is None else answer.headers.get(call.wants)
                return Reply(status=answer.status, document=reading.document, request_id=request_id, header=header)
        raise self._setback(call, meaning, reading)

    def breakdown(self, call: Call, breakdown: Breakdown) -> Setback:
        """The setback of a call that got no answer."""
        text = f"{call} got no answer: {self._cleaner.text(breakdown.reason)}"
        if breakdown.hopeless:
            kind = CertificateRefused if breakdown.untrusted else Misconfigured
            return Setback(kind(text), may_repeat=False)
        if breakdown.left and call.mutates:
            return Setback(OutcomeUnknown(text), may_repeat=False)
        return Setback(Unavailable(text), may_repeat=True)

    def _setback(self, call: Call, meaning: Meaning, reading: _Reading) -> Setback:
        error = self._error(call, meaning, reading)
        wait = self._retry_after(reading.answer) if meaning in (Meaning.THROTTLED, Meaning.TRANSIENT) else None
        if isinstance(error, Throttled):
            error.retry_after = wait
        repeatable = meaning is Meaning.THROTTLED or (meaning is Meaning.TRANSIENT and not call.mutates)
        return Setback(error, may_repeat=repeatable and (wait or 0.0) <= self._cap_s, retry_after=wait)

    def _error(self, call: Call, meaning: Meaning, reading: _Reading) -> ModelArtsError:
        skew = self._skew(reading) if meaning in (Meaning.AUTH, Meaning.CLOCK_SKEW) else None
        if skew is not None and abs(skew) > _MOST_SKEW.total_seconds():
            meaning = Meaning.CLOCK_SKEW
        kind = OutcomeUnknown if _is_in_doubt(call, meaning) else _ON_READ[meaning]
        code = self._cleaner.name(reading.fault.code)
        said = self._cleaner.text(reading.fault.text)
        text = said or reading.flaw or _silence(call, reading)
        message = f"{call} answered {reading.answer.status} {code or 'without a code'}: {text}"
        if kind is ClockSkewed:
            message += "; our clock differs from the server's " + ("" if skew is None else f"by {skew:+.0f} s")
        error = kind(message, status=reading.status, code=code, request_id=self._request_id(reading))
        error.said, error.solution = said, self._cleaner.text(reading.fault.solution)
        error.is_of_iam = reading.fault.is_of_iam
        if isinstance(error, ClockSkewed):
            error.skew = skew
        return error

    def _skew(self, reading: _Reading) -> float | None:
        """Server time minus ours: the two times of the error text, else the `Date` header."""
        if times := _SKEW_TIMES.search(reading.fault.text):
            ours, server = (_parse_time(text) for text in times.groups())
            if ours and server:
                return (server - ours).total_seconds()
        date = parse_http_date(reading.answer.headers.get("Date"))
        return (date - self._clock.now()).total_seconds() if date else None

    def _retry_after(self, answer: Answer) -> float | None:
        now = parse_http_date(answer.headers.get("Date")) or self._clock.now()
        return parse_retry_after(answer.headers.get("Retry-After"), now)

    def _request_id(self, reading: _Reading) -> str | None:
        in_body = reading.document.get("request_id") if isinstance(reading.document, dict) else None
        return self._cleaner.name(reading.answer.headers.get("X-Request-Id")) or self._cleaner.name(in_body)


def _is_in_doubt(call: Call, meaning: Meaning) -> bool:
    """Whether a call may have changed something although it was answered like this."""
    return call.mutates and (meaning in _IN_DOUBT or (call.in_parts and meaning not in _BEFORE_ANY_PART))


def is_refusal(document: Any) -> bool:
    """Whether a body takes back the success its status claims (docs/modelarts-api.md, error bodies)."""
    if not isinstance(document, dict):
        return False
    return ("is_success" in document and document["is_success"] is not True) or bool(find_fault(document).code)


def find_fault(document: Any) -> Fault:
    """Code and text of an error body in any of its known shapes.

    A bare `code` is taken only as a number, which is how IAM nests it: a platform's code that some proxy wrapped is not its word.
    """
    if not isinstance(document, dict):
        return Fault()
    nested = document.get("error")
    if isinstance(nested, dict):
        number, text = _numeric_code(nested), str(_first(nested, ("message", "title")) or "")
        return Fault(code=number, text=text, is_of_iam=number is not None and {"message", "title"} <= nested.keys())
    code = _first(document, _CODE_KEYS) or _numeric_code(document)
    solution = _first(document, ("error_solution",))
    return Fault(code=code, text=str(_first(document, _TEXT_KEYS) or ""), solution=str(solution or ""))


def _success_of(document: Any) -> object:
    """What a body says of its own success; None where it says nothing."""
    return document.get("is_success") if isinstance(document, dict) else None


def _silence(call: Call, reading: _Reading) -> str:
    is_unsaid = call.says_success and reading.status in call.accepts
    return "it does not say whether it succeeded" if is_unsaid else "no reason given"


def _numeric_code(document: dict[str, Any]) -> int | None:
    code = document.get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _first(document: dict[str, Any], keys: tuple[str, ...]) -> object:
    return next((document[key] for key in keys if document.get(key)), None)


def _take_apart(call: Call, answer: Answer) -> _Reading:
    """Parse what can be parsed; a read must be answered with JSON, a change may be answered with nothing."""
    if call.is_text:
        return _take_text(answer)
    document, flaw = None, answer.flaw
    if flaw is None and answer.body.strip():
        try:
            document = parse(answer.body)
        except Unparsable as error:
            flaw = str(error)
    elif flaw is None and not call.mutates:
        flaw = "the body is empty"
    media_type = answer.headers.get("Content-Type", "application/json").partition(";")[0].strip().lower()
    if flaw is None and not call.mutates and not media_type.endswith("json"):
        flaw = "the body is not declared as JSON"
    is_denied = call.says_success and answer.status in call.accepts and _success_of(document) is False
    status = _DENIED if is_denied else answer.status
    return _Reading(answer=answer, status=status, document=document, flaw=flaw, fault=find_fault(document))


def _take_text(answer: Answer) -> _Reading:
    """Take a body as it is; it is the reason too, should the answer be an error without JSON."""
    text = answer.body.decode("utf-8", "replace").strip()
    flaw = answer.flaw or (None if text else "the body is empty")
    fault = Fault(text=text)
    with suppress(Unparsable):
        found = find_fault(parse(answer.body))
        fault = found if found.text or found.code else fault
    return _Reading(answer=answer, status=answer.status, document=text, flaw=flaw, fault=fault)


def _parse_time(text: str) -> datetime | None:
    for form in ("%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
