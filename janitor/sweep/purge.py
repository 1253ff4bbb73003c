"""Owns the purge: tombstones whose time is over are taken out of the ledger, a few at a time; archives are never touched."""

from datetime import datetime, timedelta

from janitor.core import events
from janitor.ledger.chain import Draft
from janitor.ledger.store import Fence, Ledger
from janitor.ledger.tombstones import list_purgeable
from janitor.sweep.records import Scribe

MOST = 500
"""Tombstones purged by one sweep: the transaction overwrites each, and other writers wait meanwhile."""


def purge_tombstones(ledger: Ledger, fence: Fence, scribe: Scribe, keep_for: timedelta, now: datetime) -> list[Draft]:
    """Purge the target's tombstones from before that time whose intent is closed, the oldest first; answer with what was written.

    `now` has to be a time that can be trusted: what is purged is gone.
    """
    due = list_purgeable(ledger, scribe.target, now - keep_for, MOST)
    drafts = [scribe.draft(events.TOMBSTONE_PURGED, **facts) for facts in due]
    if drafts:
        ledger.append(drafts, fence)
    return drafts
