"""Owns the breaker of deletions: how many in a row came to nothing, whoever asked for them, and when that is enough."""

from collections.abc import Sequence
from threading import Lock

from janitor.backends.port import LEFT_ALONE, Answer
from janitor.core.verdict import Reason
from janitor.sweep.attempt import Attempt

LONGEST = 5
"""So many deletions in a row that came to nothing end the sweep of a target."""

BREAKER = "breaker"
_WENT_THROUGH = (Answer.ACCEPTED, Answer.GONE)
_CAME_TO_NOTHING = (Answer.REFUSED, Answer.UNKNOWN, Answer.UNSENT)


class Streak:
    """Counts requests: one that names several jobs counts once, and so does each that is sent in its place later.

    What is unknown counts for good only once it cannot be tried again; until then five in a row are a doubt. One deletion that
    the platform accepts, or that turns out to have been applied, ends the row; a job that was in it does not come back into
    another one by being tried again. Threads share it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._row: list[list[Attempt]] = []
        self._asked_singly = set[str]()
        self._broken: Reason | None = None

    @property
    def broken(self) -> Reason | None:
        """Why nothing more may be asked for; None while all is well. It stays so, whatever is answered later."""
        return self._broken

    def note(self, sent: Sequence[Attempt]) -> None:
        """Take over what one request came to, for every job that it named."""
        with self._lock:
            if any(attempt.came_to(*_WENT_THROUGH) for attempt in sent):
                self._row = []
            elif failed := [attempt for attempt in sent if _came_to_nothing(attempt)]:
                self._lengthen(failed)
            is_left_alone = any(attempt.reply is not None and attempt.reply.code == LEFT_ALONE for attempt in sent)
            for_good = [request for request in self._row if not any(attempt.may_be_tried_again for attempt in request)]
            if len(for_good) >= LONGEST or is_left_alone:
                self._break()

    def _lengthen(self, failed: list[Attempt]) -> None:
        now = {attempt.intent_id for attempt in failed}
        others = [[attempt for attempt in request if attempt.intent_id not in now] for request in self._row]
        if others != self._row or not now <= self._asked_singly:
            self._row = [*filter(None, others), failed]
        if len(failed) == 1:
            self._asked_singly |= now

    def doubtful(self) -> frozenset[str]:
        """Where five in a row came to nothing so far: of each request one intent that can be tried again. Else none."""
        with self._lock:
            if len(self._row) < LONGEST:
                return frozenset()
            open_ones = ([attempt.intent_id for attempt in request if attempt.may_be_tried_again] for request in self._row)
            return frozenset(each[0] for each in open_ones if each)

    def give_up(self) -> None:
        """Whatever could be tried again was: what is still five in a row stays so."""
        with self._lock:
            self._break()

    def _break(self) -> None:
        if self._broken is None and len(self._row) >= LONGEST:
            last, number = self._row[-1][-1].reason.text, len(self._row)
            text = (
                f"{number} deletions in a row came to nothing, so no other is asked for: {_name(self._row)}. The last: {last}. "
                "Look at these jobs; if only they cannot be deleted, hold them (`janitor hold add`) or leave them: "
                "the next sweep asks for the others first"
            )
            self._broken = Reason(code=BREAKER, text=text)


def _came_to_nothing(attempt: Attempt) -> bool:
    """What ends the sweep by itself, as a key that is refused, is no sign of an ailing platform."""
    return attempt.came_to(*_CAME_TO_NOTHING) and attempt.reply is not None and not attempt.reply.ends_sweep


def _name(row: Sequence[Sequence[Attempt]]) -> str:
    """The jobs of a row, of a request for many the first."""
    named = [request[0].job_id + (f" and {len(request) - 1} asked for with it" if len(request) > 1 else "") for request in row]
    more = len(named) - LONGEST
    return ", ".join(named[:LONGEST]) + (f" and {more} more" if more > 0 else "")
