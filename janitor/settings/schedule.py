"""Owns the types of a schedule's fields, and the rule that it has exactly one rhythm."""

from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator

from janitor.core.duration import format_duration
from janitor.settings import shapes
from janitor.settings.cron import Cron, parse_cron


def _read_cron(value: Any) -> Cron:
    if not isinstance(value, str):
        raise ValueError('must be text in quotes, such as "0 3 * * *"')  # noqa: TRY004 -- pydantic collects ValueError
    return parse_cron(value)


def _read_zone(value: Any) -> str:
    advice = "is no time zone known here; write UTC or a name such as Europe/Berlin"
    if not isinstance(value, str):
        raise ValueError(advice)  # noqa: TRY004 -- pydantic collects ValueError
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(advice) from None


def _require_mapping(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError('must be {cron: "0 3 * * *"} or {every: 6h}')  # noqa: TRY004 -- pydantic collects ValueError
    return value


def _require_one_rhythm(section: Any) -> Any:
    """Refuse both or none of cron and every, a time zone that nothing reads, and a jitter that could swallow the next fire."""
    cron, every, jitter = section.cron, section.every, section.jitter
    if (cron is None) == (every is None):
        raise ValueError("needs exactly one of cron and every")
    if cron is None and section.timezone is not None:
        raise ValueError("has a timezone, which only cron reads; remove it")
    gap = every if cron is None else timedelta(minutes=cron.shortest_gap_minutes)
    if jitter is not None and jitter >= gap:
        raise ValueError(f"jitter {format_duration(jitter)} must be shorter than the {format_duration(gap)} between two fires")
    return section


CronText = Annotated[Cron, BeforeValidator(_read_cron), shapes.CRON]
TimeZone = Annotated[str, BeforeValidator(_read_zone), shapes.ZONE]
ScheduleMapping = BeforeValidator(_require_mapping)
OneRhythm = AfterValidator(_require_one_rhythm)
