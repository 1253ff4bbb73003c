"""Owns taking a snapshot of a target: the complete listing of a sweep, on a ledger that is only read; nothing is deleted."""

from dataclasses import replace

from janitor.core.errors import Refused
from janitor.ledger.anchor import check_tail
from janitor.ledger.facts import read_facts
from janitor.ledger.store import Ledger
from janitor.retention.describe import policy_digest
from janitor.retention.snapshot import Snapshot
from janitor.sweep.planning import plan_target
from janitor.sweep.target import Target, Tools


def take_snapshot(target: Target, ledger: Ledger | None, tools: Tools, api: str) -> Snapshot:
    """List a target as a sweep would, and believe it only where a sweep would.

    Raises BackendError where the listing is not complete, Refused where a guard lets nothing be decided, LedgerError.
    """
    if ledger is not None:
        check_tail(ledger)
    as_of = tools.clock.now()
    facts = read_facts(ledger, target.name, as_of, policy_digest(target.rules))
    if facts.history is not None:  # sweeps that crash say nothing about the listing
        facts = replace(facts, history=replace(facts.history, unfinished=()))
    planned = plan_target(target, facts, as_of)
    if planned.error is not None:
        raise planned.error
    refusal = planned.disbelief if planned.is_complete else planned.refusal
    if refusal is not None:
        raise Refused(f"target {target.name}: {refusal.by}: {refusal.message}")
    return Snapshot(
        target=target.name,
        api=api,
        project_id=target.project_id,
        as_of=as_of,
        workspaces=planned.listing.workspaces,
        has_labels=planned.listing.has_labels,
        holds=facts.standing.holds,
        jobs=planned.listing.jobs,
        past=planned.past,
    )
