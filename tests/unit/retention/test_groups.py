"""Who takes a place in a group: not what is leaving, not by an end that nobody tells, and nothing of which deciding failed."""

from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Job
from janitor.retention.evaluate import evaluate_all
from janitor.retention.groups import Groups
from janitor.retention.keep import Keep
from janitor.retention.past import NO_PAST, Past, key_of
from janitor.retention.policy import Since

DAY = timedelta(days=1)


def codes(jobs: list[Job], past: Past = NO_PAST, **keep: Any) -> list[str]:
    rules = make_rules(make_policy(keep=Keep(**keep)))
    return [decision.reason.code for decision in evaluate_all(jobs, rules, NOW, past)]


def unstarted(days_ago: float, **changes: Any) -> Job:
    return make_job(days_ago=days_ago, started_at=None, finished_at=None, never_started=True, **changes)


def test_a_job_whose_deletion_is_under_way_takes_no_place_and_stays_if_it_would_stay() -> None:
    newest, older, oldest = (make_job(days_ago=days) for days in (50, 60, 70))
    leaving = Past(leaving=frozenset({newest.id}))
    assert codes([oldest, newest, older], leaving) == ["expired", "keep_rule", "keep_rule"]
    assert codes([newest, older], Past(leaving=frozenset({older.id}))) == ["keep_rule", "expired"]
    assert codes([newest], leaving) == ["keep_rule"]


def test_c23_a_job_that_never_started_takes_the_place_of_its_creation() -> None:
    """A new ledger sees all of them end today: none may push out what really ran last."""
    stale, best = unstarted(900), make_job(days_ago=30)
    seen = Past(first_seen={key_of(stale): NOW - 8 * DAY})
    assert codes([stale, best], seen) == ["expired", "keep_rule"]
    recent = unstarted(20)
    assert codes([recent, best], Past(first_seen={key_of(recent): NOW - 8 * DAY})) == ["keep_rule", "expired"]


def test_it_is_young_by_when_it_was_first_seen() -> None:
    """What is kept by its age is kept by the time from which its age counts."""
    old, other = unstarted(900), unstarted(20)
    seen = Past(first_seen={key_of(old): NOW - 8 * DAY, key_of(other): NOW - 8 * DAY})
    assert codes([old, other], seen, last=0, within=10 * DAY) == ["keep_rule", "keep_rule"]
    assert codes([old, other], seen, last=0, within=8 * DAY) == ["expired", "expired"]


def test_nothing_is_ranked_without_a_time() -> None:
    with pytest.raises(ValueError, match="is ranked without a time"):
        Groups(Keep(), Since.FINISHED, NOW, NO_PAST).enter(make_job(finished_at=None))


def test_only_the_job_that_entered_last_is_taken_back() -> None:
    groups, first, second = Groups(Keep(), Since.FINISHED, NOW, NO_PAST), make_job(days_ago=50), make_job(days_ago=60)
    groups.forget(first)
    assert groups.enter(first)
    assert groups.enter(second)
    groups.forget(first)
    groups.forget(second)
    groups.rank()
    assert list(groups.kept) == [first.id]
    assert groups.all() == {(): [first]}
