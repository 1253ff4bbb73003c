"""Owns the faults that rewrite a page of the list: each takes the true page and returns the false one."""

import json
from collections.abc import Callable
from itertools import cycle, islice
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from janitor.emulator.document import edit
from janitor.emulator.exchange import Exchange
from janitor.emulator.faults import Fault

Page = dict[str, Any]


def _empty_list(_: Fault, __: Exchange, page: Page) -> Page:
    return page | {"items": [], "total": 0, "count": 0}


def _duplicate_item(fault: Fault, exchange: Exchange, page: Page) -> Page:
    """Begin with an item of the previous page (its last, or the one named); no item is pushed out by it."""
    candidates = exchange.previous_page or tuple(page["items"])
    named = [item for item in candidates if item["metadata"]["id"] == fault.job_id]
    repeated = named or list(candidates[-1:])
    return page | {"items": [*repeated, *page["items"]]}


def _drop_item(fault: Fault, _: Exchange, page: Page) -> Page:
    """Leave out the item named, or the middle one."""
    items = page["items"]
    middle = items[len(items) // 2]["metadata"]["id"] if items else None
    unwanted = fault.job_id or middle
    return page | {"items": [item for item in items if item["metadata"]["id"] != unwanted]}


def _grow_total(fault: Fault, _: Exchange, page: Page) -> Page:
    return page | {"total": page["total"] + fault.by, "count": page["count"] + fault.by}


def _endless(fault: Fault, exchange: Exchange, page: Page) -> Page:
    """Fill the page to its limit with jobs from the start of the world, over and over."""
    missing = page["limit"] - len(page["items"])
    fill = [json.loads(json.dumps(job)) for job in islice(cycle(exchange.world.jobs()), missing)]
    if fault.fresh:
        fill = [edit(job, {"id": _invented_id(exchange, number)}) for number, job in enumerate(fill)]
    return page | {"items": [*page["items"], *fill]}


def _invented_id(exchange: Exchange, number: int) -> str:
    return str(uuid5(NAMESPACE_OID, f"{exchange.received.request_id}-{number}"))


LIST_EFFECTS: dict[str, Callable[[Fault, Exchange, Page], Page]] = {
    "empty_list": _empty_list,
    "duplicate_item": _duplicate_item,
    "drop_item": _drop_item,
    "grow_total": _grow_total,
    "endless": _endless,
}
