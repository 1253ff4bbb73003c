"""Owns policies and holds as understood: plain data for the audit log and `check`, and the digest that names the policies."""

from datetime import timedelta
from typing import Any

from janitor.core.canonical import digest
from janitor.core.duration import format_duration
from janitor.retention.hold import Hold
from janitor.retention.keep import BUCKETS, Keep
from janitor.retention.policy import Ages, Policy, Rules
from janitor.retention.selector import Range, Selector


def describe_policy(policy: Policy) -> dict[str, Any]:
    """A policy with every default written out; lists are sorted, durations in their own words.

    Only `notice` is left out where it is not required: so older policies keep their digest.
    `expire.after` is one duration, or an object of one for each phase governed; `keep` is null or has every rule.
    """
    return {
        "name": policy.name,
        "description": policy.description,
        "mode": policy.mode.value,
        "targets": None if policy.targets is None else sorted(policy.targets),
        "fallback": policy.fallback,
        "match": describe_selector(policy.match),
        "except": None if policy.except_ is None else describe_selector(policy.except_),
        "expire": {
            "after": _describe_ages(policy.after),
            "since": policy.since.value,
            "owner_may_shorten_to": _words(policy.shorten_to),
        },
        "keep": None if policy.keep is None else _describe_keep(policy.keep),
        "grace": format_duration(policy.grace),
        "archive": None if policy.archive is None else {"dir": str(policy.archive.dir), "required": policy.archive.required},
    } | ({"notice": "required"} if policy.needs_notice else {})


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

    `labels` is an object of such lists instead, all of which must fit in a match; null stands for any value of its key. A range
    is an object of its two bounds; null stands for none.
    """
    return {field: describe_condition(getattr(selector, field)) for field in selector.named()}


def policy_digest(rules: Rules) -> str:
    """SHA-256 of everything that decides about a target's jobs but its holds, whatever the order of the file."""
    described = sorted((describe_policy(policy) for policy in rules.policies), key=lambda policy: str(policy["name"]))
    return digest(
        {
            "min_age": format_duration(rules.min_age),
            "mode": rules.mode.value,
            "workspaces": None if rules.workspaces is None else sorted(rules.workspaces),
            "policies": described,
        }
    )


def describe_condition(value: Any) -> Any:
    """What one field of a selector asks for, as plain data."""
    if isinstance(value, Range):
        return {"at_least": _bound(value.at_least), "at_most": _bound(value.at_most)}
    if any(isinstance(each, tuple) for each in value):
        return {key: None if values is None else sorted(values) for key, values in sorted(value)}
    return sorted(map(str, value))


def _bound(bound: int | timedelta | None) -> int | str | None:
    return format_duration(bound) if isinstance(bound, timedelta) else bound


def _describe_ages(after: timedelta | Ages) -> str | dict[str, str]:
    if isinstance(after, timedelta):
        return format_duration(after)
    return {phase.value: format_duration(age) for phase, age in sorted(after)}


def _describe_keep(keep: Keep) -> dict[str, Any]:
    counts = {word: getattr(keep, word) for word in ("last", *BUCKETS)}
    return {**counts, "within": _words(keep.within), "per": sorted(keep.per)}


def _words(duration: timedelta | None) -> str | None:
    return None if duration is None else format_duration(duration)
