"""What is said of a job in a kept group: its place, the rules that keep it, and from when on it may go."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Job
from janitor.retention.evaluate import Evaluation, evaluate_all
from janitor.retention.groups import Stay
from janitor.retention.keep import Keep
from janitor.retention.selector import Selector

DAY = timedelta(days=1)
DAYS = [f"2026-11-{day:02}" for day in range(1, 5)]


def job_at(day: str, **changes: Any) -> Job:
    """A job that was created, started and finished on one day."""
    time = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return make_job(**({"name": day, "created_at": time, "started_at": time, "finished_at": time} | changes))


def tell(jobs: list[Job], keep: Keep) -> list[str]:
    return [each.reason.text for each in evaluate_all(jobs, make_rules(make_policy(keep=keep, after=DAY)), NOW)]


def test_the_reason_names_the_rules_the_place_and_the_group() -> None:
    jobs = [job_at(day, name="net-1") for day in DAYS[:3]]
    texts = tell(jobs, Keep(last=2, weekly=1, within=30 * DAY, per=("name_prefix", "owner")))
    assert texts == [
        "policy weekly keeps it (within): number 3 of 3 of net / ci-bot, newest first",
        "policy weekly keeps it (last 2, within): number 2 of 3 of net / ci-bot, newest first",
        "policy weekly keeps it (last 2, weekly 1, within): number 1 of 3 of net / ci-bot, newest first",
    ]
    (alone,) = tell([job_at(DAYS[0])], Keep(daily=2))
    assert alone == "policy weekly keeps it (last 1, daily 2): number 1 of 1, newest first"


def test_a_policy_says_where_in_its_group_a_job_stands() -> None:
    jobs = [*(job_at(day, name="net-1") for day in DAYS[:2]), job_at(DAYS[2], name=""), job_at(DAYS[3], name="net-2", owner="")]
    policies = (
        make_policy(keep=Keep(per=("name_prefix",)), after=DAY, except_=Selector(owner=frozenset({"ann"}))),
        make_policy(name="plain"),
    )
    evaluation = Evaluation(make_rules(*policies), NOW)
    evaluation.decide(jobs)
    keeping, plain = evaluation.voters
    stays = [keeping.stay(job) for job in jobs]
    assert stays == [
        Stay(group=("net",), place=2, size=2, rules=()),
        Stay(group=("net",), place=1, size=2, rules=("last 1",)),
        Stay(group=None, place=0, size=0, rules=()),
        Stay(group=("net",), place=0, size=2, rules=()),
    ]
    assert plain.stay(jobs[0]) is None


@pytest.mark.parametrize(
    ("keep", "more", "expected"),
    [
        (Keep(), {}, None),
        (Keep(last=0, within=60 * DAY), {}, NOW + 50 * DAY),
        (Keep(last=1, within=60 * DAY), {}, None),
        (Keep(last=0, within=60 * DAY), {"grace": 3 * DAY}, NOW + 53 * DAY),
        (Keep(last=0, within=5 * DAY), {}, NOW - 3 * DAY),
        (Keep(last=0, within=8 * DAY), {}, NOW - 2 * DAY),
    ],
)
def test_a_job_that_is_kept_may_go_from_a_day_on_only_where_time_alone_decides(keep: Keep, more: Any, expected: Any) -> None:
    """Finished ten days ago and let go after seven; what is kept among the newest stays until newer ones come."""
    (decision,) = evaluate_all([make_job(days_ago=10)], make_rules(make_policy(keep=keep, **more)), NOW)
    assert decision.eligible_at == expected


def test_the_policy_that_let_go_last_is_named_even_if_its_age_ended_first() -> None:
    """Its `within` ended later than the other's age."""
    within = make_policy(name="z-within", keep=Keep(last=0, within=30 * DAY))
    (decision,) = evaluate_all([make_job()], make_rules(make_policy(name="a-aged", after=20 * DAY), within), NOW)
    assert (decision.policy, decision.eligible_at) == ("z-within", NOW - 70 * DAY)
