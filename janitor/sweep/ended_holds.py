"""Owns the record that a hold's last day is over: once a hold, by the first sweep after it whose clock can be trusted."""

from datetime import datetime

from janitor.core import events
from janitor.core.errors import StandingChanged
from janitor.ledger.chain import Draft
from janitor.ledger.moment import at_one_moment
from janitor.ledger.standing import HoldRecord, facts_of_hold, list_holds, read_version
from janitor.ledger.store import Ledger
from janitor.sweep.records import Scribe


def record_ended_holds(ledger: Ledger, scribe: Scribe, as_of: datetime) -> list[Draft]:
    """Record each hold of the target that ended; one that somebody changes in this moment is left to the next sweep."""
    with at_one_moment(ledger) as moment:
        version, holds = read_version(moment, scribe.target), list_holds(moment, scribe.target)
    drafts = [_draft(scribe, record) for record in holds if not record.is_noted and record.hold.has_ended(as_of)]
    if not drafts:
        return []
    try:
        ledger.append(drafts, standing=version)
    except StandingChanged:
        return []
    return drafts


def _draft(scribe: Scribe, record: HoldRecord) -> Draft:
    fields = facts_of_hold(record.hold) | {"hold_reason": record.hold.reason}
    return scribe.draft(events.HOLD_EXPIRED, **fields, reason=f"its last day, {record.hold.until}, is over")
