"""How many cases are tried: few in `make test`, which has a budget, many in `make soak`."""

import os
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

IS_SOAK = os.environ.get("JANITOR_EXAMPLES") == "soak"
LEAVES_SOAK_OUT = not IS_SOAK and "JANITOR_SOAK_TOO" not in os.environ
"""Whether tests and cases with the marker `soak` are left out; seeded bugs are judged with them, whatever the amount."""


MARKERS = (
    "soak: takes long for what it adds to others; left out of `make test`, run by `make soak` and by `make mutants`",
    "some(number): of these cases `make test` runs so many, spread over them all; the others are left out as `soak` is",
)


def for_soak(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """What is left for `make soak`: the marked tests, and most cases of those of which some are enough for a day."""
    by_function: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("soak"):
            yield item
        elif item.get_closest_marker("some"):
            by_function.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for found in by_function.values():
        number = next(mark.args[0] for mark in found[0].iter_markers("some"))
        kept = {place * len(found) // number for place in range(number)}
        yield from (item for place, item in enumerate(found) if place not in kept)


def in_soak(*values: Any) -> Any:
    """A case of `parametrize` with the marker `soak`."""
    return pytest.param(*values, marks=pytest.mark.soak)


def cases(few: int, many: int) -> int:
    """One of the two."""
    return many if IS_SOAK else few


def pairs(values: Iterable[Any], places: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Every value in every place in `make soak`; in `make test` every value in one place, the places by turns."""
    where = list(places)
    if IS_SOAK:
        return [(value, place) for value in values for place in where]
    return [(value, where[number % len(where)]) for number, value in enumerate(values)]
