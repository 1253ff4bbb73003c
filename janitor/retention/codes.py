"""Owns the closed list of codes that the reason of a decision may have; which verdict each goes with docs/policies.md tells."""

from janitor.retention import evaluate, hold, vote
from janitor.retention.decisions import EVALUATION_FAILED

CODES = (
    *(hold.HOLD, hold.HOLD_ENDED, hold.HOLD_UNKNOWN, evaluate.HELD),
    *(evaluate.ACTIVE, evaluate.UNKNOWN_PHASE, evaluate.OUT_OF_SCOPE, evaluate.WORKSPACE_UNKNOWN),
    *(evaluate.MATCH_UNKNOWN, evaluate.UNMANAGED, EVALUATION_FAILED),
    *(vote.EXCEPTED, vote.EXCEPT_UNKNOWN, vote.TOO_YOUNG, vote.MIN_AGE, vote.KEEP_RULE, vote.NO_GROUP, vote.TIME_UNKNOWN),
    *(evaluate.GRACE, evaluate.NOTICE_MISSING, vote.EXPIRED),
)
