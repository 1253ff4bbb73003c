"""Owns which jobs go into the next batch, and how large it may be; sends nothing."""

from collections import deque
from dataclasses import dataclass

from janitor.backends.port import Backend
from janitor.core.verdict import Decision
from janitor.sweep.look import FRESH_FOR_S

SINGLES = 10
"""How many jobs that are asked for singly are intended, and thus open after a crash, at a time."""

UNCLEAR_BATCHES = 2
"""After so many batches in a row whose answer was no acceptance, jobs are asked for singly."""


@dataclass(kw_only=True)
class Batcher:
    """Cuts a plan into batches. They begin small, since nothing is known yet of how long a look takes."""

    backend: Backend
    size: int = SINGLES
    step: int = 1
    """Where jobs are looked at so many together, a batch is a multiple of that."""
    unclear: int = 0

    @property
    def is_batching(self) -> bool:
        """Whether one request may name several jobs."""
        return self.backend.most_at_once > 1 and self.unclear < UNCLEAR_BATCHES

    @property
    def most(self) -> int:
        """How many jobs may be under intents at once: as many as one request takes, or a few that are asked for singly."""
        return self.backend.most_at_once if self.is_batching else SINGLES

    def choose(self, queue: deque[Decision]) -> list[Decision]:
        """Take the next batch, in order; one request takes jobs of one workspace, each of a known kind."""
        size = min(self.size, self.most, len(queue))
        size -= size % self.step if self.step < size < len(queue) else 0
        if not self.is_batching or not queue:
            return [queue.popleft() for _ in range(size)]
        first = queue.popleft()
        chosen, others = [first], list[Decision]()
        while queue and _is_groupable(first) and len(chosen) < size and len(others) < 10 * size:
            entry = queue.popleft()
            fits = _is_groupable(entry) and entry.job.workspace == first.job.workspace
            (chosen if fits else others).append(entry)
        queue.extendleft(reversed(others))
        return chosen

    def learn_speed(self, looked: int, took_s: float) -> None:
        """Make the next batch as large as can be looked at within half the time for which a look is fresh, at this speed.

        It grows fourfold at most, since a few looks in a burst say little about many.
        """
        if looked:
            each_s, most = took_s / looked, max(SINGLES, looked * 4)
            self.size = most if each_s * most < FRESH_FOR_S / 2 else max(1, int(FRESH_FOR_S / 2 / each_s))

    def learn_answer(self, *, is_unclear: bool) -> None:
        """Count the batches in a row that were not accepted."""
        self.unclear = self.unclear + 1 if is_unclear else 0


def _is_groupable(entry: Decision) -> bool:
    return bool(entry.job.workspace and entry.job.kind)
