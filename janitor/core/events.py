"""Owns the names of audit events, `noun.past_participle`; logs use the same names."""

SWEEP_STARTED = "sweep.started"
SWEEP_FINISHED = "sweep.finished"
SWEEP_ABORTED = "sweep.aborted"
LISTING_COMPLETED = "listing.completed"
LISTING_FAILED = "listing.failed"
PLAN_BUILT = "plan.built"
PLAN_REFUSED = "plan.refused"
DELETION_INTENDED = "deletion.intended"
DELETION_ACCEPTED = "deletion.accepted"
DELETION_CONFIRMED = "deletion.confirmed"
DELETION_ALREADY_GONE = "deletion.already_gone"
DELETION_SKIPPED = "deletion.skipped"
DELETION_FAILED = "deletion.failed"
DELETION_UNKNOWN = "deletion.unknown"
CONFIG_LOADED = "config.loaded"
RECOVERY_COMPLETED = "recovery.completed"

RECORDED = tuple(value for name, value in dict(globals()).items() if name.isupper())
"""Every name above: those of the audit log. What is said in the daemon's log only stands below."""

OPEN = frozenset({DELETION_ACCEPTED, DELETION_UNKNOWN})
"""Events that leave an intent open."""

CLOSING = frozenset({DELETION_CONFIRMED, DELETION_ALREADY_GONE, DELETION_SKIPPED, DELETION_FAILED})
"""Events of which every intent gets exactly one."""

SERVICE_STARTED = "service.started"
SERVICE_LISTENING = "service.listening"
SERVICE_STOPPING = "service.stopping"
SERVICE_STOPPED = "service.stopped"
POLICY_FILE_LOADED = "policy_file.loaded"
POLICY_FILE_REFUSED = "policy_file.refused"
SWEEP_CRASHED = "sweep.crashed"
SWEEP_MISSED = "sweep.missed"
SWEEP_OVERLAPPED = "sweep.overlapped"
RECOVERY_FAILED = "recovery.failed"
LEDGER_UNREADABLE = "ledger.unreadable"
LIBRARY_WARNED = "library.warned"
"""From SERVICE_STARTED on: said in the daemon's log only, never in the chain."""
