"""Owns how the policies of a file meet a snapshot: the rules for its target, and what the snapshot cannot tell of them."""

from collections.abc import Iterator

from janitor.core.errors import UsageError
from janitor.retention.guards import check_labels
from janitor.retention.policy import Rules
from janitor.retention.snapshot import Snapshot
from janitor.settings.model import Settings, TargetSettings
from janitor.settings.rules import rules_of


def rules_for(settings: Settings, snapshot: Snapshot) -> Rules:
    """The rules of a file for the target of a snapshot, with the holds that were in the ledger.

    Raises UsageError for a file that does not have the target.
    """
    return rules_of(settings, _target_of(settings, snapshot)).with_holds(snapshot.holds)


def note_gaps(settings: Settings, snapshot: Snapshot) -> Iterator[str]:
    """What to know before believing what this file says of the snapshot's jobs."""
    target, rules = _target_of(settings, snapshot), rules_for(settings, snapshot)
    if (target.api, target.project_id) != (snapshot.api, snapshot.project_id):
        yield (
            f"{settings.source}: target {target.name} is project {target.project_id} ({target.api}), "
            f"and the snapshot is of {snapshot.project_id} ({snapshot.api})"
        )
    unseen = sorted(set(target.workspaces or ()) - set(snapshot.workspaces))
    if unseen:
        yield f"{settings.source}: target {target.name} covers workspace {', '.join(unseen)}, of which the snapshot has no jobs"
    refusal = check_labels(rules, snapshot.as_of, has_labels=snapshot.has_labels)
    if refusal is not None:
        yield f"{settings.source}: every sweep would be refused: {refusal.message}"


def _target_of(settings: Settings, snapshot: Snapshot) -> TargetSettings:
    for target in settings.targets:
        if target.name == snapshot.target:
            return target
    known = ", ".join(target.name for target in settings.targets)
    raise UsageError(f"{settings.source}: there is no target {snapshot.target!r}, of which the snapshot is; there are {known}")
