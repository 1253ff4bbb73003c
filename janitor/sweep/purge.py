"""Owns the purge: tombstones whose time is over are taken out of the ledger, a few at a time; archives are never touched."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from janitor.core import events
from janitor.ledger.chain import Draft
from janitor.ledger.store import Fence, Ledger
from janitor.ledger.tombstones import list_purgeable
from janitor.sweep.records import Scribe

AT_ONCE = 500
"""Tombstones purged by one transaction: it overwrites each, and other writers wait meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """How long tombstones are kept, and how many jobs may go in a day: so many are purged by a sweep, lest they pile up."""

    keep_for: timedelta
    per_day: int = 0


def purge_tombstones(ledger: Ledger, fence: Fence, scribe: Scribe, purge: Purge, now: datetime) -> list[Draft]:
    """Purge the target's tombstones whose time is over and whose intent is closed, the oldest first, some at a time.

    Answers with what was written. `now` has to be a time that can be trusted: what is purged is gone.
    """
    due = list_purgeable(ledger, scribe.target, now - purge.keep_for, max(AT_ONCE, purge.per_day))
    drafts = [scribe.draft(events.TOMBSTONE_PURGED, **facts) for facts in due]
    for start in range(0, len(drafts), AT_ONCE):
        ledger.append(drafts[start : start + AT_ONCE], fence)
    return drafts
