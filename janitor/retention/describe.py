"""Owns policies and holds as understood: plain data for the audit log and `check`, and the digest that names the policies."""

from typing import Any

from janitor.core.canonical import digest
from janitor.core.duration import format_duration
from janitor.retention.hold import Hold
from janitor.retention.policy import Policy, Rules
from janitor.retention.selector import Selector


def describe_policy(policy: Policy) -> dict[str, Any]:
    """A policy with every default written out; lists are sorted, durations in their own words."""
    return {
        "name": policy.name,
        "description": policy.description,
        "mode": policy.mode.value,
        "targets": None if policy.targets is None else sorted(policy.targets),
        "fallback": policy.fallback,
        "match": describe_selector(policy.match),
        "except": None if policy.except_ is None else describe_selector(policy.except_),
        "expire": {"after": format_duration(max(policy.ages)), "since": policy.since.value},
    }


def describe_hold(hold: Hold) -> dict[str, Any]:
    """A hold with every default written out: null is no end, no owner, every target; `job_ids` or `match` says what it covers."""
    return {
        "name": hold.name,
        "reason": hold.reason,
        "owner": hold.owner,
        "until": None if hold.until is None else hold.until.isoformat(),
        "targets": None if hold.targets is None else sorted(hold.targets),
        "job_ids": sorted(hold.job_ids),
        "match": None if hold.match is None else describe_selector(hold.match),
    }


def describe_selector(selector: Selector) -> dict[str, Any]:
    """The named conditions of a selector, each a sorted list of which any may fit.

    `labels` is an object of such lists instead, all of which must fit in a match; null stands for any value of its key.
    """
    fields = {name: getattr(selector, name) for name in Selector.__slots__ if name != "labels"}
    described: dict[str, Any] = {name: sorted(map(str, values)) for name, values in fields.items() if values is not None}
    if selector.labels is not None:
        described["labels"] = {key: None if values is None else sorted(values) for key, values in sorted(selector.labels)}
    return described


def policy_digest(rules: Rules) -> str:
    """SHA-256 of everything that decides about a target's jobs, whatever the order of the file."""
    described = sorted((describe_policy(policy) for policy in rules.policies), key=lambda policy: str(policy["name"]))
    return digest({"min_age": format_duration(rules.min_age), "mode": rules.mode.value, "policies": described})
