"""The seven lines of the decision, in their order."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.errors import Interrupted
from janitor.core.phase import Phase
from janitor.core.verdict import Decision, Verdict
from janitor.retention.evaluate import evaluate, evaluate_all
from janitor.retention.keep import Keep
from janitor.retention.past import Past
from janitor.retention.policy import Mode, Policy, Since
from janitor.retention.selector import Selector

WEEK = timedelta(days=7)


def decide(*policies: Policy, rules: Any = None, **job: Any) -> Decision:
    return evaluate(make_job(**job), make_rules(*policies, **(rules or {})), NOW)


def test_line_1_a_hold_beats_an_expired_policy() -> None:
    decision = decide(description="janitor-hold=paper")
    assert (decision.verdict, decision.reason.code) == (Verdict.HELD, "held")


def test_line_1_a_description_that_cannot_be_read_holds() -> None:
    assert decide(description=None).verdict is Verdict.HELD


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.PENDING, Phase.RUNNING, Phase.TERMINATING])
def test_line_2_an_active_job_is_kept(phase: Phase) -> None:
    decision = decide(phase=phase)
    assert (decision.verdict, decision.reason.code) == (Verdict.KEPT, "active")


def test_line_2_an_unknown_phase_is_undecidable() -> None:
    assert decide(phase=Phase.UNKNOWN).verdict is Verdict.UNDECIDABLE


@pytest.mark.parametrize("other", [Phase.RUNNING, Phase.TERMINATING, Phase.UNKNOWN])
def test_line_2_one_part_that_has_not_ended_keeps_the_job(other: Phase) -> None:
    decision = decide(phase=Phase.FAILED, other_phases=frozenset({Phase.COMPLETED, other}))
    expected = Verdict.UNDECIDABLE if other is Phase.UNKNOWN else Verdict.KEPT
    assert decision.verdict is expected


def test_line_3_a_policy_that_names_only_some_of_the_phases_of_a_job_cannot_tell() -> None:
    decision = decide(phase=Phase.ABNORMAL, other_phases=frozenset({Phase.FAILED}))
    assert (decision.verdict, decision.reason.code) == (Verdict.UNDECIDABLE, "match_unknown")
    assert "ended differently (abnormal, failed)" in decision.reason.text
    assert decide(phase=Phase.COMPLETED, other_phases=frozenset({Phase.FAILED})).verdict is Verdict.EXPIRED


@pytest.mark.parametrize("changes", [{"owner": None}, {"owner": ""}])
def test_s18_line_3_a_needed_field_that_is_missing_makes_it_undecidable(changes: dict[str, Any]) -> None:
    by_owner = make_policy(match=Selector(owner=frozenset({"ci-bot"})))
    decision = decide(by_owner, **changes)
    assert (decision.verdict, decision.reason.code) == (Verdict.UNDECIDABLE, "match_unknown")


def test_line_3_one_policy_that_cannot_tell_outweighs_another_that_selects() -> None:
    by_owner = make_policy(name="by-owner", match=Selector(owner=frozenset({"ci-bot"})))
    assert decide(by_owner, make_policy(), owner=None).verdict is Verdict.UNDECIDABLE


def test_line_3_a_job_of_unknown_workspace_is_undecidable_in_a_target_of_some_workspaces() -> None:
    decision = decide(rules={"workspaces": frozenset({"0"})}, workspace=None)
    assert (decision.verdict, decision.reason.code) == (Verdict.UNDECIDABLE, "workspace_unknown")


def test_line_4_what_no_policy_selects_is_unmanaged() -> None:
    assert decide(make_policy(match=Selector(name=("other-*",)))).verdict is Verdict.UNMANAGED


def test_line_4_unmanaged_jobs_are_told_apart_by_nothing() -> None:
    decisions = evaluate_all([make_job(), make_job()], make_rules(make_policy(match=Selector(name=("other-*",)))), NOW)
    assert [each.reason.text for each in decisions] == ["no policy selects it"] * 2


def test_line_3_of_several_that_cannot_tell_the_first_by_name_is_named_and_a_fallback_last() -> None:
    by_owner = Selector(owner=frozenset({"ann"}))
    fallback, second, first = (make_policy(name=name, match=by_owner, fallback=name == "a") for name in ("a", "c", "b"))
    assert "whether policy b selects it" in decide(fallback, second, first, owner=None).reason.text
    assert "whether policy a selects it" in decide(fallback, owner=None).reason.text


def test_line_4_a_fallback_is_asked_only_where_no_other_policy_selects() -> None:
    fallback = make_policy(name="rest", fallback=True)
    narrow = make_policy(name="narrow", match=Selector(name=("trial-*",)), after=timedelta(days=300))
    assert decide(fallback, narrow).verdict is Verdict.KEPT
    other = decide(fallback, narrow, name="other")
    assert (other.verdict, other.policy) == (Verdict.EXPIRED, "rest")


@pytest.mark.parametrize("changes", [{"except_": Selector(name=("trial-*",))}, {"mode": Mode.OBSERVE}])
def test_line_3_an_excepted_or_observed_job_never_reaches_a_fallback(changes: dict[str, Any]) -> None:
    fallback = make_policy(name="rest", fallback=True)
    assert decide(fallback, make_policy(**changes)).policies == ("weekly",)


def test_line_4_a_fallback_that_cannot_tell_makes_it_undecidable() -> None:
    fallback = make_policy(fallback=True, match=Selector(owner=frozenset({"ci-bot"})))
    assert decide(fallback, owner=None).verdict is Verdict.UNDECIDABLE


def test_line_5_except_keeps() -> None:
    decision = decide(make_policy(except_=Selector(name=("*-1*", "trial-*"))))
    assert (decision.verdict, decision.reason.code, decision.eligible_at) == (Verdict.KEPT, "excepted", None)


def test_line_5_an_except_that_cannot_be_told_is_undecidable() -> None:
    decision = decide(make_policy(except_=Selector(owner=frozenset({"ann"}))), owner=None)
    assert (decision.verdict, decision.reason.code) == (Verdict.UNDECIDABLE, "except_unknown")


def test_line_5_a_job_is_kept_until_its_age_and_says_when_it_goes() -> None:
    decision = decide(days_ago=6)
    assert (decision.verdict, decision.reason.code) == (Verdict.KEPT, "too_young")
    assert decision.eligible_at == NOW + timedelta(days=1)


def test_line_5_exactly_at_its_age_it_goes_and_a_second_earlier_it_stays() -> None:
    assert decide(days_ago=7).verdict is Verdict.EXPIRED
    assert decide(finished_at=NOW - WEEK + timedelta(seconds=1)).verdict is Verdict.KEPT


def test_line_5_min_age_keeps_what_finished_just_now_however_old_it_is() -> None:
    by_creation = make_policy(since=Since.CREATED)
    ended = NOW - timedelta(hours=23)
    decision = decide(by_creation, created_at=NOW - timedelta(days=90), started_at=NOW - timedelta(days=90), finished_at=ended)
    assert (decision.verdict, decision.reason.code) == (Verdict.KEPT, "min_age")
    assert decision.eligible_at == ended + timedelta(hours=24)


@pytest.mark.parametrize("since", list(Since))
def test_line_5_each_since_counts_from_its_own_time(since: Since) -> None:
    times = {
        "created_at": NOW - timedelta(days=30),
        "started_at": NOW - timedelta(days=20),
        "finished_at": NOW - timedelta(days=10),
    }
    policy = make_policy(since=since, after=timedelta(days=15))
    expected = Verdict.KEPT if since is Since.FINISHED else Verdict.EXPIRED
    assert decide(policy, **times).verdict is expected


@pytest.mark.parametrize(
    "time",
    [None, datetime(1970, 1, 21, tzinfo=UTC), NOW + timedelta(days=1)],
    ids=["a33-missing", "a34-seconds-read-as-milliseconds", "a35-in-the-future"],
)
@pytest.mark.parametrize("field", ["created_at", "started_at", "finished_at"])
def test_a33_a34_a35_a_time_beyond_belief_never_leads_to_a_deletion(field: str, time: datetime | None) -> None:
    for since in Since:
        decision = decide(make_policy(since=since), **{field: time})
        assert (decision.verdict, decision.reason.code) == (Verdict.UNDECIDABLE, "time_unknown")


@pytest.mark.parametrize("since", list(Since))
@pytest.mark.parametrize(("field", "sign"), [("created_at", 1), ("finished_at", -1)])
def test_r4_a34_times_that_contradict_each_other_never_lead_to_a_deletion(since: Since, field: str, sign: int) -> None:
    """Five minutes of two clocks are forgiven; a second more, and the job is undecidable."""
    at_once = dict.fromkeys(("created_at", "started_at", "finished_at"), NOW - timedelta(days=100))
    for seconds, expected in ((300, Verdict.EXPIRED), (301, Verdict.UNDECIDABLE)):
        moved = at_once | {field: at_once[field] + sign * timedelta(seconds=seconds)}
        assert decide(make_policy(since=since), **moved).verdict is expected


def test_r4_a_start_long_before_the_creation_does_not_make_a_fresh_job_ancient() -> None:
    decision = decide(
        created_at=NOW - timedelta(days=1, hours=12),
        started_at=NOW - timedelta(days=701),
        finished_at=NOW - timedelta(days=700),
    )
    assert (decision.verdict, decision.reason.code) == (Verdict.UNDECIDABLE, "time_unknown")
    assert "its times contradict each other: created at 2026-11-21T15:00:00+00:00, but started at 2024" in decision.reason.text


def test_a_job_that_never_started_is_undecidable() -> None:
    assert decide(started_at=None, finished_at=None).verdict is Verdict.UNDECIDABLE


@pytest.mark.parametrize(
    "keeping", [{"after": timedelta(days=300)}, {"except_": Selector(name=("trial-*",))}], ids=["too-young", "excepted"]
)
def test_line_5_one_policy_that_keeps_wins_over_those_that_let_go(keeping: dict[str, Any]) -> None:
    keeps, first, last = make_policy(name="m-keeps", **keeping), make_policy(name="a-goes"), make_policy(name="z-goes")
    for order in ((keeps, first, last), (first, last, keeps), (first, keeps)):
        decision = decide(*order)
        assert (decision.verdict, decision.policy) == (Verdict.KEPT, "m-keeps")


def test_line_5_keep_wins_over_cannot_tell_and_both_over_let_go() -> None:
    goes = make_policy(name="a-goes")
    doubts = make_policy(name="b-doubts", except_=Selector(owner=frozenset({"ann"})))
    keeps = make_policy(name="c-keeps", after=timedelta(days=300))
    assert decide(goes, doubts, keeps, owner=None).policy == "c-keeps"
    assert decide(goes, doubts, owner=None).verdict is Verdict.UNDECIDABLE


def test_line_6_the_longest_retention_wins_and_is_reported_in_any_order() -> None:
    short, long = make_policy(name="short"), make_policy(name="long", after=timedelta(days=30))
    for order in ((short, long), (long, short)):
        decision = decide(*order)
        assert (decision.verdict, decision.policy, decision.policies) == (Verdict.EXPIRED, "long", ("long", "short"))


def test_line_6_ties_are_broken_by_name() -> None:
    assert decide(make_policy(name="b"), make_policy(name="a")).policy == "a"


def test_line_7_one_observing_policy_or_target_keeps_it_from_being_deleted() -> None:
    watching = make_policy(name="watching", mode=Mode.OBSERVE)
    assert decide(watching, make_policy()).observers == ("watching",)
    assert decide(rules={"mode": Mode.OBSERVE}).observers == ("target",)
    assert decide(make_policy()).observers == ()


def test_a_ttl_mark_lengthens_and_never_shortens() -> None:
    assert decide(description="janitor-ttl=300d").verdict is Verdict.KEPT
    assert decide(description="janitor-ttl=1d", days_ago=6).verdict is Verdict.KEPT
    assert decide(description="janitor-ttl=1d").verdict is Verdict.EXPIRED


def test_what_a_ttl_asks_for_is_said_with_the_place_where_it_stands() -> None:
    waits = "finished 100d ago, and with its tag janitor-ttl=300d policy weekly waits 300d"
    assert decide(labels=(("janitor-ttl", "300d"),)).reason.text == waits
    assert "janitor-ttl=300d in its description policy weekly" in decide(description="janitor-ttl=300d").reason.text
    assert decide(labels=(("janitor-ttl", "1d"),), days_ago=6).reason.text == "finished 6d ago, and policy weekly waits 1w"
    assert decide(labels=(("janitor-ttl", "99d"),)).reason.text.endswith("lets it go after 99d")


def test_line_1_a_hold_tag_holds_and_so_do_tags_that_could_not_be_read() -> None:
    assert decide(labels=(("janitor-hold", "paper"),)).reason.text == "its tag says janitor-hold=paper"
    unread = decide(labels=None)
    assert (unread.verdict, unread.reason.text) == (Verdict.HELD, "its tags could not be read")


def test_when_it_goes_is_not_promised_where_a_policy_excepts_it() -> None:
    decision = decide(make_policy(name="a"), make_policy(name="b", except_=Selector(name=("trial-*",))), days_ago=6)
    assert (decision.verdict, decision.eligible_at) == (Verdict.KEPT, None)


def test_when_it_goes_is_not_promised_where_a_time_cannot_be_believed() -> None:
    decision = decide(make_policy(since=Since.CREATED), created_at=NOW - timedelta(days=2), finished_at=None)
    assert (decision.verdict, decision.eligible_at) == (Verdict.KEPT, None)


def test_line_2_a_job_in_a_workspace_beyond_the_target_is_unmanaged() -> None:
    decision = decide(rules={"workspaces": frozenset({"0"})}, workspace="1")
    assert (decision.verdict, decision.reason.code) == (Verdict.UNMANAGED, "out_of_scope")


class Poison(str):
    """A phase that fails whoever asks for it."""

    __slots__ = ("error",)
    error: BaseException

    def __hash__(self) -> int:
        raise self.error


def poisoned(error: BaseException) -> Any:
    poison = Poison("failed")
    poison.error = error
    return make_job(phase=poison)


@pytest.mark.parametrize("changes", [{"description": 7}, {"name": 7}, {"finished_at": "yesterday"}, {"created_at": NOW.date()}])
def test_d28_a_job_about_which_deciding_fails_is_undecidable_and_the_others_are_decided(changes: dict[str, Any]) -> None:
    """A defect of ours, or a value that no adapter may deliver: it is kept, and says what happened without a traceback."""
    policy = make_policy(match=Selector(name=("trial-*",)))
    odd, plain = make_job(**changes), make_job()
    first, second, third = evaluate_all([plain, odd, plain], make_rules(policy), NOW)
    assert (first.verdict, second.verdict, third.verdict) == (Verdict.EXPIRED, Verdict.UNDECIDABLE, Verdict.EXPIRED)
    assert (second.job, second.reason.code, second.policies) == (odd, "evaluation_failed", ())
    assert re.fullmatch(r"deciding about it failed with [A-Za-z]+Error; please report this as a defect", second.reason.text)


def test_d28_the_text_of_the_error_is_not_repeated() -> None:
    """It could hold anything, a secret too."""
    (decision,) = evaluate_all([poisoned(RuntimeError("canary"))], make_rules(), NOW)
    assert (decision.verdict, "canary" in decision.reason.text) == (Verdict.UNDECIDABLE, False)
    assert "RuntimeError" in decision.reason.text


@pytest.mark.parametrize("error", [Interrupted("stop"), KeyboardInterrupt(), SystemExit(0)])
def test_d28_being_asked_to_stop_is_no_failed_evaluation(error: BaseException) -> None:
    with pytest.raises(type(error)):
        evaluate_all([poisoned(error)], make_rules(), NOW)


def test_s19_a_job_about_which_deciding_fails_takes_no_place_in_its_group() -> None:
    """The first policy has put it into its group when the second fails about it; the next newest is kept instead."""
    keeps = make_policy(name="a-keeps", keep=Keep())
    fails = make_policy(name="b-fails", except_=Selector(name=("*-baseline",)))
    odd, newest, older = make_job(name=7, days_ago=10), make_job(days_ago=20), make_job(days_ago=30)
    decisions = evaluate_all([odd, newest, older], make_rules(keeps, fails), NOW)
    assert [each.reason.code for each in decisions] == ["evaluation_failed", "keep_rule", "expired"]
    (alone,) = evaluate_all([odd], make_rules(fails), NOW)
    assert alone.reason.code == "evaluation_failed"


class Late(datetime):
    """A time that can be compared with others, but not ranked."""

    def astimezone(self, *_: Any) -> Any:
        raise ZeroDivisionError


def test_s19_a_group_that_cannot_be_ranked_is_kept_whole_and_other_policies_decide() -> None:
    by_day = make_policy(name="by-day", match=Selector(name=("net-*",)), keep=Keep(last=0, daily=2))
    times = {
        "created_at": Late(2026, 6, 1, tzinfo=UTC),
        "started_at": Late(2026, 6, 1, tzinfo=UTC),
        "finished_at": Late(2026, 6, 2, tzinfo=UTC),
    }
    jobs = [make_job(name="net-1"), make_job(name="net-2", **times), make_job(name="other")]
    rest = make_policy(name="rest", match=Selector(name=("other",)))
    decisions = evaluate_all(jobs, make_rules(by_day, rest), NOW)
    assert [each.reason.code for each in decisions] == ["evaluation_failed", "evaluation_failed", "expired"]


class Stubborn:
    """Marks that cannot be asked whose they are."""

    def get(self, *_: Any) -> Any:
        raise ZeroDivisionError


def test_s19_a_mark_that_cannot_be_looked_up_keeps_the_job() -> None:
    past = Past(marks=cast("Any", Stubborn()))
    assert evaluate(make_job(), make_rules(), NOW, past).reason.code == "evaluation_failed"
