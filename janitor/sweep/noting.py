"""Owns what a sweep writes between deciding and deleting: what it found, which jobs are marked, what the listing showed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from janitor.core import events
from janitor.core.canonical import timestamp
from janitor.ledger.chain import Draft
from janitor.ledger.jobs import Seen, remember_seen
from janitor.ledger.store import Fence, Ledger
from janitor.retention.decisions import Decisions
from janitor.retention.expectation import expect_released
from janitor.retention.grace import SECOND, MarkChange, find_mark_changes
from janitor.sweep.ended_holds import record_ended_holds
from janitor.sweep.plan_event import draft_plan
from janitor.sweep.planning import Planned
from janitor.sweep.purge import Purge, purge_tombstones
from janitor.sweep.records import Scribe, subject_of, subject_of_event
from janitor.sweep.target import Tools

NOT_LISTED = "the listing does not show it any more: it is gone, or runs again"
AT_ONCE = 500
"""Marks written by one commit: other writers wait meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Notes:
    """The notes of one sweep, or of a deletion by hand; a LedgerError ends it before anything is deleted."""

    ledger: Ledger
    fence: Fence
    scribe: Scribe
    tools: Tools
    as_of: datetime
    kind: str
    purge: Purge

    def write(self, planned: Planned) -> None:
        """Write what steps 1 to 3 found.

        1. The listing and the plan. 2. The holds that ended, if the clock can be trusted. 3. If what was decided can be, whether
        or not anything may be deleted: every mark that begins, lasts longer or is taken away. 4. Then what the listing showed.
        5. Tombstones whose time is over are purged.
        """
        self._write(self._findings(planned))
        if planned.is_complete and (planned.disbelief is None or planned.disbelief.by != "clock"):
            self._say(record_ended_holds(self.ledger, self.scribe, self.as_of))
        if planned.disbelief is None and isinstance(planned.decisions, Decisions):
            now = max(self.as_of, self.tools.clock.now())  # what a long listing shows may be younger than as_of
            changes = find_mark_changes(planned.decisions, planned.past, now)
            drafts = (self._draft(change, planned.plan.policy_digest) for change in changes)
            while some := list(islice(drafts, AT_ONCE)):
                self._write(some)
            self._remember(planned, planned.decisions, now)
            self._say(purge_tombstones(self.ledger, self.fence, self.scribe, self.purge, self.as_of))

    def _remember(self, planned: Planned, decisions: Decisions, now: datetime) -> None:
        released = None
        if planned.is_believed:
            released = {} if planned.rules is None else expect_released(decisions, planned.rules, self.as_of, planned.past)
        span = planned.listing.span
        seen = Seen(at=now, until=None if span is None else span.last)
        remember_seen(self.ledger, self.scribe.target, decisions, seen, released)

    def _findings(self, planned: Planned) -> list[Draft]:
        draft, found = self.scribe.draft, list[Draft]()
        if planned.is_complete:
            found.append(draft(events.LISTING_COMPLETED, listed=len(planned.decisions), **_covered(planned)))
        if planned.is_complete or planned.is_by_name:
            found.append(draft_plan(self.scribe, planned))
        if planned.error is not None and self.kind != "delete":
            found.append(draft(events.LISTING_FAILED, code=planned.error.code, reason=str(planned.error)))
        if planned.refusal is not None:
            told = {"by": planned.refusal.by, "reason": planned.refusal.message, "facts": dict(planned.refusal.facts)}
            found.append(draft(events.PLAN_REFUSED, **told))
        return found

    def _draft(self, change: MarkChange, policy_digest: str) -> Draft:
        mark = change.mark
        facts = {"marked_at": timestamp(mark.since), "deadline": timestamp(mark.deadline()), "grace": mark.grace // SECOND}
        event = events.JOB_UNMARKED if change.is_taken_away else events.JOB_MARKED
        if change.decision is None:
            job_id, created_at = change.key
            known = {"job_id": job_id, "created_at": None if created_at is None else timestamp(created_at)}
            return self.scribe.draft(event, **(subject_of_event({}) | known), **facts, reason=NOT_LISTED)
        subject = subject_of(change.decision, policy_digest)
        return self.scribe.draft(event, **subject, **facts, reason=change.decision.reason.text)

    def _write(self, drafts: Sequence[Draft]) -> None:
        self.ledger.append(drafts, self.fence)
        self._say(drafts)

    def _say(self, drafts: Sequence[Draft]) -> None:
        for each in drafts:
            self.tools.say(each.event, target=each.target, sweep_id=each.sweep_id, **each.fields)


def _covered(planned: Planned) -> dict[str, Any]:
    """What the listing is of; `listed_to` is null unless it was narrow, `why_full` unless it should have been."""
    listing = planned.listing
    return {
        "workspaces": list(listing.workspaces),
        "has_labels": listing.has_labels,
        "listed_to": None if listing.span is None else timestamp(listing.span.last),
        "why_full": planned.why_full,
    }
