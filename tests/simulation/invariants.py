"""All invariants that a simulation checks: each looks at what is left behind, never at what janitor counts of itself."""

from simulation import (
    invariants_ledger,
    invariants_limits,
    invariants_liveness,
    invariants_log,
    invariants_proofs,
    invariants_requests,
    verdicts,
)

SECTIONS = (
    invariants_requests,
    invariants_ledger,
    invariants_limits,
    invariants_proofs,
    invariants_log,
    invariants_liveness,
)
"""What was imported has registered its checks."""
CHECKS = verdicts.CHECKS
NAMES = frozenset(name for name, _, _ in CHECKS)
