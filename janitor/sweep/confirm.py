"""Owns step 7: an open deletion is closed only by a recognised not-found, or by absence from the query that showed the job,
while a canary is still visible."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from janitor.backends.narrow import Narrow, Query
from janitor.backends.port import Backend
from janitor.core import events
from janitor.core.errors import TURNED_AWAY, BackendError, Interrupted
from janitor.core.verdict import Reason
from janitor.sweep.attempt import Attempt
from janitor.sweep.canary import Canary
from janitor.sweep.journal import Journal
from janitor.sweep.prove import Answer, ask_again
from janitor.sweep.target import Target, Tools

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 20.0
AT_ONCE = 8
QUERIES_AT_ONCE = 4
SAMPLED = 200
"""Of so many jobs that lists show to be gone, one is asked for by its id as well, and one of the first."""
CLOSED_AT_ONCE = 64
"""So many proofs are written at a time: a stop in between loses no more than these, and the next sweep finds them anew."""
CONTRADICTED = "a job that lists do not show any more was not proven absent by its id: each is asked for by its id from now on"

_Asked = tuple[Query, list[Attempt]]


@dataclass(kw_only=True)
class Confirmation:
    """Waits for open deletions to be proven, at most `confirm_within`, and not beyond `latest`; what is left stays open.

    `latest` is in monotonic seconds. `end` says why it stopped early, None while all is well.
    """

    target: Target
    tools: Tools
    journal: Journal
    canary: Canary
    latest: float
    end: Reason | None = None
    _was_shown: bool = False
    _are_lists_believed: bool = True
    _since_sample: int = SAMPLED

    def run(self, attempts: Sequence[Attempt]) -> None:
        """Look, wait longer each time, look again; end when all are proven, time is over or the sweep is asked to stop."""
        clock, waiting = self.tools.clock, deque(attempts)
        deadline = min(clock.monotonic() + self.target.confirm_within.total_seconds(), self.latest)
        pause = FIRST_PAUSE_S
        while waiting and not self.tools.stop.is_set():
            together, alone = self._close_missing(waiting, deadline)
            waiting = deque([*together, *(self._close_absent(alone, deadline) if alone else ())])
            left = deadline - clock.monotonic()
            if not waiting or self.end is not None or left <= 0 or clock.wait(min(pause, left), self.tools.stop):
                break
            pause = min(pause * 2, LONGEST_PAUSE_S)

    def _close_missing(self, waiting: Iterable[Attempt], deadline: float) -> tuple[list[Attempt], deque[Attempt]]:
        """Close what the query that showed it at its look does not show any more.

        Answers with what is left of these, and with all that has to be asked for by its id, as what a query could not prove. A
        part in which nothing is gone ends the round, and so does the deadline, as below.
        """
        narrow, left, self._was_shown = self.target.backend.narrow, list[Attempt](), False
        narrow = narrow if self._are_lists_believed else None
        alone = deque(attempt for attempt in waiting if attempt.look.query is None or narrow is None)
        parts = deque(_parts(waiting) if narrow is not None else ())
        while narrow is not None and parts and not self.tools.stop.is_set() and self.end is None:
            part = parts.popleft()
            gone, present, unproven = self._ask(narrow, part)
            self.journal.close(gone)
            left += present
            alone += [replace(attempt, look=replace(attempt.look, query=None)) for attempt in unproven]
            if not gone or self.tools.clock.monotonic() >= deadline:
                break
        return [*(attempt for part in parts for _, some in part for attempt in some), *left], alone

    def _ask(self, narrow: Narrow, part: Sequence[_Asked]) -> tuple[list[Attempt], list[Attempt], list[Attempt]]:
        """Ask a few queries: what is gone, present, unproven; one without a canary of its own has it asked around it.

        Now and then one that is gone is asked for by its id as well: if it is there, no query proves anything any more.
        """
        is_lonely = any(attempt.look.canary is None for _, attempts in part for attempt in attempts)
        is_shown = is_lonely and (self._was_shown or self._is_canary_shown())
        answers = self.tools.spawner.run_all(partial(_ask_again, narrow, self.target.backend), part)
        for error in filter(None, (answer.turned_away for answer in answers)):
            self._note_end(error)
        doubtful = [attempt for answer in answers for attempt in answer.doubtful]
        is_shown = is_shown and bool(doubtful) and self._is_canary_shown()
        self._was_shown = is_shown  # after one part is before the next
        gone = [attempt for answer in answers for attempt in answer.gone] + (doubtful if is_shown else [])
        unproven = [attempt for answer in answers for attempt in answer.unproven] + ([] if is_shown else doubtful)
        if any(answer.is_contradicted for answer in answers) or not self._is_one_gone(answers):
            self._are_lists_believed = False
            self.journal.say(events.LISTS_NOT_BELIEVED, reason=CONTRADICTED)
            gone, unproven = [], unproven + gone
        return gone, [attempt for answer in answers for attempt in answer.present], unproven

    def _is_one_gone(self, answers: Sequence[Answer]) -> bool:
        """Whether the job whose deletion was asked for last, of those that a canary of its own query says are gone, is gone."""
        gone = [attempt for answer in answers for attempt in answer.gone]
        self._since_sample += len(gone)
        if not gone or self._since_sample < SAMPLED:
            return True
        self._since_sample = 0
        return self._is_absent(max(gone, key=lambda attempt: attempt.ended_at))

    def _close_absent(self, waiting: deque[Attempt], deadline: float) -> deque[Attempt]:
        """Close what is absent and answer with the rest, what was found present at its end.

        The canary is asked before and after each part: whatever hid the jobs in between would have hidden it too. A group in
        which nothing is absent ends the round (those asked for later are hardly gone before it), and so does the deadline; what
        was found by then is closed all the same.
        """
        absent, present, is_shown, groups = list[Attempt](), list[Attempt](), self._is_canary_shown(), deque(_groups(waiting))
        while groups and is_shown and not self.tools.stop.is_set():
            group = groups.popleft()
            sights = self.tools.spawner.run_all(self._is_absent, group)
            absent += [attempt for attempt, is_absent in zip(group, sights, strict=True) if is_absent]
            present += [attempt for attempt, is_absent in zip(group, sights, strict=True) if not is_absent]
            is_over = not any(sights) or self.end is not None or self.tools.clock.monotonic() >= deadline
            if absent and (is_over or not groups or len(absent) >= CLOSED_AT_ONCE):
                is_shown = self._is_canary_shown()
                self.journal.close(absent if is_shown else [])
                present += [] if is_shown else absent
                absent = []
            if is_over:
                break
        rest = [attempt for group in groups for attempt in group]
        return deque([*rest, *absent, *present])

    def _is_absent(self, attempt: Attempt) -> bool:
        try:
            return not self.target.backend.has_job(attempt.job_id)
        except TURNED_AWAY as error:
            self._note_end(error)
        except (BackendError, Interrupted):
            return False
        return False

    def _is_canary_shown(self) -> bool:
        try:
            return self.canary.is_shown()
        except TURNED_AWAY as error:
            self._note_end(error)
            return False

    def _note_end(self, error: BackendError) -> None:
        self.end = self.end or Reason(code=error.code, text=f"what was asked for could not be confirmed: {error}")


def _groups(waiting: deque[Attempt]) -> Iterator[list[Attempt]]:
    everyone = list(waiting)
    for start in range(0, len(everyone), AT_ONCE):
        yield everyone[start : start + AT_ONCE]


def _parts(waiting: Iterable[Attempt]) -> Iterator[list[_Asked]]:
    """The queries that showed these jobs, a few at a time, each with its jobs."""
    by_query = defaultdict[Query, list[Attempt]](list)
    for attempt in waiting:
        if attempt.look.query is not None:
            by_query[attempt.look.query].append(attempt)
    asked = list(by_query.items())
    for start in range(0, len(asked), QUERIES_AT_ONCE):
        yield asked[start : start + QUERIES_AT_ONCE]


def _ask_again(narrow: Narrow, backend: Backend, asked: _Asked) -> Answer:
    return ask_again(narrow, backend, *asked)
