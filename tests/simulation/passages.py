"""The points of tests/crash/points.py within one process: each tells the janitor that is running that it was reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Protocol

from crash import points

from janitor.modelarts import v2_listing

ON_THE_WIRE = frozenset({"cp12_request_half_sent", "cp13_request_sent"})
"""What the simulated wire tells itself."""
AT_THE_SYNC = frozenset({"cp10_intents_not_synced", "cp15_outcomes_not_synced", "marks_not_synced", "jobs_not_synced"})
"""Told right before a commit; what is meant is the moment in it when all is written and nothing synced yet."""

JOBS_AT_MOST = 2000
"""A list that does not end is given up after so many jobs here: a million take a minute, and teach nothing more."""


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
    for name, arm in (points.POINTS | points.MARKING).items():
        if name not in ON_THE_WIRE:
            arm(Passage(name))


@contextmanager
def running(janitor: Running) -> Iterator[None]:
    """While this lasts, the points are this janitor's; one within another is another replica's turn."""
    install()
    _RUNNING.append(janitor)
    usual, v2_listing.MOST_JOBS = v2_listing.MOST_JOBS, JOBS_AT_MOST
    try:
        yield
    finally:
        v2_listing.MOST_JOBS = usual
        _RUNNING.pop()
