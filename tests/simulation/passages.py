"""The points of tests/crash/points.py within one process: each tells the janitor that is running that it was reached."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Protocol

from crash import points

from janitor.backends import modelarts_narrow
from janitor.modelarts import tags, v2, v2_listing, v2_narrow, v2_page
from janitor.sweep import looking

ON_THE_WIRE = frozenset({"cp12_request_half_sent", "cp13_request_sent"})
"""What the simulated wire tells itself."""
AT_THE_SYNC = frozenset({"cp10_intents_not_synced", "cp15_outcomes_not_synced", "marks_not_synced", "jobs_not_synced"})
"""Told right before a commit; what is meant is the moment in it when all is written and nothing synced yet."""

PAGES_AT_MOST = 40
"""A list that does not end is given up after so many pages here: a million jobs take a minute, and teach nothing more."""
USUAL_ROWS = v2_page.LIMIT
Sizes = dict[str, int]
"""How much janitor does at once, where a small world is to look large to it."""
PLACES = {
    "many": ((looking, "MANY"),),
    "ids": ((v2_narrow, "IDS_AT_ONCE"), (modelarts_narrow, "IDS_AT_ONCE")),
    "rows": ((v2_page, "LIMIT"), (v2, "LIMIT"), (modelarts_narrow, "LIMIT")),
    "tagged": ((tags, "LIMIT"),),
    "read": ((modelarts_narrow, "MOST_READ"),),
    "jobs": ((v2_listing, "MOST_JOBS"),),
}
"""From so many planned jobs on it looks by lists; a filter names so many ids, a page has so many jobs, or jobs with their tags;
of so many jobs all tags are read; a list has so many jobs at most."""


class Running(Protocol):
    """A janitor under way."""

    def passing(self, point: str) -> None:
        """It has come to a point."""
        ...


_RUNNING: list[Running] = []


class Passage:
    """What stands at a point instead of a trap."""

    def __init__(self, point: str) -> None:
        self._point = point

    def spring(self) -> None:
        if _RUNNING:
            _RUNNING[-1].passing(self._point)


@cache
def install() -> None:
    """Put a passage at every point, once a process; where no simulation runs they do nothing."""
    for name, arm in (points.POINTS | points.MARKING | points.LOOKING).items():
        if name not in ON_THE_WIRE:
            arm(Passage(name))


@contextmanager
def running(janitor: Running, sizes: Sizes | None = None) -> Iterator[None]:
    """While this lasts, the points are this janitor's; one within another is another replica's turn."""
    install()
    _RUNNING.append(janitor)
    asked = {"jobs": PAGES_AT_MOST * (sizes or {}).get("rows", USUAL_ROWS)} | (sizes or {})
    places = [(module, name, asked[word]) for word in asked for module, name in PLACES[word]]
    usual = [(module, name, vars(module)[name]) for module, name, _ in places]
    _put(places)
    try:
        yield
    finally:
        _put(usual)
        _RUNNING.pop()


def _put(places: Iterable[tuple[ModuleType, str, int]]) -> None:
    for module, name, number in places:
        vars(module)[name] = number
