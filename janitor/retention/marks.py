"""Owns what a job's owner may write in its description: `janitor-hold`, `janitor-hold=WHY`, `janitor-ttl=30d`."""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from janitor.core.duration import parse_duration

_HOLD = "janitor-hold"
_TTL = "janitor-ttl"
_DASHES = frozenset({"Pd"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The marks of one job: `hold` says why it is held, `ttl` lengthens every policy's age."""

    hold: str | None = None
    ttl: timedelta | None = None


NO_MARKS = Marks()


def parse_marks(description: str | None) -> Marks:
    """Read the marks of a description; what cannot be read, or looks like a mark and is none, holds.

    A mark is a word of its own. Wherever else its name occurs (in quotes, behind a hash, with another dash or an invisible
    character), somebody meant something by it, so the job is held.
    """
    if description is None:
        return Marks(hold="its description could not be read")
    folded = _fold(description)
    seen = folded.count(_HOLD) + folded.count(_TTL)
    if not seen:
        return NO_MARKS
    words = description.split()
    holds = [word for word in words if word == _HOLD or (word.startswith(f"{_HOLD}=") and word != f"{_HOLD}=")]
    ttls = [ttl for word in words if word.startswith(f"{_TTL}=") and (ttl := _ttl(word.partition("=")[2])) is not None]
    if holds:
        return Marks(hold=f"its description says {holds[0]}", ttl=max(ttls, default=None))
    if len(ttls) != seen:
        return Marks(hold="its description has a malformed mark; write janitor-hold or janitor-ttl=30d as a word of its own")
    return Marks(ttl=max(ttls))


def _fold(text: str) -> str:
    """The text as somebody in a hurry would read it: no case, no invisible characters, every dash and underscore a hyphen."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    visible = (character for character in plain if unicodedata.category(character) != "Cf")
    return "".join("-" if character == "_" or unicodedata.category(character) in _DASHES else character for character in visible)


def _ttl(text: str) -> timedelta | None:
    try:
        return parse_duration(text)
    except ValueError:
        return None
