"""Owns how far the rows of lists are believed: which jobs are asked for by id as well, and how long a description is whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from janitor.backends.narrow import Shown
from janitor.core.job import Job, differing_fields
from janitor.core.phase import Phase

_Sort = tuple[str | None, Phase, bool]
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_DEEP = 3
"""A document holds a job, a job its parts, and these their fields; what a field is made of is not compared."""


@dataclass(kw_only=True)
class Belief:
    """What is known of the rows of one platform: of which sorts of jobs, and of how long descriptions, they tell all."""

    _sorts: set[_Sort] = field(default_factory=set)
    _characters: int = 0
    _bytes: int = 0

    def choose(self, planned: Sequence[Job]) -> list[Job]:
        """Of the jobs of a query, those to ask for by id as well: what is told of others may be cut short.

        At first the first job and the last, and three between where none has a description, as lists may tell none; always one
        of each sort, and those with the longest description, where no such was compared before.
        """
        one_of_each = {_sort(job): job for job in planned}.values()
        telling = (max(planned, key=_characters), max(planned, key=_bytes), *one_of_each)
        chosen = [job for job in telling if not self.covers(job)]
        if not self._sorts:
            between = () if any(map(_characters, planned)) else (planned[len(planned) * part // 4] for part in (1, 2, 3))
            chosen = [planned[0], *between, *chosen, planned[-1]]
        return list({job.id: job for job in chosen}.values())

    def learn(self, known: Sequence[Job], shown: Shown) -> bool:
        """Compare jobs just asked for by id with their rows; False where one differs, be it in what decides nothing.

        So it is where a row leaves out what is only remembered: the tombstone of a job is made of its row.
        """
        rows = [(job, shown.jobs[job.id]) for job in known if job.id in shown.jobs]
        if any(differing_fields(job, row, frozenset()) or _leaves_out(row.document, job.document) for job, row in rows):
            return False
        self._sorts |= {_sort(job) for job, _ in rows}
        self._characters = max([self._characters, *(_characters(job) for job, _ in rows)])
        self._bytes = max([self._bytes, *(_bytes(job) for job, _ in rows)])
        return True

    def covers(self, job: Job) -> bool:
        """Whether a job of this sort was compared, and a description as long as this one is known to be shown whole."""
        return _sort(job) in self._sorts and _characters(job) <= self._characters and _bytes(job) <= self._bytes


def _sort(job: Job) -> _Sort:
    """Jobs of one sort have the same parts of a document, as far as can be told from a row."""
    return job.kind, job.phase, job.never_started


def _leaves_out(row: Any, known: Any, levels: int = _DEEP) -> bool:
    """Whether a row tells nothing where the answer about the job alone tells something, in a part of it or in a field."""
    if known in _NOTHING or row in _NOTHING:
        return known not in _NOTHING
    if not levels or not isinstance(known, Mapping):
        return False
    return not isinstance(row, Mapping) or any(_leaves_out(row.get(name), told, levels - 1) for name, told in known.items())


def _characters(job: Job) -> int:
    return len(job.description or "")


def _bytes(job: Job) -> int:
    return len((job.description or "").encode(errors="surrogatepass"))
