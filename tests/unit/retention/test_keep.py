"""Keep rules: what restic publishes of its own, as cases of ours, and what is stricter here."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Job, Resources
from janitor.core.phase import Phase
from janitor.core.verdict import Decision, Verdict
from janitor.retention.evaluate import evaluate_all
from janitor.retention.keep import Keep, name_prefix
from janitor.retention.past import Past, key_of
from janitor.retention.policy import Since
from janitor.retention.selector import Selector

DAY = timedelta(days=1)


def job_at(text: str, **changes: Any) -> Job:
    """A job that was created, started and finished at one time, and is named by it."""
    time = datetime.fromisoformat(text)
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return make_job(**({"name": text, "created_at": time, "started_at": time, "finished_at": time} | changes))


def decide(jobs: list[Job], keep: Keep, as_of: datetime = NOW, **policy: Any) -> list[Decision]:
    return list(evaluate_all(jobs, make_rules(make_policy(keep=keep, after=DAY, **policy)), as_of))


def kept(times: list[str], keep: Keep, as_of: datetime = NOW) -> list[str]:
    """Those of the times that stay, in the order given; none of the jobs is young."""
    decisions = decide([job_at(time) for time in times], keep, as_of)
    assert {each.reason.code for each in decisions} <= {"keep_rule", "expired"}
    return [str(each.job.name) for each in decisions if each.verdict is Verdict.KEPT]


def names(decisions: list[Decision], verdict: Verdict) -> set[str]:
    return {str(each.job.name) for each in decisions if each.verdict is verdict}


DAYS = [f"2026-11-{day:02}" for day in range(1, 22)]


def test_last_keeps_the_newest_whatever_their_order() -> None:
    assert kept(DAYS, Keep(last=3)) == DAYS[-3:]
    assert kept(DAYS[::-1], Keep(last=3)) == DAYS[:-4:-1]
    assert kept(DAYS[:2], Keep(last=5)) == DAYS[:2]


def test_without_last_the_newest_stays_so_that_no_group_is_emptied() -> None:
    old = ["2025-01-01", "2025-01-02"]
    assert kept(old, Keep()) == ["2025-01-02"]
    assert kept(old, Keep(within=DAY)) == ["2025-01-02"]


def test_a_group_is_emptied_only_where_last_is_0() -> None:
    assert kept(["2025-01-01", "2025-01-02"], Keep(last=0, within=DAY)) == []


def test_hourly_keeps_the_newest_of_each_hour_of_the_clock() -> None:
    times = [f"2026-11-01T{time}" for time in ("08:00:00", "08:59:59", "09:00:00", "09:30:00", "12:15:00")]
    assert kept(times, Keep(last=0, hourly=2)) == ["2026-11-01T09:30:00", "2026-11-01T12:15:00"]
    assert kept(times, Keep(last=0, hourly=9)) == ["2026-11-01T08:59:59", "2026-11-01T09:30:00", "2026-11-01T12:15:00"]


def test_daily_counts_days_that_have_a_job_so_that_gaps_cost_nothing() -> None:
    """One job each Sunday: the last four days with a job are the last four Sundays."""
    sundays = ["2026-10-18", "2026-10-25", "2026-11-01", "2026-11-08", "2026-11-15"]
    assert kept(sundays, Keep(last=0, daily=4)) == sundays[1:]


def test_daily_keeps_the_newest_of_several_of_one_day() -> None:
    times = ["2026-11-01T00:00:00", "2026-11-01T23:59:59", "2026-11-02T00:00:00", "2026-11-02T00:00:01"]
    assert kept(times, Keep(last=0, daily=2)) == ["2026-11-01T23:59:59", "2026-11-02T00:00:01"]


def test_weekly_weeks_begin_on_monday_and_week_53_reaches_into_the_new_year() -> None:
    """Thursday to Sunday are of week 53 of 2020, Monday begins week 1 of 2021."""
    times = ["2020-12-31", "2021-01-01", "2021-01-03", "2021-01-04", "2021-01-11"]
    assert kept(times, Keep(last=0, weekly=3)) == ["2021-01-03", "2021-01-04", "2021-01-11"]


def test_weekly_the_last_days_of_december_may_be_of_week_1_and_are_not_of_the_week_1_a_year_before() -> None:
    """2024 begins and ends in a week that is called 1."""
    assert kept(["2024-01-01", "2024-12-30", "2025-01-05"], Keep(last=0, weekly=5)) == ["2024-01-01", "2025-01-05"]


def test_monthly_a_leap_day_is_of_february() -> None:
    times = ["2024-01-31", "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-31"]
    assert kept(times, Keep(last=0, monthly=2)) == ["2024-02-29", "2024-03-31"]
    assert kept(times, Keep(last=0, daily=4)) == times[1:]


def test_monthly_the_same_month_of_two_years_are_two() -> None:
    assert kept(["2025-11-03", "2026-11-03"], Keep(last=0, monthly=2)) == ["2025-11-03", "2026-11-03"]


def test_yearly_a_year_ends_with_its_last_second() -> None:
    times = ["2024-06-01", "2024-12-31T23:59:59", "2025-01-01T00:00:00", "2026-02-02"]
    assert kept(times, Keep(last=0, yearly=3)) == times[1:]
    assert kept(times, Keep(last=0, yearly=1)) == times[3:]


def test_the_oldest_is_not_kept_for_want_of_more() -> None:
    """Unlike restic's: fewer buckets than asked for are just fewer."""
    assert kept(["2026-03-01", "2026-04-01"], Keep(last=0, yearly=5)) == ["2026-04-01"]


