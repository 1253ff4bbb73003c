"""How many cases are tried: few in `make test`, which has a budget, many in `make soak`."""

import os
from collections.abc import Iterable
from typing import Any

IS_SOAK = os.environ.get("JANITOR_EXAMPLES") == "soak"


def cases(few: int, many: int) -> int:
    """One of the two."""
    return many if IS_SOAK else few


def pairs(values: Iterable[Any], places: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Every value in every place in `make soak`; in `make test` every value in one place, the places by turns."""
    where = list(places)
    if IS_SOAK:
        return [(value, place) for value in values for place in where]
    return [(value, where[number % len(where)]) for number, value in enumerate(values)]
