"""Owns the names of audit events, `noun.past_participle`; logs use the same names."""

from collections.abc import Mapping
from typing import Any

SWEEP_STARTED = "sweep.started"
SWEEP_FINISHED = "sweep.finished"
SWEEP_ABORTED = "sweep.aborted"
LISTING_COMPLETED = "listing.completed"
LISTING_FAILED = "listing.failed"
PLAN_BUILT = "plan.built"
PLAN_REFUSED = "plan.refused"
PLAN_APPLIED = "plan.applied"
JOB_MARKED = "job.marked"
JOB_UNMARKED = "job.unmarked"
DELETION_INTENDED = "deletion.intended"
DELETION_ACCEPTED = "deletion.accepted"
DELETION_CONFIRMED = "deletion.confirmed"
DELETION_ALREADY_GONE = "deletion.already_gone"
DELETION_SKIPPED = "deletion.skipped"
DELETION_FAILED = "deletion.failed"
DELETION_UNKNOWN = "deletion.unknown"
HOLD_ADDED = "hold.added"
HOLD_REMOVED = "hold.removed"
HOLD_EXPIRED = "hold.expired"
GUARD_ACKNOWLEDGED = "guard.acknowledged"
SWEEPING_PAUSED = "sweeping.paused"
SWEEPING_RESUMED = "sweeping.resumed"
CONFIG_LOADED = "config.loaded"
RECOVERY_COMPLETED = "recovery.completed"
TOMBSTONE_PURGED = "tombstone.purged"
NOTICE_DELIVERED = "notice.delivered"
NOTICE_FAILED = "notice.failed"

RECORDED = tuple(value for name, value in dict(globals()).items() if name.isupper())
"""Every name above: those of the audit log. What is said in the daemon's log only stands below."""

OPEN = frozenset({DELETION_ACCEPTED, DELETION_UNKNOWN})
"""Events that leave an intent open."""

CLOSING = frozenset({DELETION_CONFIRMED, DELETION_ALREADY_GONE, DELETION_SKIPPED, DELETION_FAILED})
"""Events of which every intent gets exactly one."""

GONE = frozenset({DELETION_CONFIRMED, DELETION_ALREADY_GONE})
"""Of these, those after which the job is not there any more."""

UNAPPLIED = frozenset({"not_applied", "stuck"})
"""The words for why a deletion was given up whose job was still there, though the platform had not refused it."""


def may_come_late(event: Mapping[str, Any]) -> bool:
    """Whether a closing that says `failed` proves nothing: a request of it may be applied after it.

    So it is where nobody refused it, also if it is not known whether its only request left; and where an earlier request came to
    nothing that is known, whatever became of the last.
    """
    is_doubtful = event.get("reason_code") in UNAPPLIED or event.get("attempts", 0) > 1
    return event["event"] == DELETION_FAILED and is_doubtful


SERVICE_STARTED = "service.started"
SERVICE_LISTENING = "service.listening"
SERVICE_STOPPING = "service.stopping"
SERVICE_STOPPED = "service.stopped"
POLICY_FILE_LOADED = "policy_file.loaded"
POLICY_FILE_REFUSED = "policy_file.refused"
LEADERSHIP_TAKEN = "leadership.taken"
LEADERSHIP_AWAITED = "leadership.awaited"
LEADERSHIP_LOST = "leadership.lost"
SWEEP_CRASHED = "sweep.crashed"
SWEEP_MISSED = "sweep.missed"
SWEEP_OVERLAPPED = "sweep.overlapped"
SWEEP_CUT_SHORT = "sweep.cut_short"
RECOVERY_FAILED = "recovery.failed"
LEDGER_UNREADABLE = "ledger.unreadable"
LIBRARY_WARNED = "library.warned"
ARCHIVE_FAILED = "archive.failed"
LISTS_NOT_BELIEVED = "lists.not_believed"
TRACE_LOST = "trace.lost"
CONSOLE_LISTENING = "console.listening"
CONSOLE_ENTERED = "console.entered"
CONSOLE_REFUSED = "console.refused"
CONSOLE_FAILED = "console.failed"
"""From SERVICE_STARTED on: said in the daemon's log only, never in the chain."""
