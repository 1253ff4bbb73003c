"""Owns the decisions about all jobs of a target: one shared ruling a kind of answer, and the sentence only where it is asked for."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import overload

from janitor.core.job import Job
from janitor.core.verdict import Decision, Verdict
from janitor.retention.vote import Word


@dataclass(frozen=True, slots=True, eq=False)
class Ruling:
    """A verdict with the code of its reason and what each selecting policy said; shared by all jobs of which it is true."""

    verdict: Verdict
    code: str
    words: tuple[Word, ...] = ()
    grace: timedelta = timedelta(0)


class Decisions(Sequence[Decision]):
    """The decisions in the order of the jobs; each is made in full when it is read, so that a million of them fit into memory."""

    def __init__(self, jobs: Sequence[Job], rulings: list[Ruling], tell: Callable[[Job, Ruling], Decision]) -> None:
        self._jobs, self._rulings, self._tell = jobs, rulings, tell

    def __len__(self) -> int:
        return len(self._jobs)

    @overload
    def __getitem__(self, index: int) -> Decision: ...

    @overload
    def __getitem__(self, index: slice) -> list[Decision]: ...

    def __getitem__(self, index: int | slice) -> Decision | list[Decision]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        return self._tell(self._jobs[index], self._rulings[index])

    def __iter__(self) -> Iterator[Decision]:
        return map(self._tell, self._jobs, self._rulings)

    def of(self, *verdicts: Verdict) -> Iterator[Decision]:
        """The decisions with one of these verdicts."""
        for job, ruling in zip(self._jobs, self._rulings, strict=True):
            if ruling.verdict in verdicts:
                yield self._tell(job, ruling)

    def counts(self) -> Counter[Verdict]:
        """How many jobs have each verdict."""
        return Counter(ruling.verdict for ruling in self._rulings)
