"""Owns the checks of what some platforms have and others do not: batch delete, tags, workspaces, aging."""

from datetime import datetime

from janitor.backends.inspection import Feature, Finding, Found
from janitor.backends.port import Listing
from janitor.retention.guards import check_labels
from janitor.retention.policy import Mode
from janitor.sweep.diagnose_check import Check, fault, ok, skipped, unknown, warning
from janitor.sweep.diagnose_permissions import advise
from janitor.sweep.diagnose_seen import Seen
from janitor.sweep.target import Target

_SINGLY = "jobs are deleted one at a time"
_BY_DESCRIPTION = "marks are read from descriptions alone, and no policy can ask for labels"
_LOOK = "no document says that it can be read; where it is on, finished jobs go by themselves, whatever holds them here"

_SAID: dict[tuple[Feature, Found], str] = {
    (Feature.BATCH, Found.THERE): "there: many jobs go by one request",
    (Feature.BATCH, Found.ABSENT): f"absent: {_SINGLY}",
    (Feature.BATCH, Found.NEVER): f"this API has none: {_SINGLY}",
    (Feature.TAGS, Found.THERE): "there: the tags of jobs can be read",
    (Feature.TAGS, Found.ABSENT): f"absent: {_BY_DESCRIPTION}",
    (Feature.TAGS, Found.NEVER): f"this API has none: {_BY_DESCRIPTION}",
    (Feature.WORKSPACES, Found.ON): "enabled",
    (Feature.WORKSPACES, Found.OFF): 'not enabled: all jobs are in workspace "0"',
    (Feature.WORKSPACES, Found.NEVER): "this API has none: there is one place for all jobs",
    (Feature.AGING, Found.OFF): "off: the platform removes only jobs that ask for it themselves",
    (Feature.AGING, Found.NEVER): "this API has none",
}
_AGING = (
    "holds and keep rules do not bind the platform: where they must be certain, switch it off (a PUT of training-quotas, "
    "job-retention-enabled 0)"
)


_REFUSED: dict[Feature, tuple[str, str, str]] = {
    Feature.BATCH: (f"there, but not permitted, so {_SINGLY}", "to delete many at a time", "batch"),
    Feature.WORKSPACES: ("refused", "needed for `workspaces: all` only; to have it", "workspaces"),
    Feature.AGING: ("refused", "sweeps do not need it; to see it", "quota"),
}
"""What a refusal means, why the permission may be wanted all the same, and what it is called."""


def judge_routes(target: Target, seen: Seen, as_of: datetime) -> dict[Feature, Check]:
    """One check for each feature; the lack of one is a fault only where a policy asks for it."""
    checks = {feature: _judge(target, seen, feature) for feature in Feature}
    if isinstance(seen.listing, Listing):
        refusal = check_labels(target.rules, as_of, has_labels=seen.listing.has_labels)
        if refusal is not None:
            checks[Feature.TAGS] = fault("tags", refusal.message, "until then, every sweep of this target is refused")
    return checks


def _judge(target: Target, seen: Seen, feature: Feature) -> Check:
    finding = seen.finding(feature)
    if finding is None:
        return skipped(feature.value, seen.cause) if seen.cause else unknown(feature.value, "this backend does not tell")
    if finding.found is Found.REFUSED:
        return _judge_refusal(target, seen, feature, finding)
    if (feature, finding.found) == (Feature.AGING, Found.ON):
        return warning("aging", "on: the platform itself removes finished jobs after a time", _AGING)
    if (feature, finding.found) not in _SAID:
        return unknown(feature.value, finding.words, _LOOK if feature is Feature.AGING else "")
    said = _SAID[feature, finding.found]
    return ok(feature.value, f"{said}: {finding.words}" if finding.found is Found.ON else said)


def _judge_refusal(target: Target, seen: Seen, feature: Feature, finding: Finding) -> Check:
    """Only tags are a fault: what they say of a job is part of every decision, so nothing is decided without them."""
    if feature is Feature.TAGS:
        return fault("tags", f"refused: {finding.words}", f"tags may hold jobs; {advise(seen, 'tags')}")
    if feature is Feature.BATCH and target.rules.mode is Mode.OBSERVE:
        return ok("batch", "there, but not permitted, as it should be for a target that observes")
    text, why, what = _REFUSED[feature]
    return unknown(feature.value, f"{text}: {finding.words}", f"{why}, {advise(seen, what)}")
