"""Owns the list of jobs: which are asked for, how many there are, some at a time."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from janitor.console.asking import NONE, Asked, BadQuestion, address, without
from janitor.console.book import Book
from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.ledger.listed import EQUAL, SORTS, Page, Place, PlaceLost, Wanted, count_listed, find_gone, list_listed
from janitor.ledger.moment import Readable, at_one_moment
from janitor.ledger.store import Ledger
from janitor.ledger.timeline import list_latest

PATH, AT_ONCE = "/jobs", 100
TITLES = {"created_at": "created", "finished_at": "finished", "eligible_at": "eligible", "name": "name", "owner": "owner"}
_PLACES = ("after", "before")
_CHOICES: dict[str, tuple[str, ...]] = {"verdict": tuple(Verdict), "phase": tuple(Phase)}
_UPWARD = frozenset({"eligible_at", "name", "owner"})
"""Sorted upwards unless asked otherwise: what is due first, A to Z."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One verdict to narrow to, and how many of the jobs asked for have it."""

    verdict: Verdict
    number: int
    link: str
    is_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column by which the list can be sorted: how it is now, and the link that sorts by it or turns it round."""

    title: str
    link: str
    order: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobList:
    """Everything that the page shows; `total` counts all that were asked for."""

    rows: tuple[Mapping[str, Any], ...]
    total: int
    chips: tuple[Chip, ...]
    columns: Mapping[str, Column]
    asked: Mapping[str, str]
    phases: tuple[str, ...]
    everything: int
    gone: frozenset[tuple[str, str]]
    """The target and id of those shown that are proven gone since they were listed."""
    first: str | None
    previous: str | None
    following: str | None

    @property
    def is_narrowed(self) -> bool:
        """Whether any condition was given."""
        return any(name in self.asked for name in ("q", *EQUAL))


def gather(asked: Asked, ledger: Ledger, book: Book) -> JobList:
    """The jobs that the address asks for."""
    wanted, kept = read_wanted(asked), asked.given("q", *EQUAL, "sort", "order")
    places = {name: asked.several(name, 2) for name in _PLACES}
    if all(places.values()):
        raise BadQuestion("after and before cannot both be given; take one of them away")
    name = next((name for name, place in places.items() if place is not None), "after")
    values = places[name]
    place = None if values is None else Place(target=values[0], job_id=values[1])
    with at_one_moment(ledger) as moment:
        page = _list(moment, wanted, place, is_before=name == "before")
        equal = {key: value for key, value in wanted.equal.items() if key != "verdict"}
        gone = find_gone(moment, page.rows)
        is_all = place is None and not page.has_after and "verdict" not in wanted.equal
        counts = (
            Counter(Verdict(row["verdict"]) for row in page.rows)
            if is_all
            else _count(moment, book, replace(wanted, equal=equal))
        )
    chosen = wanted.equal.get("verdict")
    edges = [(row["target"], row["job_id"]) for row in (*page.rows[:1], *page.rows[-1:])]
    return JobList(
        rows=page.rows,
        total=counts.total() if chosen is None else counts[Verdict(chosen)],
        everything=counts.total(),
        chips=tuple(_chip(verdict, counts, chosen, kept) for verdict in Verdict),
        columns={sort: _column(sort, wanted, kept) for sort in SORTS},
        asked=kept,
        phases=tuple(Phase),
        gone=gone,
        first=address(PATH, **kept) if page.has_before else None,
        previous=address(PATH, **kept, before=edges[0]) if page.has_before and edges else None,
        following=address(PATH, **kept, after=edges[-1]) if page.has_after and edges else None,
    )


def _list(ledger: Readable, wanted: Wanted, place: Place | None, *, is_before: bool) -> Page:
    try:
        return list_listed(ledger, wanted, AT_ONCE, place, is_before=is_before)
    except PlaceLost as error:
        raise BadQuestion(f"{error}: there was a sweep meanwhile, so begin this list anew") from error


def _count(ledger: Readable, book: Book, wanted: Wanted) -> Counter[Verdict]:
    """How many of the wanted jobs have each verdict; those of whole targets are known already."""
    if wanted.text or wanted.equal.keys() - {"target"}:
        return count_listed(ledger, wanted)
    target, counts = wanted.equal.get("target"), Counter[Verdict]()
    for (name, verdict), number in book.tally(ledger, list_latest(ledger)).verdicts.items():
        counts[Verdict(verdict)] += number if target in (None, name) else 0
    return counts


def read_wanted(asked: Asked) -> Wanted:
    """Which jobs, in which order."""
    sort = asked.choice("sort", SORTS) or "created_at"
    order = asked.choice("order", ("up", "down")) or ("up" if sort in _UPWARD else "down")
    equal = {name: asked.choice(name, _CHOICES[name]) if name in _CHOICES else asked.value_of(name) for name in EQUAL}
    given = {name: value for name, value in equal.items() if value is not None}
    return Wanted(text=asked.text("q") or "", equal=given, sort=sort, is_descending=order == "down")


def owner_value(owner: str | None) -> str:
    """An owner or a policy as it stands in an address."""
    return owner or NONE


def _chip(verdict: Verdict, counts: Counter[Verdict], chosen: str | None, kept: dict[str, str]) -> Chip:
    is_on = chosen == verdict
    rest = without(kept, "verdict")
    link = address(PATH, **rest) if is_on else address(PATH, **rest, verdict=verdict.value)
    return Chip(verdict=verdict, number=counts[verdict], link=link, is_on=is_on)


def _column(sort: str, wanted: Wanted, kept: dict[str, str]) -> Column:
    is_on = wanted.sort == sort
    order = ("descending" if wanted.is_descending else "ascending") if is_on else None
    turned = ("up" if wanted.is_descending else "down") if is_on else ("up" if sort in _UPWARD else "down")
    return Column(title=TITLES[sort], link=address(PATH, **without(kept, "sort", "order"), sort=sort, order=turned), order=order)
