"""Owns what a job's owner may write in a tag or in the description: `janitor-hold`, `janitor-hold=WHY`, `janitor-ttl=30d`."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from janitor.core.duration import parse_duration
from janitor.core.job import OF_THE_PLATFORM, Job

_HOLD = "janitor-hold"
_TTL = "janitor-ttl"
_GAP = r"[\W_\u115f\u1160]*+"
"""Whatever is no letter or digit, and the two letters that show nothing (fillers of Hangul)."""
_US, _HOLDS, _TTLS = (_GAP.join(word) for word in ("janitor", "hold", "ttl"))
_NEARLY_US = re.compile(f"{_GAP}{_US}{_GAP}")
_NEARLY_A_MARK = re.compile(f"{_US}{_GAP}(?:{_HOLDS}|{_TTLS})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The marks of one job: `hold` says why it is held, `ttl` lengthens every policy's age, `ttl_by` says what asks for it."""

    hold: str | None = None
    ttl: timedelta | None = None
    ttl_by: str = ""


NO_MARKS = Marks()


def parse_marks(job: Job) -> Marks:
    """Read the marks of a job in its tags and in its description: a hold in either holds, the longest ttl counts.

    What cannot be read, or looks like a mark and is none, holds. A mark is a tag's whole key, or a word of the description.
    Wherever else the letters of its name follow one another, whatever signs, spaces, accents or invisible characters stand
    between them or are missing (in a tag: in its key and value together), somebody meant something by it, so the job is held;
    a tag whose key is no more than `janitor` holds too. Keys of the platform's own tags (`_sys_…`) are no marks.
    """
    if job.labels == () and job.description == "":
        return NO_MARKS
    found = (*_in_tags(job.labels), *_in_description(job.description))
    holds = [mark.hold for mark in found if mark.hold is not None]
    longest = max((mark for mark in found if mark.ttl is not None), key=lambda mark: mark.ttl or timedelta(0), default=NO_MARKS)
    return Marks(hold=holds[0] if holds else None, ttl=longest.ttl, ttl_by=longest.ttl_by)


def may_mark(key: str, value: str) -> bool:
    """Whether a tag says anything to us, or looks as if it were meant to."""
    return any(True for _ in _in_tags(((key, value),)))


def _in_tags(labels: tuple[tuple[str, str], ...] | None) -> Iterator[Marks]:
    if labels is None:
        yield Marks(hold="its tags could not be read")
        return
    for key, value in labels:
        if not key.startswith(OF_THE_PLATFORM) and (_is_nearly_a_mark(f"{key}{value}") or _NEARLY_US.fullmatch(_fold(key))):
            yield _of_tag(key, value)


def _of_tag(key: str, value: str) -> Marks:
    """The mark that a tag is; one that is none, and looks like one, holds."""
    shown = f"{key}={value}" if value else key
    if key == _HOLD:
        return Marks(hold=f"its tag says {shown}")
    ttl = _ttl(value) if key == _TTL else None
    if ttl is None:
        return Marks(hold=f"its tag {shown} is a malformed mark; write janitor-hold, or janitor-ttl with the value 30d")
    return Marks(ttl=ttl, ttl_by=f"its tag {shown}")


def _in_description(description: str | None) -> Iterator[Marks]:
    if description is None:
        yield Marks(hold="its description could not be read")
        return
    if not _is_nearly_a_mark(description):
        return
    words = description.split()
    holds = [word for word in words if word == _HOLD or (word.startswith(f"{_HOLD}=") and word != f"{_HOLD}=")]
    ttls = {word: ttl for word in words if word.startswith(f"{_TTL}=") and (ttl := _ttl(word.partition("=")[2])) is not None}
    yield from (Marks(ttl=ttl, ttl_by=f"{word} in its description") for word, ttl in ttls.items())
    if holds:
        yield Marks(hold=f"its description says {holds[0]}")
    elif _is_nearly_a_mark(" ".join(word for word in words if word not in ttls)):
        yield Marks(hold="its description has a malformed mark; write janitor-hold or janitor-ttl=30d as a word of its own")


def _is_nearly_a_mark(text: str) -> bool:
    return _NEARLY_A_MARK.search(_fold(text)) is not None


def _fold(text: str) -> str:
    """The text without case and without the forms of a letter that NFKC takes away; accents become signs of their own."""
    return (text if text.isascii() else unicodedata.normalize("NFKD", text)).casefold()


def _ttl(text: str) -> timedelta | None:
    try:
        return parse_duration(text)
    except ValueError:
        return None
