"""Owns whether a policy changes nothing beside another that selects every job that it selects."""

from datetime import timedelta

from janitor.core.phase import Phase
from janitor.retention.compare import covers
from janitor.retention.policy import Mode, Policy, Since

_ORDER = (Since.CREATED, Since.STARTED, Since.FINISHED)
"""No job starts before it is created, or finishes before it starts."""


def changes_nothing_beside(short: Policy, long: Policy) -> bool:
    """Tell whether on the targets of both every decision is the same without `short`; False where that cannot be said.

    What `short` keeps by rules of its own, no other policy need keep.
    """
    keeps_alike = short.keep is None and (short.except_ is None or short.except_ == long.except_)
    prevents_alike = short.mode is Mode.ENFORCE or long.mode is Mode.OBSERVE
    is_asked_alike = long.fallback is short.fallback and covers(long.match, short.match)
    return keeps_alike and prevents_alike and is_asked_alike and _waits_as_long(long, short)


def _waits_as_long(long: Policy, short: Policy) -> bool:
    phases = [frozenset({phase}) for phase in short.match.phase or ()]
    are_ages_longer = all(
        long.age_of(each) >= short.age_of(each) and _least_age(long, each) >= _least_age(short, each) for each in phases
    )
    return _counts_from_as_late(long.since, short.since) and long.grace >= short.grace and are_ages_longer


def _counts_from_as_late(long: Since, short: Since) -> bool:
    """A job that never started has no age since `started`: such a policy keeps it, and no other need."""
    return long is short or (short is not Since.STARTED and _ORDER.index(long) > _ORDER.index(short))


def _least_age(policy: Policy, phases: frozenset[Phase]) -> timedelta:
    """The age that a job's owner may bring it down to."""
    age = policy.age_of(phases)
    return age if policy.shorten_to is None else min(age, policy.shorten_to)
