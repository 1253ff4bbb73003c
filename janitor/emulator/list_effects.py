"""Owns the faults that rewrite a page of a list: each takes the true page and returns the false one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any
from urllib.parse import parse_qs
from uuid import NAMESPACE_OID, uuid5

from janitor.emulator.document import edit
from janitor.emulator.exchange import Exchange
from janitor.emulator.faults import Fault
from janitor.emulator.listing_v1 import show_row

Page = dict[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Where a route's page has its rows and counts, how long it may be, and what it could be filled with.

    `renamed` gives a row an invented id, from a number that no other row has.
    """

    rows: str
    counts: tuple[str, ...]
    id_of: Callable[[Row], str]
    renamed: Callable[[Row, int], Row]
    limit: Callable[[Exchange, Page], int]
    supply: Callable[[Exchange, Page], list[Row]]


def rows_of(route: str, body: bytes) -> tuple[Row, ...]:
    """Read the rows of a page; a scripted body, or a refusal, need not be one."""
    try:
        page: Any = json.loads(body)
    except ValueError:
        return ()
    rows = page.get(SHAPES[route].rows) if isinstance(page, dict) else None
    return tuple(rows) if isinstance(rows, list) else ()


def rewrite(fault: Fault, exchange: Exchange, page: Page) -> Page:
    """Let the fault's effect change a page; an answer that has no rows passes unchanged."""
    shape = SHAPES[exchange.route]
    has_rows = isinstance(page, dict) and isinstance(page.get(shape.rows), list)
    return LIST_EFFECTS[fault.action](fault, exchange, page) if has_rows else page


def _empty_list(_: Fault, exchange: Exchange, page: Page) -> Page:
    shape = SHAPES[exchange.route]
    return page | {shape.rows: []} | dict.fromkeys(shape.counts, 0)


def _duplicate_item(fault: Fault, exchange: Exchange, page: Page) -> Page:
    """Begin with an item of the previous page (its last, or the one named); no item is pushed out by it."""
    shape = SHAPES[exchange.route]
    candidates = exchange.previous_page or tuple(page[shape.rows])
    named = [item for item in candidates if shape.id_of(item) == fault.job_id]
    repeated = named or list(candidates[-1:])
    return page | {shape.rows: [*repeated, *page[shape.rows]]}


def _drop_item(fault: Fault, exchange: Exchange, page: Page) -> Page:
    """Leave out the item named, or the middle one; of the versions of a job, the middle one."""
    shape = SHAPES[exchange.route]
    items = page[shape.rows]
    middle = shape.id_of(items[len(items) // 2]) if items else None
    unwanted = middle if exchange.job_ids else fault.job_id or middle
    return page | {shape.rows: [item for item in items if shape.id_of(item) != unwanted]}


def _grow_total(fault: Fault, exchange: Exchange, page: Page) -> Page:
    return page | {name: page[name] + fault.by for name in SHAPES[exchange.route].counts}


def _endless(fault: Fault, exchange: Exchange, page: Page) -> Page:
    """Fill the page to its limit with rows from the start of the world, over and over."""
    shape = SHAPES[exchange.route]
    missing = max(shape.limit(exchange, page) - len(page[shape.rows]), 0)
    fill = [json.loads(json.dumps(row)) for row in islice(cycle(shape.supply(exchange, page)), missing)]
    if fault.fresh:
        first = uuid5(NAMESPACE_OID, exchange.received.request_id).int >> 72
        fill = [shape.renamed(row, first + number) for number, row in enumerate(fill)]
    return page | {shape.rows: [*page[shape.rows], *fill]}


def _lagging_list(_: Fault, exchange: Exchange, page: Page) -> Page:
    """Show also what the previous page showed and this one does not any more, as if it were still there, and count it."""
    shape = SHAPES[exchange.route]
    shown = {shape.id_of(row) for row in page[shape.rows]}
    late = [row for row in exchange.previous_page if shape.id_of(row) not in shown]
    more = {name: page[name] + len(late) for name in shape.counts}
    return page | {shape.rows: [*page[shape.rows], *late]} | more


def _per_page(exchange: Exchange, _: Page) -> int:
    """Return how many rows a v1 request asked for; what it could not have asked for got no page."""
    return int(parse_qs(exchange.received.query).get("per_page", ["10"])[-1])


def _invented_uuid(number: int) -> str:
    return str(uuid5(NAMESPACE_OID, str(number)))


LIST_EFFECTS: dict[str, Callable[[Fault, Exchange, Page], Page]] = {
    "empty_list": _empty_list,
    "duplicate_item": _duplicate_item,
    "drop_item": _drop_item,
    "grow_total": _grow_total,
    "endless": _endless,
    "lagging_list": _lagging_list,
}

SHAPES: dict[str, Shape] = {
    "list": Shape(
        rows="items",
        counts=("total", "count"),
        id_of=lambda row: str(row["metadata"]["id"]),
        renamed=lambda row, number: edit(row, {"id": _invented_uuid(number)}),
        limit=lambda _, page: int(page["limit"]),
        supply=lambda exchange, _: list(exchange.world.jobs()),
    ),
    "find_by_tags": Shape(
        rows="resources",
        counts=("total_count",),
        id_of=lambda row: str(row["resource_id"]),
        renamed=lambda row, number: dict(row) | {"resource_id": _invented_uuid(number)},
        limit=lambda exchange, _: int(parse_qs(exchange.received.query).get("limit", ["1000"])[-1]),
        supply=lambda _, page: list(page["resources"]),
    ),
    "v1_list": Shape(
        rows="jobs",
        counts=("job_total_count",),
        id_of=lambda row: str(row["job_id"]),
        renamed=lambda row, number: dict(row) | {"job_id": number},
        limit=_per_page,
        supply=lambda exchange, _: [show_row(job, exchange.world.switches) for job in exchange.v1.jobs()],
    ),
    "v1_versions": Shape(
        rows="versions",
        counts=("version_count",),
        id_of=lambda row: str(row["version_id"]),
        renamed=lambda row, number: dict(row) | {"version_id": number},
        limit=_per_page,
        supply=lambda _, page: list(page["versions"]),
    ),
}
"""The routes whose pages can be rewritten."""
