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

OPEN = frozenset({DELETION_ACCEPTED, DELETION_UNKNOWN})
"""Events that leave an intent open."""

CLOSING = frozenset({DELETION_CONFIRMED, DELETION_ALREADY_GONE, DELETION_SKIPPED, DELETION_FAILED})
"""Events of which every intent gets exactly one."""
