"""Owns that ledger and book say the same: every step of a deletion is first written, then noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from janitor.core import events
from janitor.core.plan import Outcome
from janitor.core.tombstone import Tombstone
from janitor.core.verdict import Decision, Reason
from janitor.ledger.chain import Draft
from janitor.ledger.store import Fence, Ledger
from janitor.ledger.tombstones import append_intents
from janitor.sweep.attempt import OUTCOMES, Attempt
from janitor.sweep.book import Book
from janitor.sweep.records import Note, Scribe, subject_of
from janitor.sweep.target import Tools

SENDING = Reason(code="sending", text="its request was being sent when the sweep ended")


@dataclass(frozen=True, kw_only=True)
class Journal:
    """Writes the steps of one plan's deletions; a LedgerError leaves the book at what is certain."""

    ledger: Ledger
    fence: Fence
    scribe: Scribe
    book: Book
    policy_digest: str
    tools: Tools

    def holds_until(self) -> float:
        """The monotonic time until which no other sweep can have taken the target over."""
        return self.fence.grip.holds_until()

    def check_fence(self) -> None:
        """Raise LedgerError where another sweep took the target over, so that nothing could be recorded any more."""
        self.ledger.check_fence(self.fence)

    def skip(self, skipped: Sequence[tuple[Decision, Reason]]) -> None:
        """Record jobs that are left alone before any intent."""
        drafts = []
        for decision, reason in skipped:
            note = Note(subject=subject_of(decision, self.policy_digest), reason=reason)
            drafts.append(self.scribe.deletion(events.DELETION_SKIPPED, note))
        self._write(drafts)
        for decision, reason in skipped:
            self.book.settle(decision.job.id, Outcome.SKIPPED, reason)

    def intend(self, attempts: Sequence[Attempt], standing: int, stones: Mapping[str, Tombstone]) -> None:
        """Record the intents of a batch and their tombstones, synced to disk by one commit, before the first byte of any request.

        Raises StandingChanged, with nothing written, where holds or pauses changed since that version of them was read.
        """
        drafts = [self._draft(events.DELETION_INTENDED, attempt) for attempt in attempts]
        if drafts:
            append_intents(self.ledger, drafts, self.fence, standing, [stones[attempt.intent_id] for attempt in attempts])
            self._say(drafts)
        for attempt in attempts:
            self.book.settle(attempt.job_id, Outcome.UNKNOWN, SENDING)

    def resend(self, attempts: Sequence[Attempt], standing: int) -> None:
        """Record that unknown deletions are about to be asked for again; raises StandingChanged as `intend` does."""
        self._write([self._draft(events.DELETION_UNKNOWN, attempt) for attempt in attempts], standing)

    def record(self, attempts: Sequence[Attempt]) -> None:
        """Record what requests came to."""
        self._write([self._draft(_outcome(attempt)[0], attempt) for attempt in attempts])
        for attempt in attempts:
            self.book.settle(attempt.job_id, _outcome(attempt)[1], attempt.reason)

    def close(self, attempts: Sequence[Attempt]) -> None:
        """Record deletions that are proven: confirmed where the platform accepted them, else already gone."""
        closings = [(attempt, closing_of(is_accepted=_outcome(attempt)[1] is Outcome.ACCEPTED)) for attempt in attempts]
        self._write([self._draft(event, attempt) for attempt, (event, _) in closings])
        for attempt, (_, outcome) in closings:
            self.book.settle(attempt.job_id, outcome)

    def _draft(self, event: str, attempt: Attempt) -> Draft:
        note = Note(
            subject=subject_of(attempt.decision, self.policy_digest),
            reason=attempt.reason,
            intent_id=attempt.intent_id,
            attempts=attempt.number,
            reply=attempt.reply,
            tombstone=attempt.tombstone,
        )
        return self.scribe.deletion(event, note)

    def _write(self, drafts: list[Draft], standing: int | None = None) -> None:
        if not drafts:
            return
        self.ledger.append(drafts, self.fence, standing)
        self._say(drafts)

    def _say(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            self.say(draft.event, **{name: draft.fields[name] for name in ("job_id", "job_name", "reason", "reason_code")})

    def say(self, event: str, **fields: str | int | None) -> None:
        """Show progress: a line of the log that is about this sweep."""
        self.tools.say(event, target=self.scribe.target, sweep_id=self.scribe.sweep_id, **fields)


def closing_of(*, is_accepted: bool) -> tuple[str, Outcome]:
    """What a proven absence means: ours if the platform accepted our request, else nobody's to claim."""
    if is_accepted:
        return events.DELETION_CONFIRMED, Outcome.CONFIRMED
    return events.DELETION_ALREADY_GONE, Outcome.ALREADY_GONE


def _outcome(attempt: Attempt) -> tuple[str, Outcome]:
    if attempt.reply is None:
        raise ValueError(f"job {attempt.job_id} has no answer yet")
    return OUTCOMES[attempt.reply.answer]
