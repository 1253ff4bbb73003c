"""The numbers of a policy file against real jobs, and what they warn of."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Job, Resources
from janitor.core.phase import Phase
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.past import NO_PAST, Past, key_of
from janitor.retention.policy import Mode, Policy, Since
from janitor.retention.selector import Range, Selector
from janitor.retention.survey import PolicySurvey, Survey, survey_jobs
from janitor.retention.survey_review import review_survey

FAILED = Selector(phase=frozenset({Phase.FAILED}))


def survey(jobs: Sequence[Job], *policies: Policy, past: Past = NO_PAST, **rules: Any) -> Survey:
    return survey_jobs(jobs, make_rules(*policies, **rules), NOW, past)


def named(found: Survey, name: str) -> PolicySurvey:
    (policy,) = [policy for policy in found.policies if policy.name == name]
    return policy


def warnings(found: Survey) -> dict[str, str]:
    return {f"{warned.policy}: {warned.code}": warned.text for warned in review_survey(found)}


def by_name(name: str, **changes: Any) -> Policy:
    return make_policy(name=name.strip("*-"), match=Selector(name=(name,)), **changes)


def test_each_policy_is_told_how_many_jobs_it_selects_keeps_and_lets_go() -> None:
    jobs = [
        make_job(days_ago=8),
        make_job(days_ago=9),
        make_job(days_ago=6),
        make_job(name="x-baseline"),
        make_job(phase=Phase.TERMINATED),
        make_job(id="held"),
    ]
    hold = Hold(name="h", reason="r", job_ids=frozenset({"held"}))
    found = survey(jobs, make_policy(except_=Selector(name=("*-baseline",))), holds=(hold,))
    assert (found.jobs, found.verdicts["expired"], found.verdicts["held"], found.verdicts["unmanaged"]) == (6, 2, 1, 1)
    policy = named(found, "weekly")
    assert (policy.fits, policy.cannot_tell, policy.selects, policy.decides, policy.prevents) == (5, 0, 4, 4, 0)
    assert policy.says == {"excepted": 1, "expired": 2, "too_young": 1}
    assert policy.keep is None
    assert (found.overlaps, found.stopped_by, warnings(found)) == ([], {}, {})


def test_c14_a_policy_that_never_matches_is_warned_of_with_numbers() -> None:
    jobs = [make_job(), make_job(), make_job(name=None, phase=Phase.TERMINATED)]
    found = survey(jobs, make_policy(), by_name("nightly-*"))
    assert warnings(found) == {"nightly: never_matches": "policy nightly selects none of 3 jobs; of 1 it cannot tell"}
    assert warnings(survey([make_job()], make_policy(), by_name("nightly-*"))) == {
        "nightly: never_matches": "policy nightly selects none of 1 jobs"
    }


def test_c14_an_unreachable_fallback_is_warned_of_with_numbers() -> None:
    fallback = make_policy(name="rest", fallback=True)
    found = survey([make_job(), make_job()], make_policy(), fallback)
    assert (named(found, "rest").fits, named(found, "rest").selects) == (2, 0)
    assert list(warnings(found)) == ["rest: never_asked"]
    assert "fits 2 jobs and has a say on none" in warnings(found)["rest: never_asked"]


@pytest.mark.parametrize(("others", "said"), [(1, "long0 always does"), (2, "long0, long1 always do")])
def test_c14_a_shadowed_policy_is_warned_of_with_numbers(others: int, said: str) -> None:
    longer = [make_policy(name=f"long{number}", after=timedelta(days=30 - 20 * number)) for number in range(others)]
    jobs = [make_job(days_ago=20), *([make_job(name="x", days_ago=20, phase=Phase.COMPLETED)] if others == 2 else [])]
    found = survey(jobs, make_policy(name="short", match=FAILED), *longer)
    assert warnings(found)["short: never_decides"] == f"policy short decides on none of the 1 job that it selects: {said}"
    assert found.overlaps[0][2] == len(jobs) if others == 2 else 1


def test_pairs_of_policies_that_select_the_same_jobs_are_counted() -> None:
    jobs = [make_job(name="a-b"), make_job(name="a-b-c"), make_job(name="a")]
    found = survey(jobs, by_name("a*"), by_name("*-b*"), by_name("*-c"))
    assert found.overlaps == [("a", "b", 2), ("a", "c", 1), ("b", "c", 1)]


def test_of_the_policies_that_let_a_job_go_the_last_one_decides() -> None:
    jobs = [make_job(name="a", created_at=NOW - timedelta(days=days), days_ago=20) for days in (21, 90)]
    since = {"match": FAILED, "since": Since.CREATED}
    found = survey(jobs, make_policy(), make_policy(name="old", after=timedelta(days=10), **since))
    assert {policy.name: policy.decides for policy in found.policies} == {"weekly": 1, "old": 1}


def test_where_observing_prevents_deletions_they_are_counted() -> None:
    jobs = [make_job(name="a"), make_job(name="a"), make_job(name="b"), make_job(name="a", days_ago=1)]
    policies = make_policy(), by_name("a", mode=Mode.OBSERVE), by_name("b")
    found = survey(jobs, *policies)
    assert [policy.prevents for policy in found.policies] == [0, 2, 0]
    assert warnings(found)["a: observer_prevents"] == "policy a only observes, so 2 jobs are not deleted that others let go"
    assert named(survey(jobs, *policies, mode=Mode.OBSERVE), "a").prevents == 0
    assert named(survey(jobs, by_name("a", mode=Mode.OBSERVE)), "a").prevents == 0


def test_groups_that_never_lose_a_job_are_counted_and_warned_of() -> None:
    """As users of restic found out: the default grouping made each snapshot the newest of its own group."""
    names = ["a-1", "b-1", "c-1", "c-2", "d-1", "d-2", "d-3"]
    jobs = [make_job(name=name) for name in names] + [
        make_job(name=None),
        make_job(owner=None),
        make_job(id="no", phase=Phase.TERMINATED),
    ]
    keep = Keep(last=2, per=("owner", "name_prefix"))
    found = survey(jobs, make_policy(keep=keep))
    numbers = named(found, "weekly").keep
    assert numbers is not None
    assert (numbers.groups, numbers.single, numbers.stuck, numbers.jobs_without_group) == (4, 2, 3, 2)
    assert named(found, "weekly").says == {"expired": 1, "keep_rule": 6, "no_group": 2}
    told = warnings(found)
    assert told["weekly: single_groups"].startswith(
        "policy weekly keeps the newest of each group, and 2 of 4 groups have one job"
    )
    assert told["weekly: missing_groups"] == (
        "policy weekly keeps 2 jobs whose group is not known: owner, name_prefix is missing there"
    )


def test_groups_that_are_large_enough_are_not_warned_of() -> None:
    large = [make_job(owner=owner) for owner in "aabbcc"]
    assert warnings(survey([*large, make_job(owner="d")], make_policy(keep=Keep(per=("owner",))))) == {}
    emptied = survey([make_job(owner="a"), make_job(owner="b")], make_policy(keep=Keep(last=0, per=("owner",))))
    assert warnings(emptied) == {}


@pytest.mark.parametrize(
    ("job", "policy", "fields"),
    [
        ({"owner": None}, {"match": Selector(owner=frozenset({"ann"}))}, {"owner"}),
        ({"owner": None, "name": None}, {"match": Selector(owner=frozenset({"a"}), name=("b",))}, {"name", "owner"}),
        ({"owner": None}, {"match": Selector(owner=frozenset({"ann"}), name=("trial*",))}, {"owner"}),
        ({"resources": Resources()}, {"match": Selector(node_count=Range(at_most=8))}, {"node_count"}),
        ({"other_phases": frozenset({Phase.COMPLETED})}, {"match": FAILED}, {"phase"}),
        ({"owner": None}, {"except_": Selector(owner=frozenset({"a"}), name=("z",))}, {"owner"}),
        ({"owner": None, "started_at": None}, {"except_": Selector(owner=frozenset({"a"}))}, {"owner"}),
        ({"started_at": None}, {}, {"started"}),
        ({"started_at": None, "created_at": None}, {}, {"created", "started"}),
        ({"finished_at": None, "created_at": None}, {"since": Since.FINISHED}, {"created", "finished"}),
        ({"never_started": True, "started_at": None, "finished_at": None}, {}, {"first seen ended"}),
        ({"created_at": NOW + timedelta(days=1)}, {}, {"times that cannot be"}),
        ({"phase": Phase.UNKNOWN}, {}, {"phase"}),
        ({"workspace": None}, {}, {"workspace"}),
    ],
)
def test_what_cannot_be_decided_is_counted_by_what_is_missing(
    job: dict[str, Any], policy: dict[str, Any], fields: set[str]
) -> None:
    jobs = [make_job(**job), make_job(**job), make_job(name="trial-x", owner="bob", resources=Resources(node_count=9))]
    found = survey(jobs, make_policy(**policy), workspaces=frozenset({"0"}))
    assert found.verdicts["undecidable"] == 2
    assert found.stopped_by == dict.fromkeys(sorted(fields), 2)


def test_a_job_that_never_started_is_stopped_only_until_it_was_seen() -> None:
    job = make_job(never_started=True, started_at=None, finished_at=None)
    past = Past(first_seen={key_of(job): NOW - timedelta(days=30)})
    assert survey([job], make_policy(), past=past).verdicts["expired"] == 1


def test_of_a_fallback_that_cannot_tell_the_fields_count_only_when_it_is_asked() -> None:
    policies = by_name("a"), make_policy(name="rest", match=Selector(owner=frozenset({"ann"})), fallback=True)
    jobs = [make_job(name="b", owner=None), make_job(name=None, owner=None)]
    assert survey(jobs, *policies).stopped_by == {"name": 1, "owner": 1}


def test_a_job_about_which_deciding_failed_is_stopped_by_no_field_and_hides_no_other() -> None:
    found = survey([make_job(name=5), make_job()], by_name("trial-*"))
    assert found.stopped_by == {"other": 1}
    assert (named(found, "trial").fits, found.verdicts["expired"]) == (1, 1)


def test_without_jobs_numbers_say_nothing() -> None:
    found = survey([], make_policy(), by_name("a"))
    assert (found.jobs, warnings(found)) == (0, {})
