"""Owns the reading of a short v2 list: of jobs by their ids, or of a window of creation times; sends nothing itself."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from janitor.modelarts.v2_listing import Fetch, OffsetMode, Proof
from janitor.modelarts.v2_page import LIMIT, is_job_id

T = TypeVar("T")
IDS_AT_ONCE = 10
"""How many values one filter takes (docs/modelarts-api.md, list filters)."""
LONGEST_WINDOW = timedelta(days=31)
MOST_PAGES = 40
_LONGEST = LONGEST_WINDOW - timedelta(seconds=2)
"""A window is widened to whole seconds."""
Filter = dict[str, Any]
Numbers = tuple[int, frozenset[Proof]]
"""How many jobs a listing, or a part of one, showed, and which numbers it stated rightly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortList(Generic[T]):
    """The jobs that were shown, each once; `is_complete` where the platform's own number of matches proves that these are all."""

    items: tuple[T, ...]
    is_complete: bool


def by_ids(job_ids: Sequence[str]) -> Filter:
    """The filter for 1 to 10 jobs; ValueError for anything else, since an empty one would restrict nothing."""
    if not 1 <= len(set(job_ids)) == len(job_ids) <= IDS_AT_ONCE or not all(map(is_job_id, job_ids)):
        raise ValueError(f"a list by ids names 1 to {IDS_AT_ONCE} jobs, each once")
    return {"key": "id", "operator": "in", "value": list(job_ids)}


def by_creation(first: datetime, last: datetime) -> Filter:
    """The filter for a window of at most 31 days, widened to whole seconds: answers have milliseconds, filters RFC 3339."""
    start, end = first.astimezone(UTC).replace(microsecond=0), last.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    if not timedelta(0) < end - start <= LONGEST_WINDOW:
        raise ValueError("a window of creation times is at most 31 days long")
    return {"key": "create_time", "operator": "between", "value": [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in (start, end)]}


def trusted(parts: Sequence[Numbers]) -> frozenset[Proof]:
    """The numbers that were those of all matches in every part of a listing; a part of one page hardly tells them apart."""
    telling = [numbers for size, numbers in parts if size > LIMIT] or [numbers for _, numbers in parts]
    return telling[0].intersection(*telling) if telling else frozenset()


def windows(first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut a time into windows that a filter takes; neighbours share the instant between them, whichever end a filter includes."""
    start = first
    while start + _LONGEST < last:
        yield start, start + _LONGEST
        start += _LONGEST
    yield start, max(start, last)


def read_short(fetch: Fetch, parse: Callable[[dict[str, Any]], T], mode: OffsetMode, numbers: Collection[Proof]) -> ShortList[T]:
    """Read page after page until all matches are there.

    A job of which an answer has two rows that differ is not among them, and nothing is proven by that answer.

    That they are, only a number tells that a whole listing has shown to be that of the matches (`numbers`): it has to be the same
    on every page, and equal to the jobs shown. Where nothing is known of these numbers or of the offsets, more pages than the
    first are not asked for, and nothing is called complete.
    """
    found, unclear, stated = dict[str, dict[str, Any]](), set[str](), dict[Proof, set[int | None]]()
    offset = pages = 0
    is_whole = False
    while pages < MOST_PAGES:
        page = fetch(offset)
        pages += 1
        stated.setdefault(Proof.TOTAL, set()).add(page.total)
        stated.setdefault(Proof.COUNT, set()).add(page.count)
        before = len(found)
        for job_id, item in zip(page.ids, page.items, strict=True):
            unclear |= {job_id} if found.setdefault(job_id, item) != item else set()
        is_whole = any(stated[number] == {len(found)} for number in numbers)
        if is_whole:
            break
        if page.is_short or len(found) == before or mode is OffsetMode.UNKNOWN:
            break
        offset += 1 if mode is OffsetMode.PAGES else len(page.ids)
    items = tuple(parse(item) for job_id, item in found.items() if job_id not in unclear)
    return ShortList(items=items, is_complete=is_whole and not unclear)
