"""Owns the decisions about all jobs of a target: one shared ruling a kind of answer, a sentence only where it is asked for."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import overload

from janitor.core.errors import Interrupted
from janitor.core.job import Job
from janitor.core.verdict import Decision, Verdict
from janitor.retention.vote import Word

EVALUATION_FAILED = "evaluation_failed"


@dataclass(frozen=True, slots=True, eq=False)
class Ruling:
    """A verdict with the code of its reason and what each selecting policy said; shared by all jobs of which it is true."""

    verdict: Verdict
    code: str
    words: tuple[Word, ...] = ()
    grace: timedelta = timedelta(0)
    needs_notice: bool = False
    """Whether a policy that lets it go asks that somebody be told first."""
    fault: str = ""
    """What went wrong where deciding failed."""


def fail(error: Exception) -> Ruling:
    """The ruling about a job of which deciding failed: whatever it was, the job is kept and the sweep is flagged."""
    text = f"deciding about it failed with {type(error).__name__}; please report this as a defect"
    return Ruling(Verdict.UNDECIDABLE, EVALUATION_FAILED, fault=text)


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
            return [self._read(place) for place in range(*index.indices(len(self)))]
        return self._read(index)

    def __iter__(self) -> Iterator[Decision]:
        return map(self._read, range(len(self)))

    @property
    def jobs(self) -> Sequence[Job]:
        """The jobs that were decided about."""
        return self._jobs

    def of(self, *verdicts: Verdict) -> Iterator[Decision]:
        """The decisions with one of these verdicts."""
        for place, ruling in enumerate(self._rulings):
            if ruling.verdict in verdicts:
                decision = self._read(place)
                if decision.verdict in verdicts:
                    yield decision

    def counts(self) -> Counter[Verdict]:
        """How many jobs have each verdict."""
        return Counter(ruling.verdict for ruling in self._rulings)

    def rulings(self) -> Counter[Ruling]:
        """How many jobs each ruling is about."""
        return Counter(self._rulings)

    def verdicts(self) -> Iterator[tuple[Job, Verdict]]:
        """Each job with its verdict, without the sentence why."""
        return ((job, ruling.verdict) for job, ruling in zip(self._jobs, self._rulings, strict=True))

    def ruling(self, place: int) -> Ruling:
        """What the decision at a place rests on."""
        return self._rulings[place]

    def _read(self, place: int) -> Decision:
        """A decision in full; one that cannot be told is one that failed, and is from now on."""
        try:
            return self._tell(self._jobs[place], self._rulings[place])
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001  as in `fail`
            self._rulings[place] = fail(error)
            return self._tell(self._jobs[place], self._rulings[place])


def of_verdicts(decisions: Iterable[Decision], *verdicts: Verdict) -> Iterator[Decision]:
    """The decisions with one of these verdicts; where they are made when they are read, no others are."""
    if isinstance(decisions, Decisions):
        return decisions.of(*verdicts)
    return (decision for decision in decisions if decision.verdict in verdicts)


def verdicts_of(decisions: Iterable[Decision]) -> Iterator[tuple[Job, Verdict]]:
    """Each job with its verdict; where decisions are made when they are read, none is."""
    if isinstance(decisions, Decisions):
        return decisions.verdicts()
    return ((decision.job, decision.verdict) for decision in decisions)