def test_hours_days_weeks_months_and_years_are_those_of_utc_wherever_a_time_was_written() -> None:
    tokyo = ["2026-11-02T08:30:00+09:00", "2026-11-02T09:30:00+09:00"]
    assert kept(tokyo, Keep(last=0, daily=5)) == tokyo
    honolulu = ["2025-12-31T13:30:00-10:00", "2025-12-31T14:30:00-10:00"]
    for keep in (Keep(last=0, yearly=5), Keep(last=0, monthly=5), Keep(last=0, hourly=5)):
        assert kept(honolulu, keep) == honolulu
    sunday_and_monday = ["2026-11-02T00:30:00+01:00", "2026-11-01T23:30:00-01:00"]
    assert kept(sunday_and_monday, Keep(last=0, weekly=5)) == sunday_and_monday


def test_the_same_instants_in_other_zones_make_the_same_groups() -> None:
    texts = ["2026-10-31T22:15:00", "2026-11-01T03:15:00", "2026-11-01T22:15:00", "2026-11-08T22:15:00"]
    elsewhere = timezone(timedelta(hours=5, minutes=45))
    moved = [datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(elsewhere).isoformat() for text in texts]
    keep = Keep(last=0, daily=2, weekly=2, monthly=2)
    assert [texts[moved.index(each)] for each in kept(moved, keep)] == kept(texts, keep)


def test_rules_are_joined_by_or_and_count_the_same_jobs() -> None:
    """A job a day: the last three days, then the last day of each of three weeks and of two months, some of them the same."""
    days = [str((NOW - timedelta(days=age)).date()) for age in range(60, 1, -1)]
    expected = {"2026-11-21", "2026-11-20", "2026-11-19", "2026-11-15", "2026-11-08", "2026-10-31"}
    assert set(kept(days, Keep(last=0, daily=3, weekly=3, monthly=2))) == expected


def test_within_counts_back_from_now_not_from_the_newest_and_ends_exactly() -> None:
    edge = NOW - 30 * DAY
    times = [each.isoformat() for each in (edge - timedelta(seconds=1), edge, edge + timedelta(seconds=1), edge + DAY)]
    assert kept(times, Keep(last=0, within=30 * DAY)) == times[2:]
    assert kept(times, Keep(last=0, within=30 * DAY), NOW + 9 * DAY) == []


def test_c23_equal_times_are_ranked_by_id() -> None:
    same = [job_at("2026-11-01", id=job_id, name=job_id) for job_id in ("c", "a", "b")]
    for jobs in (same, same[::-1]):
        assert names(decide(jobs, Keep(last=2)), Verdict.KEPT) == {"a", "b"}
        assert names(decide(jobs, Keep(last=0, daily=3)), Verdict.KEPT) == {"a"}


GROUPS: dict[str, Any] = {
    "owner": [{"owner": "ann"}, {"owner": "bob"}],
    "name": [{"name": "x"}, {"name": "y"}],
    "name_prefix": [{"name": "net-1"}, {"name": "gan-1"}],
    "workspace": [{"workspace": "0"}, {"workspace": "w1"}],
    "experiment": [{"experiment": "e1"}, {"experiment": "e2"}],
    "flavor": [{"resources": Resources(flavor="gpu.1")}, {"resources": Resources(flavor="cpu.4")}],
    "label:team": [{"labels": (("team", "nlp"),)}, {"labels": (("stage", "dev"), ("team", "cv"))}],
}


@pytest.mark.parametrize("word", GROUPS)
def test_each_group_keeps_its_own(word: str) -> None:
    """Three jobs of each group: the newest of each stays."""
    jobs = [
        job_at(f"2026-11-{day:02}", id=f"{number}-{day}", **each) for day in (1, 2, 3) for number, each in enumerate(GROUPS[word])
    ]
    decisions = decide(jobs, Keep(per=(word,)))
    assert {each.job.id for each in decisions if each.verdict is Verdict.KEPT} == {"0-3", "1-3"}


