"""What an edit changes: the jobs for which something else comes out, those that would newly be deleted first."""

from datetime import timedelta
from typing import Any

from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Job
from janitor.core.verdict import Verdict
from janitor.retention.difference import Difference, compare_decisions
from janitor.retention.evaluate import evaluate_all
from janitor.retention.hold import Hold
from janitor.retention.policy import Mode, Policy, Rules
from janitor.retention.selector import Selector


def compare(jobs: list[Job], old: Rules, new: Rules) -> Difference:
    return compare_decisions(evaluate_all(jobs, old, NOW), evaluate_all(jobs, new, NOW))


def shown(difference: Difference) -> list[tuple[Any, ...]]:
    return [
        (group.old.verdict.value, group.old.policy, group.new.verdict.value, group.new.policy, [c.job.id for c in group.changes])
        for group in difference.groups
    ]


def weekly(days: int, **changes: Any) -> Policy:
    return make_policy(after=timedelta(days=days), **changes)


def test_what_would_newly_be_deleted_comes_first_and_oldest_first() -> None:
    jobs = [
        make_job(id="c", days_ago=20),
        make_job(id="b", days_ago=25),
        make_job(id="a", days_ago=25),
        make_job(id="held", days_ago=90),
        make_job(id="x", name="other", days_ago=90),
        make_job(id="young", days_ago=1),
    ]
    old = make_rules(weekly(30), make_policy(name="z", match=Selector(name=("other",)), after=timedelta(days=10)))
    hold = Hold(name="h", reason="r", job_ids=frozenset({"held"}))
    new = make_rules(weekly(10), make_policy(name="z", match=Selector(name=("other",)), after=timedelta(days=100)), holds=(hold,))
    difference = compare(jobs, old, new)
    assert shown(difference) == [
        ("kept", "weekly", "expired", "weekly", ["a", "b", "c"]),
        ("expired", "weekly", "kept", "z", ["x"]),
        ("expired", "weekly", "held", None, ["held"]),
    ]
    assert (difference.jobs, difference.changed, difference.newly_deletable, difference.spared) == (6, 5, 3, 2)
    assert "waits 30d" in difference.groups[0].changes[0].old.reason.text
    assert "lets it go after 10d" in difference.groups[0].changes[0].new.reason.text


def test_no_change_is_no_group_though_another_policy_decides() -> None:
    jobs = [make_job(), make_job(days_ago=1)]
    difference = compare(jobs, make_rules(weekly(7)), make_rules(weekly(8, name="other")))
    assert (difference.groups, difference.changed, difference.newly_deletable, difference.spared) == ([], 0, 0, 0)


def test_the_switch_from_observe_to_enforce_deletes_though_every_verdict_is_the_same() -> None:
    job = make_job()
    difference = compare([job], make_rules(weekly(7, mode=Mode.OBSERVE)), make_rules(weekly(7)))
    assert difference.newly_deletable == 1
    assert [(group.old.is_deletable, group.new.is_deletable) for group in difference.groups] == [(False, True)]
    back = compare([job], make_rules(weekly(7)), make_rules(weekly(7), mode=Mode.OBSERVE))
    assert (back.newly_deletable, back.spared) == (0, 1)


def test_what_is_only_observed_is_not_among_what_is_deleted() -> None:
    difference = compare([make_job()], make_rules(weekly(300)), make_rules(weekly(7, mode=Mode.OBSERVE)))
    assert (difference.changed, difference.newly_deletable) == (1, 0)
    assert difference.groups[0].new.verdict is Verdict.EXPIRED


def test_jobs_of_unknown_age_come_last() -> None:
    jobs = [make_job(id="b", created_at=None), make_job(id="a", created_at=None), make_job(id="c", days_ago=1)]
    none = make_rules(make_policy(match=Selector(name=("nothing",))))
    assert shown(compare(jobs, none, make_rules())) == [
        ("unmanaged", None, "undecidable", "weekly", ["a", "b"]),
        ("unmanaged", None, "kept", "weekly", ["c"]),
    ]
