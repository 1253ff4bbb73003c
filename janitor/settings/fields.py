"""Owns the types of single fields: each accepts exactly one way of writing, and refuses with what to write instead."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from janitor.core.duration import parse_duration
from janitor.retention.policy import Mode, Since
from janitor.retention.tombstones import Values
from janitor.settings import shapes
from janitor.settings.suggest import guess


def _read_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("must stand on one line, without tabs")
    if text != text.strip():
        raise ValueError("has a space at its start or end; remove it")
    if "${" in text or "{{" in text:
        raise ValueError("holds a placeholder, and nothing is filled in here; write the value itself")
    return text


def matching(shape: shapes.Shape, advice: str) -> AfterValidator:
    """Text is checked by the very pattern that the JSON Schema shows; what is wrong is said by the advice alone."""
    pattern = re.compile(shape.schema["pattern"].removesuffix("$"), re.ASCII)

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(advice)
        return text

    return AfterValidator(check)


def _word_of(words: type[StrEnum]) -> Callable[[Any], StrEnum]:
    def check(value: Any) -> StrEnum:
        if not isinstance(value, str) or value not in set(words):
            meant = guess(str(value), words)
            advice = f'; did you mean "{meant}"?' if meant else ""
            raise ValueError(f"must be {' or '.join(words)}{advice}")
        return words(value)

    return check


def _only(*allowed: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"must be {' or '.join(allowed)}; nothing else is known in this version")
        return value

    return check


def _read_version(value: Any) -> int:
    if type(value) is not int or value != 1:
        raise ValueError("must be 1, the only version of this format")
    return value


def read_duration(value: Any) -> timedelta:
    """One duration with its unit; raises ValueError with what to write instead."""
    if not isinstance(value, str):
        raise ValueError("must be a duration with its unit, such as 30s, 15min, 36h, 7d or 2w")  # noqa: TRY004 -- pydantic collects ValueError
    return parse_duration(value)


def _read_share(value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"(0|[1-9][0-9]?|100)%", value, re.ASCII):
        raise ValueError("must be a whole percentage from 0% to 100%, such as 25%")
    return int(value.removesuffix("%"))


def _read_rate(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number, without quotes")  # noqa: TRY004 -- pydantic collects ValueError
    if not 0 < value <= 1000:
        raise ValueError("must be more than 0 and at most 1000")
    return float(value)


def _read_workspaces(value: Any) -> list[Any] | None:
    if value == "all":
        return None
    if not isinstance(value, list):
        raise ValueError('must be a list such as ["0"], or the word all')  # noqa: TRY004 -- pydantic collects ValueError
    if "all" in value:
        raise ValueError("names all inside a list; write workspaces: all")
    return value


def _read_day(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
        is_time = isinstance(value, str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", value, re.ASCII)
        more = ", without a time: it lasts to the end of that day, UTC" if is_time else ""
        raise ValueError(f"must be a day, such as 2027-06-30{more}")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value} is no day of the calendar; write one such as 2027-06-30") from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"{value} is not from {_FIRST_YEAR} to {_LAST_YEAR}; write a day to come, or leave until out for no end")
    return day


_FIRST_YEAR, _LAST_YEAR = 2015, 2099
_TARGET_NAME = shapes.text("^[a-z0-9][a-z0-9-]{0,62}$")
_HOLD_NAME = shapes.text("^[a-z0-9][a-z0-9._-]{0,62}$")
_POLICY_NAME = shapes.text("^(?!manual$)[a-z0-9][a-z0-9._-]{0,62}$")
_ID = shapes.text("^[A-Za-z0-9-]{1,64}$")
_REGION = shapes.text("^[a-z0-9][a-z0-9-]{0,62}$")
_NAME_ADVICE = "must be 1 to 63 of a-z, 0-9, '.', '_' and '-', starting with a letter or digit"
_WORKSPACES = shapes.Shape(
    {
        "oneOf": [
            {"const": "all"},
            {"type": "array", "items": {"type": "string", "pattern": "^(?!all$)[A-Za-z0-9-]{1,64}$"}, "minItems": 1},
        ]
    }
)

Line = Annotated[str, AfterValidator(_read_line), shapes.LINE]
Text = Annotated[str, shapes.ANY_TEXT]
Duration = Annotated[timedelta, BeforeValidator(read_duration), shapes.DURATION]
Day = Annotated[date, BeforeValidator(_read_day), shapes.DAY]
Version = Annotated[int, BeforeValidator(_read_version), shapes.VERSION]
ModeWord = Annotated[Mode, BeforeValidator(_word_of(Mode)), shapes.words(Mode)]
KeptValue = Annotated[Values, BeforeValidator(_word_of(Values)), shapes.words(Values)]
SinceWord = Annotated[Since, BeforeValidator(_word_of(Since)), shapes.words(Since)]
BackendWord = Annotated[Literal["modelarts"], BeforeValidator(_only("modelarts")), shapes.words(["modelarts"])]
ApiWord = Annotated[Literal["v2", "v1"], BeforeValidator(_only("v2", "v1")), shapes.words(["v2", "v1"])]
ListingWord = Annotated[Literal["full", "narrow"], BeforeValidator(_only("full", "narrow")), shapes.words(["full", "narrow"])]
LooksWord = Annotated[
    Literal["together", "single"], BeforeValidator(_only("together", "single")), shapes.words(["together", "single"])
]
NoticeWord = Annotated[Literal["required"], BeforeValidator(_only("required")), shapes.words(["required"])]
AgencyWord = Annotated[Literal["ecs"], BeforeValidator(_only("ecs")), shapes.words(["ecs"])]
Count = Annotated[int, Field(ge=0), shapes.COUNT]
Concurrency = Annotated[int, Field(ge=1, le=4), shapes.CONCURRENCY]
Rate = Annotated[float, BeforeValidator(_read_rate), shapes.RATE]
Share = Annotated[int, BeforeValidator(_read_share), shapes.SHARE]

TargetName = Annotated[str, matching(_TARGET_NAME, "must be 1 to 63 of a-z, 0-9 and -, not starting with -"), _TARGET_NAME]
HoldName = Annotated[str, matching(_HOLD_NAME, _NAME_ADVICE), _HOLD_NAME]
PolicyName = Annotated[str, matching(_POLICY_NAME, f"{_NAME_ADVICE}; manual is taken by janitor delete"), _POLICY_NAME]
ProjectId = Annotated[str, matching(_ID, "must be 1 to 64 letters, digits and -"), _ID]
WorkspaceId = Annotated[str, matching(_ID, 'must be "0" or the id of a workspace'), _ID]
RegionName = Annotated[str, matching(_REGION, "must be a region such as eu-de"), _REGION]
Workspaces = Annotated[list[WorkspaceId] | None, BeforeValidator(_read_workspaces), _WORKSPACES]