def test_a_group_by_two_words_is_one_for_each_pair() -> None:
    jobs = [job_at("2026-11-01", id=f"{owner}{name}", owner=owner, name=name) for owner in "ab" for name in "xy"]
    older = [job_at("2026-10-01", id=f"{job.id}-older", owner=job.owner, name=job.name) for job in jobs]
    decisions = decide([*older, *jobs], Keep(per=("owner", "name")))
    assert {each.job.id for each in decisions if each.verdict is Verdict.KEPT} == {"ax", "ay", "bx", "by"}


@pytest.mark.parametrize(
    ("word", "changes"),
    [
        ("owner", {"owner": None}),
        ("owner", {"owner": ""}),
        ("name", {"name": None}),
        ("name_prefix", {"name": ""}),
        ("workspace", {"workspace": None}),
        ("experiment", {"experiment": None}),
        ("flavor", {}),
        ("label:team", {}),
        ("label:team", {"labels": (("stage", "nlp"),)}),
        ("label:team", {"labels": (("team", ""),)}),
    ],
)
def test_c23_a_job_without_the_key_of_its_group_is_kept(word: str, changes: dict[str, Any]) -> None:
    """They are no group of their own, in which one would push out the other."""
    decisions = decide([job_at("2026-11-01", **changes), job_at("2026-11-02", **changes)], Keep(per=(word,)))
    assert [(each.verdict, each.reason.code) for each in decisions] == [(Verdict.KEPT, "no_group")] * 2
    assert decisions[0].reason.text == "policy weekly keeps some of each group, and its group is not known"
    assert decisions[0].eligible_at is None


def test_a_job_without_a_group_that_is_too_young_says_when_that_changes() -> None:
    (decision,) = decide([make_job(days_ago=0, owner=None)], Keep(per=("owner",)))
    assert decision.reason.code == "too_young"


def test_c23_a_label_that_was_renamed_leaves_no_group_to_be_pushed_out_of() -> None:
    renamed = job_at("2026-10-01", labels=(("squad", "nlp"),))
    others = [job_at(f"2026-11-{day:02}", labels=(("team", "nlp"),)) for day in (1, 2)]
    assert names(decide([renamed, *others], Keep(per=("label:team",))), Verdict.EXPIRED) == {"2026-11-01"}


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("resnet-50-001", "resnet-50"),
        ("resnet-50", "resnet"),
        ("run_7", "run"),
        ("v1.20", "v1"),
        ("run12", "run12"),
        ("run-", "run-"),
        ("run--7", "run-"),
        ("-7", "-7"),
        ("7", "7"),
        ("run-7\n", "run-7\n"),
        ("run-٣", "run-٣"),
    ],
)
def test_name_prefix_drops_one_trailing_number_and_the_sign_before_it(name: str, prefix: str) -> None:
    assert name_prefix(name) == prefix


@pytest.mark.parametrize(
    ("newest", "policy"),
    [
        ({"description": "janitor-hold"}, {}),
        ({"phase": Phase.RUNNING}, {}),
        ({"phase": Phase.UNKNOWN}, {}),
        ({"phase": Phase.ABNORMAL}, {}),
        ({"owner": "ann"}, {"match": Selector(owner=frozenset({"ci-bot"}))}),
        ({"owner": None}, {"match": Selector(owner=frozenset({"ci-bot"}))}),
        ({"name": "net-baseline"}, {"except_": Selector(name=("*-baseline",))}),
        ({"owner": None}, {"except_": Selector(owner=frozenset({"ann"}))}),
        ({"created_at": None}, {}),
        ({"started_at": None}, {}),
        ({"finished_at": None}, {"since": Since.CREATED}),
        ({"finished_at": datetime(1970, 1, 21, tzinfo=UTC)}, {}),
        ({"finished_at": NOW + timedelta(seconds=1)}, {}),
        ({"finished_at": NOW + DAY}, {}),
    ],
)
def test_what_a_policy_does_not_decide_about_takes_no_place(newest: dict[str, Any], policy: dict[str, Any]) -> None:
    """Held, active, of another policy, excepted, in doubt, of a time that nobody believes or that has not come yet."""
    others = [job_at(day) for day in DAYS[:3]]
    decisions = decide([*others, job_at(DAYS[9], **newest)], Keep(last=2), **policy)
    assert [each.verdict for each in decisions[:3]] == [Verdict.EXPIRED, Verdict.KEPT, Verdict.KEPT]
    assert decisions[3].verdict is not Verdict.EXPIRED


def test_a_job_that_is_too_young_to_go_takes_its_place() -> None:
    young = job_at((NOW - timedelta(hours=3)).isoformat())
    decisions = decide([young, job_at(DAYS[0])], Keep(last=1))
    assert [each.reason.code for each in decisions] == ["too_young", "expired"]


