"""Owns how single values are told on the pages: times, ages, numbers, commands; each inert."""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from markupsafe import Markup

from janitor.core.duration import format_age
from janitor.core.text import inert
from janitor.render_markup import Markup as Element
from janitor.render_markup import element
from janitor.settings.find import is_usual

LONGEST = 2000
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)


class Whole(str):
    """A text that is of no use when it is shortened: an address, a command line."""

    __slots__ = ()


class Facts(dict[str, Any]):
    """An event in a template: what an older janitor did not write is not known, and no mistake of the page."""

    def __missing__(self, name: str) -> None:
        """Nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells values as of one moment."""

    now: datetime

    def time(self, value: datetime | str | None, form: str = "%Y-%m-%d %H:%M") -> Element | str:
        """A time in UTC, to the minute, or a day; where a script may run, the reader's own time shows on hover."""
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
        if time is None:
            return "not known"
        return element("time", f"{time:{form}}{'Z' if '%H' in form else ''}", datetime=f"{time:%Y-%m-%dT%H:%M:%SZ}")

    def distance(self, value: datetime | str | None) -> str:
        """How far away a time is: `3h ago`, `in 2d`."""
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
        if time is None:
            return ""
        away = abs(time - self.now)
        if away < timedelta(seconds=30):
            return "now"
        coarse = timedelta(hours=1) if away >= timedelta(hours=3) else timedelta(minutes=1)
        text = f"{away.days}d" if away >= timedelta(days=3) else format_age(max(away - away % coarse, timedelta(minutes=1)))
        return f"in {text}" if time > self.now else f"{text} ago"


def shown(value: object, scrub: Callable[[str], str]) -> object:
    """What a template writes of a value: elements and markup as they are, any other text inert and without secrets.

    Before anything is shortened or escaped: then a secret would not be known any more.
    """
    if isinstance(value, Element):
        return Markup(value)  # noqa: S704  made by `element`, which escapes
    if hasattr(value, "__html__") or value is None:
        return "" if value is None else value
    text = scrub(str(value))
    return inert(text, max(LONGEST, len(text)) if isinstance(value, Whole) else LONGEST)


def counts_of(value: object) -> dict[str, int]:
    """The counts of an event that are not zero; what are none, as in an event that was changed, are left out."""
    given = value.items() if isinstance(value, dict) else ()
    return {str(name): each for name, each in given if isinstance(each, int) and each}


def number(value: int | None) -> str:
    """A number with its thousands apart by a narrow space."""
    return "not known" if value is None else f"{value:,}".replace(",", "\u2009")


def command(*words: str) -> str:
    """One command line that a shell takes as it is meant."""
    return shlex.join(words)


def by_file(line: str, source: Path) -> Whole:
    """A command line as it is to be run: by the policy file of these pages, where it is not found without being named."""
    is_found = is_usual(source) or not line.startswith("janitor ")
    return Whole(line if is_found else line.replace("janitor ", f"janitor --config {shlex.quote(str(source.absolute()))} ", 1))


def is_plain_id(job_id: str) -> bool:
    """Whether an id can stand on a command line without any doubt."""
    return _PLAIN_ID.fullmatch(job_id) is not None


def plural(count: int, one: str, more: str | None = None) -> str:
    """`1 job`, `2 jobs`."""
    return f"{number(count)} {one if count == 1 else more or f'{one}s'}"


def lasting(seconds: int | None) -> str:
    """How long something took; nothing where that is not known."""
    return "" if seconds is None else format_age(timedelta(seconds=seconds))


FILTERS: dict[str, Callable[..., Any]] = {"number": number, "plural": plural}
