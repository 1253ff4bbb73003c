"""What may change without one more deletion: asking to keep more, another order, knowing less, errors (S-16 to S-19).

A deletion is a job that has expired and that nobody only observes. Each law is tried on random groups of jobs with holds, marks,
keep rules and grace periods, where one job's change can move others: a place in a group that falls free, or is taken.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from amount import cases
from as_janitor import decide_with_janitor, to_job, to_past, to_rules, to_time
from poison import Poison
from reference.cases import DAY, HOUR, PER, RULES, make_hold, make_keep, make_policy, make_selector
from tempting import crowded, doomed, enforced, is_deletion, make_tempting

from janitor.core.job import Job
from janitor.core.verdict import Decision, Verdict
from janitor.retention.evaluate import evaluate_all

Case = dict[str, Any]
Change = Callable[[Random, Case], Case]


def with_one(random: Random, case: Case, word: str, change: Callable[[Any], Any]) -> Case:
    """The case with one of its jobs or policies changed."""
    place = random.randrange(len(case[word]))
    return case | {word: [change(each) if number == place else each for number, each in enumerate(case[word])]}


def add_hold(random: Random, case: Case) -> Case:
    return case | {"holds": [*case["holds"], make_hold(random, case["jobs"], case["as_of"], 7)]}


def mark_as_held(random: Random, case: Case) -> Case:
    return with_one(random, case, "jobs", lambda job: job | {"description": f"{job['description'] or ''} janitor-hold"})


def ask_for_a_long_ttl(random: Random, case: Case) -> Case:
    return with_one(
        random,
        case,
        "jobs",
        lambda job: job | {"labels": {**job["labels"], "janitor-ttl": "300d"}} if job["labels"] is not None else job,
    )


def raise_an_age(random: Random, case: Case) -> Case:
    def raised(policy: Case) -> Case:
        after, more = policy["after"], random.choice((1000, HOUR, DAY, 30 * DAY))
        if isinstance(after, int):
            return policy | {"after": after + more}
        return policy | {"after": after | {random.choice(sorted(after)): max(after.values()) + more}}

    return with_one(random, case, "policies", raised)


def raise_min_age(random: Random, case: Case) -> Case:
    return case | {"min_age": case["min_age"] + random.choice((1000, HOUR, 30 * DAY))}


def keep_more(random: Random, case: Case) -> Case:
    """A policy that keeps nothing begins to; one that does keeps more of each group, or of smaller groups."""

    def keeping(policy: Case) -> Case:
        if not policy["keep"]:
            return policy | {"keep": make_keep(random)}
        keep, rule = policy["keep"], random.choice(("last", *RULES, "within", "per"))
        if rule == "per":
            return policy | {"keep": keep | {"per": [*keep.get("per", []), random.choice(PER)]}}
        more = random.choice((DAY, 400 * DAY)) if rule == "within" else random.choice((1, 2))
        return policy | {"keep": keep | {rule: keep.get(rule, 1 if rule == "last" else 0) + more}}

    return with_one(random, case, "policies", keeping)


def add_grace(random: Random, case: Case) -> Case:
    return with_one(
        random, case, "policies", lambda policy: policy | {"grace": policy["grace"] + random.choice((1000, DAY, 9 * DAY))}
    )


def except_more(random: Random, case: Case) -> Case:
    more = make_selector(random, 1)
    return with_one(random, case, "policies", lambda policy: policy | {"except": more | (policy["except"] or {})})


def begin_to_observe(random: Random, case: Case) -> Case:
    return with_one(random, case, "policies", lambda policy: policy | {"mode": "observe"})


def add_an_observing_policy(random: Random, case: Case) -> Case:
    return case | {"policies": [*case["policies"], make_policy(random, 10) | {"mode": "observe"}]}


@pytest.mark.parametrize(
    "change",
    [
        add_hold,
        mark_as_held,
        ask_for_a_long_ttl,
        raise_an_age,
        raise_min_age,
        keep_more,
        add_grace,
        except_more,
        begin_to_observe,
        add_an_observing_policy,
    ],
)
def test_s16_asking_to_keep_more_never_adds_a_deletion(change: Change) -> None:
    spared = 0
    for random, case in make_tempting(cases(40, 1_500)):
        before, changed = doomed(case), change(random, case)
        after = doomed(changed)
        assert after <= before, (case, changed)
        spared += after != before
    assert spared >= 3, "the change did nothing, so that nothing was tried"


@pytest.mark.parametrize("change", [mark_as_held, keep_more, except_more])
def test_s16_keeping_more_of_a_crowd_never_adds_a_deletion(change: Change) -> None:
    """What is kept for another reason leaves its place in the group to another."""
    spared = 0
    for random, case in make_tempting(cases(60, 1_500), crowded):
        before, after = doomed(case), doomed(change(random, case))
        assert after <= before, (case, change(random, case))
        spared += after != before
    assert spared >= 10


def test_s16_a_policy_beside_others_deletes_none_of_the_jobs_that_they_select() -> None:
    """Without fallbacks, a policy that is added can only vote on, or raise doubts about, what others would delete."""
    spared = 0
    for random, case in make_tempting(cases(60, 1_500)):
        before = case | {"policies": [policy | {"fallback": False} for policy in case["policies"]]}
        selected = {each.job.id for each in decide_with_janitor(before) if each.verdict is not Verdict.UNMANAGED}
        added = make_policy(random, 10) | {"fallback": False, "mode": "enforce"}
        after = doomed(before | {"policies": [*before["policies"], added]}) & selected
        assert after <= doomed(before), (before, added)
        spared += after != doomed(before)
    assert spared >= 3


def test_s16_not_letting_owners_shorten_an_age_any_more_never_adds_a_deletion() -> None:
    spared = 0
    for random, case in make_tempting(cases(40, 1_500)):
        jobs = [job | {"labels": (job["labels"] or {}) | {"janitor-ttl": random.choice(("2h", "2d"))}} for job in case["jobs"]]
        before = case | {"jobs": jobs, "policies": [policy | {"shorten_to": HOUR} for policy in case["policies"]]}
        after = with_one(random, before, "policies", lambda policy: policy | {"shorten_to": None})
        assert doomed(after) <= doomed(before), (before, after)
        spared += doomed(after) != doomed(before)
    assert spared >= 3


@pytest.mark.parametrize("make", [enforced, crowded])
def test_s17_the_order_of_jobs_policies_and_holds_decides_nothing(make: Callable[[int], Case]) -> None:
    for random, case in make_tempting(cases(50, 2_000), make):
        mixed = case | {word: random.sample(case[word], len(case[word])) for word in ("jobs", "policies", "holds")}
        one, other = ({each.job.id: each for each in decide_with_janitor(each)} for each in (case, mixed))
        assert one == other, case


UNKNOWN: dict[str, Any] = {
    **dict.fromkeys(("name", "owner", "kind", "workspace", "created", "started", "finished", "description", "labels")),
    **dict.fromkeys(("experiment", "flavor", "pool", "node_count", "accelerators")),
    "phase": "unknown",
    "never_started": False,
}
"""Each fact about a job, and what stands there when it is not known."""


def test_s18_forgetting_any_fact_of_any_job_never_adds_a_deletion() -> None:
    for _, case in make_tempting(cases(5, 300), crowded):
        before = doomed(case)
        for place, job in enumerate(case["jobs"]):
            for word, unknown in UNKNOWN.items():
                jobs = [*case["jobs"][:place], job | {word: unknown}, *case["jobs"][place + 1 :]]
                assert job[word] == unknown or doomed(case | {"jobs": jobs}) <= before, (case, job["id"], word)


def forget_many_facts(random: Random, case: Case) -> Case:
    def less(job: Case) -> Case:
        return job | {word: unknown for word, unknown in UNKNOWN.items() if random.random() < 0.1}

    return case | {"jobs": [less(job) for job in case["jobs"]]}


def lose_jobs_of_the_listing(random: Random, case: Case) -> Case:
    return case | {"jobs": [job for job in case["jobs"] if random.random() < 0.7]}


def forget_who_was_seen(random: Random, case: Case) -> Case:
    return case | {"first_seen": {key: time for key, time in case["first_seen"].items() if random.random() < 0.1}}


def forget_what_except_asks(random: Random, case: Case) -> Case:
    """Of half of the jobs that some policy might except it is no longer known whether it does."""
    asked = {ASKED_BY.get(field, field) for policy in case["policies"] for field in policy["except"] or {}} - {"phase"}
    return case | {"jobs": [job | dict.fromkeys(asked) if random.random() < 0.5 else job for job in case["jobs"]]}


ASKED_BY = {"name_regex": "name", "duration": "finished"}


@pytest.mark.parametrize("make", [enforced, crowded])
@pytest.mark.parametrize("change", [forget_many_facts, forget_what_except_asks, lose_jobs_of_the_listing, forget_who_was_seen])
def test_s18_knowing_less_never_adds_a_deletion(change: Change, make: Callable[[int], Case]) -> None:
    spared = 0
    for random, case in make_tempting(cases(50, 1_500), make):
        before, after = doomed(case), doomed(change(random, case))
        assert after <= before, case
        spared += after != before
    assert spared >= 2


def test_s18_a_mark_that_is_forgotten_is_made_anew_and_never_adds_a_deletion() -> None:
    """Where a grace period is asked for, it begins again."""
    spared = 0
    for random, case in make_tempting(cases(60, 1_500)):
        marks = {key: mark | {"since": min(mark["since"], case["as_of"])} for key, mark in case["marks"].items()}
        before = case | {"marks": marks, "policies": [policy | {"grace": 2 * DAY} for policy in case["policies"]]}
        after = before | {"marks": {key: mark for key, mark in marks.items() if random.random() < 0.3}}
        assert doomed(after) <= doomed(before), case
        spared += doomed(after) != doomed(before)
    assert spared >= 3


POISONED = (
    "name",
    "owner",
    "kind",
    "workspace",
    "created_at",
    "started_at",
    "finished_at",
    "description",
    "labels",
    "experiment",
)


def poison_one(random: Random, case: Case, left: int) -> tuple[list[Job], str]:
    jobs = [to_job(job) for job in case["jobs"]]
    place, field = random.randrange(len(jobs)), random.choice(POISONED)
    poison: Any = Poison(getattr(jobs[place], field), left)
    jobs[place] = replace(jobs[place], **{field: poison})
    return jobs, jobs[place].id


def decide_poisoned(case: Case, jobs: list[Job]) -> list[Decision]:
    return list(evaluate_all(jobs, to_rules(case), to_time(case["as_of"]), to_past(case)))


def test_s19_an_error_about_one_job_never_adds_a_deletion_and_the_others_are_decided() -> None:
    """A condition, a hold, a mark, a group or a time that fails: the job stays, and takes no place from its group."""
    failed = 0
    for random, case in make_tempting(cases(120, 4_000), crowded):
        jobs, poisoned = poison_one(random, case, 0)
        decisions = decide_poisoned(case, jobs)
        assert {each.job.id for each in decisions if is_deletion(each)} <= doomed(case), (case, poisoned)
        fails = [each.job.id for each in decisions if each.reason.code == "evaluation_failed"]
        assert set(fails) <= {poisoned}
        without = doomed(case | {"jobs": [job for job in case["jobs"] if job["id"] != poisoned]})
        if fails:
            assert {each.job.id for each in decisions if is_deletion(each)} == without, (case, poisoned)
        failed += bool(fails)
    assert failed >= 40


def test_s19_an_error_that_comes_late_never_adds_a_deletion() -> None:
    """While a second policy is heard, while a group is ranked, while the reason is told."""
    failed = 0
    for random, case in make_tempting(cases(120, 4_000), crowded):
        jobs, poisoned = poison_one(random, case, random.randrange(1, 12))
        decisions = decide_poisoned(case, jobs)
        assert {each.job.id for each in decisions if is_deletion(each)} <= doomed(case), (case, poisoned)
        failed += any(each.reason.code == "evaluation_failed" for each in decisions)
    assert failed >= 15