def test_a_job_that_another_policy_cannot_decide_about_takes_no_place() -> None:
    doubtful, older = job_at(DAYS[9], owner=None), job_at(DAYS[0], owner="bob")
    asks_owner = make_policy(name="by-owner", match=Selector(owner=frozenset({"ann"})))
    first, second = evaluate_all([doubtful, older], make_rules(make_policy(keep=Keep()), asks_owner), NOW)
    assert (first.verdict, second.reason.code) == (Verdict.UNDECIDABLE, "keep_rule")


def test_a_fallback_ranks_only_what_no_other_policy_selects() -> None:
    trials = make_policy(name="trials", match=Selector(name=("trial-*",)))
    rest = make_policy(name="rest", fallback=True, keep=Keep())
    jobs = [job_at(DAYS[9], name="trial-1"), job_at(DAYS[0], name="other")]
    assert [each.verdict for each in evaluate_all(jobs, make_rules(trials, rest), NOW)] == [Verdict.EXPIRED, Verdict.KEPT]


@pytest.mark.parametrize("since", list(Since))
def test_the_newest_is_so_by_the_time_that_since_names(since: Since) -> None:
    """Of two jobs one was created and started last, the other finished last."""
    early = job_at("2026-11-01", name="early", finished_at=NOW - 5 * DAY)
    late = job_at("2026-11-03", name="late", finished_at=NOW - 9 * DAY)
    newest = "early" if since is Since.FINISHED else "late"
    assert names(decide([early, late], Keep(), since=since), Verdict.KEPT) == {newest}


def never_started(day: str) -> Job:
    """It was created at the beginning of a day, and ended in the queue, nobody knows when."""
    return job_at(day, started_at=None, finished_at=None, never_started=True)


def with_past(jobs: list[Job], keep: Keep, past: Past) -> list[str]:
    rules = make_rules(make_policy(keep=keep, after=DAY))
    return [each.reason.text.partition(": number")[0] for each in evaluate_all(jobs, rules, NOW, past)]


@pytest.mark.parametrize("keep", [Keep(), Keep(last=0, monthly=1)])
def test_a_job_that_never_started_takes_the_place_of_its_creation_in_its_group(keep: Keep) -> None:
    """Not that of when it was first seen: to a new ledger all of them end today, and would push out what is really new."""
    unstarted, run = never_started(DAYS[3]), job_at(DAYS[4])
    past = Past(first_seen={key_of(unstarted): NOW - 2 * DAY})
    said = with_past([unstarted, run], keep, past)
    assert [text.startswith("policy weekly keeps it") for text in said] == [False, True]
    older = never_started(DAYS[2])
    both = Past(first_seen={key_of(unstarted): NOW - 4 * DAY, key_of(older): NOW - 2 * DAY})
    said = with_past([older, unstarted], keep, both)
    assert [text.startswith("policy weekly keeps it") for text in said] == [False, True], "the one seen first was created last"


def test_the_buckets_of_jobs_that_never_started_are_those_of_their_creation() -> None:
    jobs = [never_started(day) for day in ("2026-09-01", "2026-10-01")]
    seen = Past(first_seen={key_of(job): NOW - 2 * DAY for job in jobs})
    assert with_past(jobs, Keep(last=0, monthly=2), seen) == ["policy weekly keeps it (monthly 2)"] * 2


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        (Keep(last=0, within=10 * DAY), ["policy weekly keeps it (within)", ""]),
        (Keep(last=2, within=10 * DAY), ["policy weekly keeps it (last 2, within)", "policy weekly keeps it (last 2)"]),
        (Keep(last=0, within=30 * DAY), ["policy weekly keeps it (within)", "policy weekly keeps it (within)"]),
        (Keep(last=0, within=2 * DAY), ["", ""]),
    ],
)
def test_within_keeps_a_job_that_never_started_by_when_it_was_first_seen_ended(keep: Keep, said: list[str]) -> None:
    """Its age counts since then, whatever place it takes; `within` is said once where its creation is young as well."""
    jobs = [never_started(DAYS[0]), job_at(DAYS[0])]
    told = with_past(jobs, keep, Past(first_seen={key_of(jobs[0]): NOW - 2 * DAY}))
    assert [text if text.startswith("policy weekly keeps it") else "" for text in told] == said


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"last": -1}, "keeps 0 or more"),
        ({"yearly": -1}, "keeps 0 or more"),
        ({"per": ("colour",)}, "cannot be grouped by 'colour'"),
        ({"per": ("label:",)}, "cannot be grouped by 'label:'"),
    ],
)
def test_what_keeps_less_than_it_says_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Keep(**changes)
