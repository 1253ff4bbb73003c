"""Owns the sending of one delete request, for one job or several: never on a look that is too old, never more than is certain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from janitor.backends.port import Answer, Backend, Reply
from janitor.core.seams import Clock
from janitor.core.verdict import Decision, Reason
from janitor.sweep.attempt import Attempt, snapshots_of
from janitor.sweep.bars import PAUSED, Bars
from janitor.sweep.endurance import Endurance
from janitor.sweep.look import FRESH_FOR_S, Look, Sight
from janitor.sweep.streak import Streak

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
    """Sends delete requests; `look_at_all` reads jobs again, `bars` knows what has come up meanwhile."""

    backend: Backend
    clock: Clock
    look_at_all: Callable[[Sequence[Decision]], list[Look]]
    bars: Bars
    streak: Streak
    endurance: Endurance

    def send(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Ask for all these deletions in one request, if one may still leave, and answer with each attempt as it stands then."""
        why_not = self.streak.broken or self.endurance.over()
        if why_not is not None:
            return [self._answered(attempt, _withheld(why_not)) for attempt in attempts]
        sent = self._ask(attempts)
        self.streak.note(sent)
        return sent

    def _ask(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Ask for these deletions.

        1. Send, unless a look is too old by then, or the target's lock may be another's. 2. Then look at all again. 3. Leave out
        what changed, is held or paused by now; begin anew. Raises LedgerError where another sweep took over meanwhile.
        """
        waiting, settled = list(attempts), list[Attempt]()
        for _ in range(LOOKS):
            if not waiting:
                return settled
            not_after = min(min(attempt.look.at for attempt in waiting) + FRESH_FOR_S, self.bars.holds_until())
            reply = self.backend.delete_jobs([attempt.decision.job for attempt in waiting], not_after=not_after)
            if reply.answer is not Answer.LATE:
                return [*settled, *(self._answered(attempt, reply) for attempt in waiting)]
            waiting, barred = self.look_again(waiting)
            settled += barred
        return [*settled, *(self._answered(attempt, TOO_SLOW) for attempt in waiting)]

    def look_again(self, attempts: Sequence[Attempt]) -> tuple[list[Attempt], list[Attempt]]:
        """Look at each once more, then at what came up meanwhile: those that may be asked for, and the others, answered."""
        self.bars.check_fence()
        looks = self.look_at_all([attempt.decision for attempt in attempts])
        looked = [replace(attempt, look=replace(look, document=None)) for attempt, look in zip(attempts, looks, strict=True)]
        reasons, _ = self.bars.find(snapshots_of(looked))
        reasons = self.bars.find_blind(looked) | reasons
        reasons |= {attempt.job_id: attempt.look.reason for attempt in looked if attempt.look.sight is not Sight.SAME}
        free = [attempt for attempt in looked if attempt.job_id not in reasons]
        barred = [attempt for attempt in looked if attempt.job_id in reasons]
        return free, [self._answered(attempt, _late(reasons[attempt.job_id])) for attempt in barred]

    def _answered(self, attempt: Attempt, reply: Reply) -> Attempt:
        if reply.answer in _NOT_SENT:
            return replace(attempt, reply=_still_open(attempt, reply))
        return replace(attempt, reply=reply, number=attempt.number + 1, ended_at=self.clock.monotonic())


def _withheld(reason: Reason) -> Reply:
    return Reply(answer=Answer.UNSENT, code=reason.code, message=reason.text, ends_sweep=True)


def _late(reason: Reason) -> Reply:
    return Reply(answer=Answer.LATE, code=reason.code, message=reason.text, ends_sweep=reason.code == PAUSED)


def _still_open(attempt: Attempt, reply: Reply) -> Reply:
    """What an unsent request leaves behind: an earlier one of the same intent may still have deleted the job."""
    if reply.answer is Answer.UNSUPPORTED or not attempt.came_to(Answer.UNKNOWN):
        return reply
    answer = Answer.GONE if attempt.look.sight is Sight.ABSENT else Answer.UNKNOWN
    return replace(reply, answer=answer)
