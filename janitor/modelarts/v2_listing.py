"""Owns the reading of a whole v2 job list, correct whether `offset` counts pages or records; sends nothing itself.

The platform's documents contradict each other about `offset`, `total` and `count` (docs/modelarts-api.md, paging), so the list
itself must show how it counts, and a listing without proof of being complete is an error.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from janitor.modelarts.errors import ListingIncomplete
from janitor.modelarts.v2_page import Page

T = TypeVar("T")
MOST_JOBS = 2_000_000
_MOST_READINGS = 3
_MOST_MOVES = 3
_MOST_IDLE_PAGES = 2


class OffsetMode(StrEnum):
    """What `offset` counts."""

    UNKNOWN = "unknown"
    PAGES = "pages"
    RECORDS = "records"


class Proof(StrEnum):
    """Why a listing is known to be complete."""

    TOTAL = "total"
    COUNT = "count"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJobs(Generic[T]):
    """A complete listing: `items` oldest first, each job once; `duplicates` rows were dropped, first occurrence kept.

    `numbers` are those that turned out to be the number of all matches.
    """

    items: tuple[T, ...]
    duplicates: int
    proof: Proof
    offsets: OffsetMode
    pages: int
    numbers: frozenset[Proof] = frozenset()


@dataclass(slots=True)
class OffsetMemory:
    """What has been learnt about one platform's offsets."""

    mode: OffsetMode = OffsetMode.UNKNOWN


class _Moved(Exception):
    """The list changed under a reading."""


Fetch = Callable[[int], Page]
FetchAll = Callable[[Fetch, Sequence[int]], list[Page]]
"""Fetches several pages, in the order of their offsets, at once or one after the other."""

AHEAD = 16
"""So many pages are asked for at once, as far as the platform's numbers promise that there are as many."""


def one_by_one(fetch: Fetch, offsets: Sequence[int]) -> list[Page]:
    """Fetch pages one after the other."""
    return [fetch(offset) for offset in offsets]


def collect(
    fetch: Fetch, parse: Callable[[dict[str, Any]], T], memory: OffsetMemory, fetch_all: FetchAll = one_by_one
) -> ListedJobs[T]:
    """Read the list until one reading is proven complete.

    1. Read it once; `total` or `count` equal to the jobs found proves it. 2. Else read it again: the same jobs twice in a row,
    each once, prove it. 3. Where it moved under a reading, start over. 4. Give up after a few readings: raises ListingIncomplete.

    A page is parsed by whoever fetched it, so that others may wait for theirs meanwhile, and its raw items are never held with
    those of many others.
    """
    previous: bytes | None = None
    readings = moves = pages = 0
    while readings < _MOST_READINGS and moves < _MOST_MOVES:
        reading = _Reading[T](_Fetcher(lambda offset: fetch(offset).parsed(parse), fetch_all), memory)
        try:
            reading.read()
        except _Moved:
            memory.mode = OffsetMode.UNKNOWN
            previous, moves, pages = None, moves + 1, pages + reading.pages
            continue
        readings, pages = readings + 1, pages + reading.pages
        proof = reading.proof()
        if proof is None:
            fingerprint = reading.fingerprint()
            proof = Proof.REPEATED if fingerprint is not None and fingerprint == previous else None
            previous = fingerprint
        if proof is not None:
            return reading.listed(proof, pages)
    raise ListingIncomplete(
        f"the job list is not proven complete: {readings} whole readings differ or repeat jobs, and it moved under {moves} others"
    )


@dataclass(slots=True)
class _Stated:
    """A number that every page states; it can prove something only while all pages agree."""

    value: int | None = None
    agrees: bool = True
    differs_from_page: bool = False

    def note(self, stated: int | None, on_page: Collection[str], *, is_first: bool) -> None:
        """Rows that repeat a job on a page may be counted or not: neither number is then another one than the page's own."""
        self.value = stated if is_first else self.value
        self.agrees = self.agrees and stated is not None and stated == self.value
        self.differs_from_page = self.differs_from_page or stated not in (len(on_page), len(set(on_page)))

    def equals(self, found: int) -> bool:
        return self.agrees and self.value == found


@dataclass(slots=True)
class _Fetcher:
    """Fetches pages, some of them before they are asked for."""

    fetch: Fetch
    fetch_all: FetchAll
    prepared: dict[int, Page] = field(default_factory=dict)

    def __call__(self, offset: int) -> Page:
        return self.prepared.pop(offset, None) or self.fetch(offset)

    def prepare(self, offsets: Sequence[int]) -> None:
        """Fetch these, unless the first of them is there already."""
        if offsets[0] not in self.prepared:
            self.prepared = dict(zip(offsets, self.fetch_all(self.fetch, offsets), strict=True))


