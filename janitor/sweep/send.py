"""Owns the sending of one delete request, for one job or several: never on a look that is too old, never more than is certain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from janitor.backends.port import Answer, Backend, Reply
from janitor.core.seams import Clock
from janitor.core.verdict import Decision
from janitor.sweep.attempt import Attempt
from janitor.sweep.look import FRESH_FOR_S, Look, Sight

LOOKS = 3
"""How often one request is made ready before the rate is called too low."""

TOO_SLOW = Reply(
    answer=Answer.LATE,
    code="too_slow",
    message="no request could leave in time after its look; the rate is too low",
    ends_sweep=True,
)
_NOT_SENT = frozenset({Answer.LATE, Answer.UNSENT, Answer.UNSUPPORTED})


@dataclass(frozen=True, kw_only=True)
class Courier:
    """Sends delete requests; `look` reads a job again, `check` raises where another sweep took the target over."""

    backend: Backend
    clock: Clock
    look: Callable[[Decision], Look]
    check: Callable[[], None]

    def send(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Ask for all these deletions in one request, and answer with each attempt as it stands then.

        1. Send, unless a look is too old by then. 2. If one is, the process may have stood still for long: raise LedgerError
        where another sweep took over meanwhile, else look at all again. 3. Leave out what changed; begin anew.
        """
        waiting, settled = list(attempts), list[Attempt]()
        for _ in range(LOOKS):
            if not waiting:
                return settled
            not_after = min(attempt.look.at for attempt in waiting) + FRESH_FOR_S
            reply = self.backend.delete_jobs([attempt.decision.job for attempt in waiting], not_after=not_after)
            if reply.answer is not Answer.LATE:
                return [*settled, *(self._answered(attempt, reply) for attempt in waiting)]
            self.check()
            waiting, changed = self.look_again(waiting)
            settled += changed
        return [*settled, *(self._answered(attempt, TOO_SLOW) for attempt in waiting)]

    def look_again(self, attempts: Sequence[Attempt]) -> tuple[list[Attempt], list[Attempt]]:
        """Look at each once more: those that are the same, and those that are not, with their answer."""
        looked = [replace(attempt, look=self.look(attempt.decision)) for attempt in attempts]
        same = [attempt for attempt in looked if attempt.look.sight is Sight.SAME]
        changed = [attempt for attempt in looked if attempt.look.sight is not Sight.SAME]
        return same, [self._answered(attempt, _late(attempt.look)) for attempt in changed]

    def _answered(self, attempt: Attempt, reply: Reply) -> Attempt:
        if reply.answer in _NOT_SENT:
            return replace(attempt, reply=_still_open(attempt, reply))
        return replace(attempt, reply=reply, number=attempt.number + 1, ended_at=self.clock.monotonic())


def _late(look: Look) -> Reply:
    return Reply(answer=Answer.LATE, code=look.reason.code, message=look.reason.text)


def _still_open(attempt: Attempt, reply: Reply) -> Reply:
    """What an unsent request leaves behind: an earlier one of the same intent may still have deleted the job."""
    if reply.answer is Answer.UNSUPPORTED or not attempt.came_to(Answer.UNKNOWN):
        return reply
    answer = Answer.GONE if attempt.look.sight is Sight.ABSENT else Answer.UNKNOWN
    return replace(reply, answer=answer)
