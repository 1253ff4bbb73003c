"""Owns policies and their conditions in words: what `check` prints of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from janitor.core.duration import format_duration
from janitor.core.text import inert
from janitor.retention.describe import describe_selector
from janitor.retention.keep import BUCKETS, Keep
from janitor.retention.policy import Policy
from janitor.retention.selector import Selector
from janitor.retention.tombstones import Archive
from janitor.settings.review import tell_ages

_PHRASES = {
    "phase": "in phase {}",
    "name": "named {}",
    "name_regex": "whose name matches {}",
    "owner": "owned by {}",
    "kind": "of kind {}",
    "workspace": "in workspace {}",
    "description": "described as {}",
    "experiment": "of experiment {}",
    "flavor": "on flavor {}",
    "pool": "in pool {}",
    "node_count": "on {} nodes",
    "accelerators": "with {} accelerators",
    "duration": "that ran {}",
}
"""In the order in which conditions are told; those of labels come last."""

_QUOTED = frozenset({"name_regex", "description"})
"""Conditions that may hold spaces and signs."""

_INDENT = " " * 10
_PERIODS = dict(zip(BUCKETS, ("hour", "day", "week", "month", "year"), strict=True))


def policy_lines(policy: Policy, as_of: datetime) -> list[str]:
    """A policy with every rule that it has, and the days up to which it lets go today."""
    kind = "fallback" if policy.fallback else "policy"
    described = f": {inert(policy.description)}" if policy.description else ""
    told = [f"governs jobs {render_selector(policy.match)}"]
    told += ["is asked only about jobs that no other policy selects"] if policy.fallback else []
    told += [] if policy.except_ is None else [f"keeps of these the jobs {render_selector(policy.except_, ' or ')}"]
    told.append(f"{_render_ages(policy)}: today those up to {tell_ages(policy, lambda age: f'{as_of - age:%Y-%m-%d %H:%MZ}')}")
    told += (
        []
        if policy.shorten_to is None
        else [f"lets owners shorten that by janitor-ttl, to {format_duration(policy.shorten_to)} at least"]
    )
    told += [] if policy.keep is None else [f"keeps of these {_render_keep(policy.keep)}"]
    told += [f"marks a job first, and lets it go {format_duration(policy.grace)} later"] if policy.grace else []
    told += ["counts that from the day on which somebody was told of the mark"] if policy.needs_notice else []
    told += [] if policy.archive is None else [_render_archive(policy.archive)]
    return [f"{kind:<9} {policy.name} ({policy.mode}){described}", *(f"{_INDENT}{each}" for each in told)]


def render_rules(policy: Policy) -> str:
    """What a policy lets go and keeps, on one line."""
    told = [_render_ages(policy)]
    told += [f"{format_duration(policy.grace)} after a mark"] if policy.grace else []
    told += [] if policy.shorten_to is None else [f"owners may shorten that to {format_duration(policy.shorten_to)}"]
    told += [] if policy.except_ is None else [f"keeps jobs {render_selector(policy.except_, ' or ')}"]
    told += [] if policy.keep is None else [f"keeps {_render_keep(policy.keep)}"]
    return "; ".join(told)


def render_selector(selector: Selector, joint: str = ", ") -> str:
    """Conditions in words: `in phase abnormal or failed, named trial-*`."""
    conditions = describe_selector(selector)
    labels = conditions.pop("labels", {})
    phrases = [phrase.format(_values(field, conditions[field])) for field, phrase in _PHRASES.items() if field in conditions]
    return joint.join([*phrases, *(_label_words(key, values) for key, values in labels.items())])


def cutoffs_of(policy: Policy, as_of: datetime) -> str | dict[str, str]:
    """Up to when the jobs are that a policy lets go: one instant, or one for each phase where it has an age for each."""
    if isinstance(policy.after, timedelta):
        return instant(as_of - policy.after)
    return {phase.value: instant(as_of - age) for phase, age in sorted(policy.after)}


def instant(time: datetime) -> str:
    """A time as JSON has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def listed(words: Sequence[str], last: str) -> str:
    """Words as a sentence lists them: `a, b or c`."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _render_ages(policy: Policy) -> str:
    return f"lets go {tell_ages(policy, format_duration)} after they were {policy.since}"


def _render_archive(archive: Archive) -> str:
    """What a policy's archive asks for."""
    needed = "and keeps it where that fails" if archive.required else "and lets it go even where that fails"
    return f"writes a file about a job into {archive.dir} before it lets it go, {needed}"


def _render_keep(keep: Keep) -> str:
    """`the last 5 and the newest of each of the latest 4 weeks that have one, per name_prefix`."""
    counts = {period: getattr(keep, word) for word, period in _PERIODS.items()}
    rules = [f"the last {keep.last}"] if keep.last else []
    rules += [f"the newest of {_latest(number, period)}" for period, number in counts.items() if number]
    rules += [] if keep.within is None else [f"all younger than {format_duration(keep.within)}"]
    per = f", per {listed([inert(word) for word in keep.per], 'and')}" if keep.per else ""
    return f"{listed(rules or ['none'], 'and')}{per}"


def _latest(number: int, period: str) -> str:
    return f"the latest {period} that has one" if number == 1 else f"each of the latest {number} {period}s that have one"


def _values(field: str, values: Any) -> str:
    if isinstance(values, Mapping):
        told = {"at_least": "at least {}", "at_most": "at most {}"}
        return listed([words.format(values[side]) for side, words in told.items() if values[side] is not None], "and")
    return listed([f'"{inert(value)}"' if field in _QUOTED else inert(value) for value in values], "or")


def _label_words(key: str, values: Sequence[str] | None) -> str:
    tagged = f"tagged {inert(key)}"
    return tagged if values is None else f"{tagged}={listed([inert(value) for value in values], 'or')}"
