"""Owns one attempt to delete a job: its intent, its last look, and what its requests came to."""

from collections.abc import Iterable
from dataclasses import dataclass

from janitor.backends.port import Answer, Reply
from janitor.core import events
from janitor.core.job import Job
from janitor.core.plan import Outcome
from janitor.core.verdict import Decision, Reason
from janitor.sweep.look import Look

OUTCOMES = {
    Answer.ACCEPTED: (events.DELETION_ACCEPTED, Outcome.ACCEPTED),
    Answer.GONE: (events.DELETION_UNKNOWN, Outcome.UNKNOWN),
    Answer.UNKNOWN: (events.DELETION_UNKNOWN, Outcome.UNKNOWN),
    Answer.REFUSED: (events.DELETION_FAILED, Outcome.FAILED),
    Answer.LATE: (events.DELETION_SKIPPED, Outcome.SKIPPED),
    Answer.UNSENT: (events.DELETION_SKIPPED, Outcome.SKIPPED),
}
"""What each answer records: "gone" stays open until it is proven."""

ATTEMPTS = 3
"""How many requests there are at most for one job under one intent."""

OPEN = frozenset({Answer.ACCEPTED, Answer.GONE, Answer.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A job under an intent: `number` counts its requests, `ended_at` is when the last was over (monotonic seconds).

    `tombstone` is the SHA-256 of the tombstone that is written with the intent.
    """

    decision: Decision
    intent_id: str
    look: Look
    tombstone: str | None = None
    number: int = 0
    ended_at: float = 0.0
    reply: Reply | None = None

    @property
    def job_id(self) -> str:
        """The job's id."""
        return self.decision.job.id

    @property
    def snapshots(self) -> tuple[Job, ...]:
        """The job as it was planned and, where that differs, as it was seen since: a hold that covers either keeps it."""
        planned = self.decision.job
        return (planned,) if self.look.seen is None else (planned, self.look.seen)

    def came_to(self, *answers: Answer) -> bool:
        """Tell whether the last request came to one of these answers."""
        return self.reply is not None and self.reply.answer in answers

    @property
    def may_be_tried_again(self) -> bool:
        """Whether its outcome is unknown, and there may be another request under its intent."""
        return self.came_to(Answer.UNKNOWN) and self.number < ATTEMPTS

    @property
    def reason(self) -> Reason:
        """Why it ended as it did; an accepted deletion has the reason for which the job expired."""
        if self.reply is None or self.reply.answer is Answer.ACCEPTED:
            return self.decision.reason
        return Reason(code=self.reply.code or self.reply.answer.value, text=self.reply.message or "no more is known")


def snapshots_of(attempts: Iterable[Attempt]) -> list[Job]:
    """Every snapshot of the jobs of these attempts, so that a job may be among them twice."""
    return [job for attempt in attempts for job in attempt.snapshots]
