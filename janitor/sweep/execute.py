"""Owns steps 4 to 6: look again, intend, delete; in batches, the first of them a single job."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from janitor.backends.port import Answer, Reply
from janitor.core.plan import Plan
from janitor.core.verdict import Decision, Reason
from janitor.sweep.attempt import OPEN, Attempt
from janitor.sweep.journal import Journal
from janitor.sweep.look import FRESH_FOR_S, INTERRUPTED, Look, Sight, look_at
from janitor.sweep.target import Target, Tools

BATCH = 10
ATTEMPTS = 3
TOO_SLOW = Reply(
    answer=Answer.LATE,
    code="too_slow",
    message="no request could leave in time after its look; the rate is too low",
    ends_sweep=True,
)
_NOT_SENT = frozenset({Answer.LATE, Answer.UNSENT})
FIRST_FAILED = Reason(code="first_failed", text="the first deletion did not go through, so no other was tried")


@dataclass(kw_only=True)
class Execution:
    """Carries out one plan; `end` says why it stopped early, `flaw` that a job could not be looked at, None while all is well."""

    target: Target
    tools: Tools
    journal: Journal
    end: Reason | None = None
    flaw: Reason | None = None
    size: int = BATCH

    def run(self, plan: Plan) -> list[Attempt]:
        """Delete the plan's jobs and answer with every attempt that is open and has to be confirmed.

        1. Batches; each is a single job until one was accepted or said gone, and if it is neither, the execution ends.
        2. What is unknown is tried again after the quiet period. 3. What was never attempted is skipped, with the reason.
        """
        queue, attempts, is_proven = deque(plan.entries), list[Attempt](), False
        while queue and self._may_go_on():
            batch = self._run_batch([queue.popleft() for _ in range(min(self.size if is_proven else 1, len(queue)))])
            if batch and not is_proven:
                batch = self._retry_unknown(batch)
                is_proven = any(attempt.came_to(Answer.ACCEPTED, Answer.GONE) for attempt in batch)
                self.end = self.end if is_proven else self.end or FIRST_FAILED
            attempts += batch
        attempts = self._retry_unknown(attempts)
        rest = self.end or Reason(code="not_attempted", text="it was not attempted")
        self.journal.skip([(decision, rest) for decision in self.journal.book.still_planned()])
        return [attempt for attempt in attempts if attempt.came_to(*OPEN)]

    def _may_go_on(self) -> bool:
        """Whether the next batch may begin; the wish to stop is asked here too, whatever the backend does with it."""
        if self.tools.stop.is_set():
            self.end = self.end or INTERRUPTED
        return self.end is None

    def _run_batch(self, batch: Sequence[Decision]) -> list[Attempt]:
        """1. Look at all. 2. Skip what is not the same. 3. Intend the others. 4. Send. 5. Record the answers.

        The next batch is as large as fits into the time for which a look is fresh, at the speed of this one.
        """
        began = self.tools.clock.monotonic()
        seen = list(zip(batch, self.tools.spawner.run_all(self._look, batch), strict=True))
        self.journal.skip([(entry, look.reason) for entry, look in seen if look.sight is not Sight.SAME])
        same = [(entry, look) for entry, look in seen if look.sight is Sight.SAME]
        attempts = [Attempt(decision=entry, intent_id=self.tools.new_id(), look=look) for entry, look in same]
        self.journal.intend(attempts)
        sent = self._send_all(attempts)
        each_s = (self.tools.clock.monotonic() - began) / len(batch)
        self.size = BATCH if each_s * BATCH < FRESH_FOR_S / 2 else max(1, int(FRESH_FOR_S / 2 / each_s))
        return sent

    def _look(self, entry: Decision) -> Look:
        look = look_at(entry.job, self.target.backend, self.tools.clock)
        if look.sight is Sight.STOPPED:
            self.end = INTERRUPTED
        if look.sight is Sight.UNREADABLE:
            self.flaw = self.flaw or look.reason
        return look

    def _send_all(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        sent = self.tools.spawner.run_all(self._send, attempts)
        self.journal.record(sent)
        ending = [attempt.reason for attempt in sent if attempt.reply is not None and attempt.reply.ends_sweep]
        self.end = self.end or next(iter(ending), None)
        return sent

    def _send(self, attempt: Attempt) -> Attempt:
        """Send one request; where its look is too old by the time it could leave, look again first."""
        job, look = attempt.decision.job, attempt.look
        reply = TOO_SLOW
        for _ in range(ATTEMPTS):
            sent = self.target.backend.delete_job(job.id, not_after=look.at + FRESH_FOR_S)
            reply = TOO_SLOW if sent.answer is Answer.LATE else sent
            if sent.answer is not Answer.LATE:
                break
            look = self._look(attempt.decision)
            if look.sight is not Sight.SAME:
                reply = Reply(answer=Answer.LATE, code=look.reason.code, message=look.reason.text)
                break
        if reply.answer in _NOT_SENT:
            return replace(attempt, look=look, reply=_still_open(attempt, reply, look))
        return replace(attempt, look=look, reply=reply, number=attempt.number + 1, ended_at=self.tools.clock.monotonic())

    def _retry_unknown(self, attempts: list[Attempt]) -> list[Attempt]:
        """Try what is unknown again, under the same intent, after the quiet period and only if a look shows it unchanged."""
        for _ in range(ATTEMPTS - 1):
            unknown = [attempt for attempt in attempts if attempt.came_to(Answer.UNKNOWN) and attempt.number < ATTEMPTS]
            if not unknown or self.end is not None or self._wait_quiet(unknown):
                break
            seen = [self._look_again(attempt) for attempt in unknown]
            self.journal.record([attempt for attempt in seen if attempt.came_to(Answer.REFUSED)])
            same = [attempt for attempt in seen if attempt.look.sight is Sight.SAME]
            self.journal.resend(same)
            latest = {attempt.intent_id: attempt for attempt in (*seen, *self._send_all(same))}
            attempts = [latest.get(attempt.intent_id, attempt) for attempt in attempts]
        return attempts

    def _wait_quiet(self, unknown: Sequence[Attempt]) -> bool:
        """Let a late request be applied before another is sent; True when the sweep was asked to stop."""
        quiet_until = max(attempt.ended_at for attempt in unknown) + self.target.quiet_period.total_seconds()
        return self.tools.clock.wait(max(0.0, quiet_until - self.tools.clock.monotonic()), self.tools.stop)

    def _look_again(self, attempt: Attempt) -> Attempt:
        """Look at a job whose fate is unknown: absent is left to be proven, changed was not deleted, same is tried again."""
        look = self._look(attempt.decision)
        said = {
            Sight.ABSENT: Reply(answer=Answer.GONE, code="said_gone", message="the platform says that it is gone"),
            Sight.CHANGED: Reply(answer=Answer.REFUSED, code="not_applied", message=f"it is still there; {look.reason.text}"),
            Sight.SAME: Reply(answer=Answer.UNKNOWN, code="trying_again", message="it is still there, unchanged; trying again"),
        }
        return replace(attempt, look=look, reply=said.get(look.sight, attempt.reply))


def _still_open(attempt: Attempt, reply: Reply, look: Look) -> Reply:
    """What an unsent request leaves behind: an earlier one of the same intent may still have deleted the job."""
    if not attempt.came_to(Answer.UNKNOWN):
        return reply
    answer = Answer.GONE if look.sight is Sight.ABSENT else Answer.UNKNOWN
    return replace(reply, answer=answer)
