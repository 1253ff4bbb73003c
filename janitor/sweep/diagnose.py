"""Owns the diagnosis of one target: what works, what does not, and what to do next; it deletes and writes nothing."""

from datetime import datetime

from janitor.backends.inspection import Feature
from janitor.sweep.diagnose_check import Check
from janitor.sweep.diagnose_jobs import judge_listing, judge_look, judge_offsets, judge_quota
from janitor.sweep.diagnose_login import (
    judge_addresses,
    judge_certificates,
    judge_clock,
    judge_credentials,
    judge_identity,
    judge_reach,
    judge_signature,
)
from janitor.sweep.diagnose_permissions import judge_deletion, judge_permissions
from janitor.sweep.diagnose_routes import judge_routes
from janitor.sweep.diagnose_seen import ask_all
from janitor.sweep.target import Target


def diagnose_target(target: Target, as_of: datetime) -> tuple[Check, ...]:
    """Ask, then judge: the way there, the jobs, what the platform has, what the credentials may do; always the same checks."""
    seen = ask_all(target)
    routes = judge_routes(target, seen, as_of)
    return (
        judge_addresses(seen),
        judge_reach(seen),
        judge_certificates(seen),
        judge_credentials(seen, as_of),
        judge_signature(seen),
        judge_identity(target, seen),
        judge_clock(seen, as_of),
        judge_listing(seen),
        judge_offsets(seen),
        judge_look(seen),
        judge_deletion(seen),
        routes[Feature.BATCH],
        routes[Feature.TAGS],
        routes[Feature.WORKSPACES],
        judge_quota(seen),
        routes[Feature.AGING],
        judge_permissions(target, seen),
    )
