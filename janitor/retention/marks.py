"""Owns what a job's owner may write in its description: `janitor-hold`, `janitor-hold=WHY`, `janitor-ttl=30d`."""

from dataclasses import dataclass
from datetime import timedelta

from janitor.core.duration import parse_duration

_HOLD = "janitor-hold"
_TTL = "janitor-ttl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The marks of one job: `hold` says why it is held, `ttl` lengthens every policy's age."""

    hold: str | None = None
    ttl: timedelta | None = None


NO_MARKS = Marks()


def parse_marks(description: str | None) -> Marks:
    """Read the marks of a description; what cannot be read, or looks like a mark and is none, holds."""
    if description is None:
        return Marks(hold="its description could not be read")
    if "janitor-" not in description.casefold():
        return NO_MARKS
    hold: str | None = None
    ttls: list[timedelta] = []
    for word in description.split():
        if not word.casefold().startswith((_HOLD, _TTL)):
            continue
        key, equals, value = word.partition("=")
        if key == _HOLD and bool(equals) == bool(value):
            hold = hold or (f"its description says {word}")
        elif key == _TTL and (ttl := _ttl(value)) is not None:
            ttls.append(ttl)
        else:
            hold = f"its description has the malformed mark {word!r}"
    return Marks(hold=hold, ttl=max(ttls, default=None))


def _ttl(text: str) -> timedelta | None:
    try:
        return parse_duration(text)
    except ValueError:
        return None
