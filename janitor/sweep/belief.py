"""Owns how far the rows of lists are believed: which jobs are asked for by id as well, and how long a description is whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from janitor.backends.narrow import Shown
from janitor.core.job import Job, differing_fields


@dataclass(kw_only=True)
class Belief:
    """What is known of the rows of one platform: that descriptions up to these sizes are not cut short in them."""

    _is_begun: bool = False
    _characters: int = 0
    _bytes: int = 0

    def choose(self, planned: Sequence[Job]) -> list[Job]:
        """Of the jobs of a query, those to ask for by id as well: what is told of others may be cut short.

        At first the first job, the last, and those with the longest description; later these, where none was as long before.
        """
        longest = [max(planned, key=_characters), max(planned, key=_bytes)]
        chosen = [job for job in longest if not self.covers(job)] if self._is_begun else [planned[0], *longest, planned[-1]]
        return list({job.id: job for job in chosen}.values())

    def learn(self, known: Sequence[Job], shown: Shown) -> bool:
        """Compare jobs just asked for by id with their rows; False where one differs, be it in what decides nothing."""
        self._is_begun = True
        rows = [(job, shown.jobs[job.id]) for job in known if job.id in shown.jobs]
        if any(differing_fields(job, row, frozenset()) for job, row in rows):
            return False
        self._characters = max([self._characters, *(_characters(job) for job, _ in rows)])
        self._bytes = max([self._bytes, *(_bytes(job) for job, _ in rows)])
        return True

    def covers(self, job: Job) -> bool:
        """Whether a description as long as this one is known to be shown whole."""
        return _characters(job) <= self._characters and _bytes(job) <= self._bytes


def _characters(job: Job) -> int:
    return len(job.description or "")


def _bytes(job: Job) -> int:
    return len((job.description or "").encode(errors="surrogatepass"))
