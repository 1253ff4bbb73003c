"""Owns the types of single fields of a test file: times that may be relative, phases of every kind, verdicts."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from janitor.core.duration import PATTERN, parse_duration
from janitor.core.moment import YEARS, parse_moment
from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.retention.codes import CODES
from janitor.settings.suggest import suggest

_AGO = " ago"
_ADVICE = "must be a time such as 2026-11-23T03:00:00Z, or how long ago, as in 8d ago"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _read_instant(value: Any) -> datetime:
    """A time in full: RFC 3339, or a day, which is its first instant in UTC."""
    if not isinstance(value, str) or re.match(PATTERN, value, re.ASCII):
        raise ValueError("must be a time such as 2026-11-23T03:00:00Z")
    return _within_reach(parse_moment(value, _EPOCH), value)


def _read_when(value: Any) -> datetime | timedelta:
    """A time in full, or how long before the `as_of` of the case."""
    if not isinstance(value, str):
        raise ValueError(_ADVICE)  # noqa: TRY004 -- pydantic collects ValueError
    if value.endswith(_AGO):
        return parse_duration(value.removesuffix(_AGO).rstrip())
    if re.match(PATTERN, value, re.ASCII):
        raise ValueError(f'must say in which direction: write "{value} ago"')
    try:
        time = parse_moment(value, _EPOCH)
    except ValueError as error:
        raise ValueError(_ADVICE if "write 2026" in str(error) else str(error)) from None
    return _within_reach(time, value)


def _within_reach(time: datetime, value: str) -> datetime:
    """A time of which there is a before and an after to count with."""
    if time.year not in YEARS:
        raise ValueError(f"{value} is not from {YEARS[0]} to {YEARS[-1]}")
    return time


def _word_of(words: type[StrEnum], kind: str) -> Callable[[Any], StrEnum]:
    def check(value: Any) -> StrEnum:
        word = value if isinstance(value, str) else "?"
        if word not in set(words):
            raise ValueError(f"is no {kind}; {suggest(word, words)}")
        return words(word)

    return check


def _read_mark(value: Any) -> Any:
    """`3d ago` is short for `{since: 3d ago}`."""
    return value if isinstance(value, dict) else {"since": value}


def _read_expectation(value: Any) -> Any:
    """`expired` is short for `{verdict: expired}`."""
    return value if isinstance(value, dict) else {"verdict": value}


def _read_reason(text: str) -> str:
    if not re.fullmatch("[a-z][a-z_]*", text, re.ASCII):
        raise ValueError("is no code of a reason, such as too_young; for words of its sentence write because")
    if text not in CODES:
        raise ValueError(f"is no code of a reason; {suggest(text, CODES)}")
    return text


def _read_tags(value: Any) -> dict[str, str]:
    """Tags as they are on the platform; null is a tag without a value."""
    if not isinstance(value, dict):
        raise ValueError("must be a mapping of tags, such as {team: nlp}; {janitor-hold: null} is one without a value")  # noqa: TRY004 -- pydantic collects ValueError
    return {key: "" if text is None else text for key, text in value.items()}


Instant = Annotated[datetime, BeforeValidator(_read_instant)]
When = Annotated[datetime | timedelta, BeforeValidator(_read_when)]
PhaseWord = Annotated[Phase, BeforeValidator(_word_of(Phase, "phase"))]
VerdictWord = Annotated[Verdict, BeforeValidator(_word_of(Verdict, "verdict"))]
ReasonCode = Annotated[str, AfterValidator(_read_reason)]
Tags = Annotated[dict[str, str], BeforeValidator(_read_tags)]
AsMark = BeforeValidator(_read_mark)
AsExpectation = BeforeValidator(_read_expectation)