@dataclass(slots=True)
class _Reading(Generic[T]):
    """One pass over the whole list."""

    fetch: "_Fetcher"
    memory: OffsetMemory
    records: list[T] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    pages: int = 0
    duplicates: int = 0
    total: _Stated = field(default_factory=_Stated)
    count: _Stated = field(default_factory=_Stated)
    ahead: dict[int, Page] = field(default_factory=dict)
    limit: int = 1

    def read(self) -> None:
        """Take page after page; raises _Moved when the list shifted, ListingIncomplete when it does not end."""
        first = self._page(0)
        self._take(first)
        if not first.ids or (first.is_short and self.proof()):
            return
        if self.memory.mode is OffsetMode.UNKNOWN and len(first.ids) > 1:  # of one item, the next page is the next record
            self.memory.mode = self._settle_mode(first)
        if self.memory.mode is OffsetMode.RECORDS:
            self._read_by_records(first)
        else:
            self._read_by_pages()

    def proof(self) -> Proof | None:
        """What the stated numbers prove; `count` may mean "items on this page", so alone with its page it proves nothing."""
        if self.total.equals(len(self.seen)):
            return Proof.TOTAL
        if self.count.equals(len(self.seen)) and self.count.differs_from_page:
            return Proof.COUNT
        return None

    def numbers(self) -> frozenset[Proof]:
        """The numbers that every page of a complete reading states as that of all matches.

        A count that was that of the items on every page may mean just these.
        """
        stated = {Proof.TOTAL: self.total} | ({Proof.COUNT: self.count} if self.count.differs_from_page else {})
        return frozenset(proof for proof, number in stated.items() if number.equals(len(self.seen)))

    def fingerprint(self) -> bytes | None:
        """A digest of the set of ids, the same in any order; None for a reading that saw a job twice.

        A job seen twice has changed places, so another one may have slipped past; two such readings can agree and both be wrong.
        """
        if self.duplicates:
            return None
        mixed = 0
        for job_id in self.seen:
            mixed ^= int.from_bytes(blake2b(job_id.encode(), digest_size=16).digest())
        return len(self.seen).to_bytes(8) + mixed.to_bytes(16)

    def listed(self, proof: Proof, pages: int) -> ListedJobs[T]:
        """The result of a proven reading."""
        items = tuple(self.records)
        return ListedJobs(
            items=items,
            duplicates=self.duplicates,
            proof=proof,
            offsets=self.memory.mode,
            pages=pages,
            numbers=self.numbers(),
        )

    def _settle_mode(self, first: Page) -> OffsetMode:
        """Ask for offset 1: nearly the same window means records, none of it means pages; unclear twice stays unknown."""
        second = self.ahead[1] = self._page(1)
        mode = _compare(first, second)
        if mode is OffsetMode.UNKNOWN and second.ids:
            mode = _compare(self._page(0), self._page(1))
        return mode

    def _read_by_pages(self) -> None:
        """Step by one; this is complete where offsets count records too, only slow."""
        offset = idle = 0
        while True:
            offset += 1
            page = self.ahead.pop(offset, None) or self._page(offset)
            if not page.ids:
                return
            is_new = self._take(page)
            if page.is_short and (self.proof() or not is_new):
                return
            idle = 0 if is_new else idle + 1
            if idle == _MOST_IDLE_PAGES:
                return
            self._fetch_ahead(offset + 1)

    def _read_by_records(self, first: Page) -> None:
        """Let each window start with the last job seen: if another one stands there, the list has moved."""
        self.ahead.clear()
        position, last, idle = len(first.ids), first.ids[-1], 0
        while True:
            page = self._page(position - 1)
            if not page.ids or page.ids[0] != last:
                raise _Moved
            if len(page.ids) == 1:
                self._require_end(position)
                return
            idle = 0 if self._take(page, skip=1) else idle + 1
            if page.is_short and self.proof():
                return
            if idle == _MOST_IDLE_PAGES:
                return
            position, last = position + len(page.ids) - 1, page.ids[-1]

    def _require_end(self, position: int) -> None:
        """A window with nothing behind the last job seen is the end, unless the platform has begun to send single items."""
        if not self.proof() and self._page(position).ids:
            raise _Moved

    def _fetch_ahead(self, offset: int) -> None:
        """Ask for the pages from here on that there are, by the larger of the two numbers: it is a hint and proves nothing.

        So no more at once than were good before.
        """
        promised = max(self.total.value or 0, self.count.value or 0)
        last = min(offset + min(offset, AHEAD) - 1, (promised - 1) // self.limit)
        if last > offset and offset not in self.ahead:
            self.fetch.prepare(range(offset, last + 1))

    def _page(self, offset: int) -> Page:
        page = self.fetch(offset)
        self.limit = page.limit
        self.total.note(page.total, page.ids, is_first=self.pages == 0)
        self.count.note(page.count, page.ids, is_first=self.pages == 0)
        self.pages += 1
        if self.pages > MOST_JOBS // max(1, page.limit - 1) + 16:
            raise ListingIncomplete(f"the job list does not end: {self.pages} pages, {len(self.seen)} jobs")
        return page

    def _take(self, page: Page, skip: int = 0) -> bool:
        """Keep what is new on a page; False if nothing is."""
        before = len(self.seen)
        for job_id, item in zip(page.ids[skip:], page.items[skip:], strict=True):
            if job_id in self.seen:
                self.duplicates += 1
                continue
            self.seen.add(job_id)
            self.records.append(item)
        return len(self.seen) > before


def _compare(first: Page, second: Page) -> OffsetMode:
    shared = len(set(first.ids) & set(second.ids))
    if not second.ids:
        return OffsetMode.PAGES
    if 2 * shared >= len(first.ids):
        return OffsetMode.RECORDS
    return OffsetMode.PAGES if 10 * shared <= len(first.ids) else OffsetMode.UNKNOWN
