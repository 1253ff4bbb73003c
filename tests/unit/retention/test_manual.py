"""A deletion by hand overrides policies, and nothing else that protects a job."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.phase import Phase
from janitor.core.verdict import Decision, Verdict
from janitor.retention.hold import Hold
from janitor.retention.manual import evaluate_manual
from janitor.retention.past import Past, key_of
from janitor.retention.policy import Mode, Policy
from janitor.retention.selector import Selector


def decide(*policies: Policy, rules: dict[str, Any] | None = None, **job: Any) -> Decision:
    return evaluate_manual(make_job(**job), make_rules(*policies, **(rules or {})), "a mistake", NOW)


def test_what_nothing_protects_goes_and_says_by_whom_and_why() -> None:
    decision = decide()
    assert (decision.verdict, decision.policy, decision.policies) == (Verdict.EXPIRED, "manual", ("manual",))
    assert (decision.reason.code, decision.reason.text) == ("manual", "deleted by hand: a mistake")
    assert decision.observers == ()


@pytest.mark.parametrize(
    "overridden",
    [
        make_policy(after=timedelta(days=300)),
        make_policy(match=Selector(name=("other-*",))),
        make_policy(except_=Selector(name=("trial-*",))),
        make_policy(except_=Selector(name=("other-*",))),
    ],
    ids=["too-young", "unmanaged", "excepted", "expired"],
)
def test_it_overrides_whatever_the_policies_say(overridden: Policy) -> None:
    assert decide(overridden).verdict is Verdict.EXPIRED


@pytest.mark.parametrize("phase", [Phase.COMPLETED, Phase.FAILED, Phase.TERMINATED, Phase.ABNORMAL])
def test_each_phase_in_which_a_job_ended_may_go(phase: Phase) -> None:
    assert decide(phase=phase).verdict is Verdict.EXPIRED


@pytest.mark.parametrize(
    ("phase", "verdict"),
    [(phase, Verdict.KEPT) for phase in (Phase.CREATING, Phase.PENDING, Phase.RUNNING, Phase.TERMINATING)]
    + [(Phase.UNKNOWN, Verdict.UNDECIDABLE)],
)
def test_r3_an_active_or_unknown_phase_is_never_overridden(phase: Phase, verdict: Verdict) -> None:
    decision = decide(phase=phase)
    assert (decision.verdict, decision.reason.code) == (verdict, "phase")


@pytest.mark.parametrize(("other", "verdict"), [(Phase.RUNNING, Verdict.KEPT), (Phase.UNKNOWN, Verdict.UNDECIDABLE)])
def test_r3_one_part_that_has_not_ended_keeps_the_job(other: Phase, verdict: Verdict) -> None:
    decision = decide(phase=Phase.FAILED, other_phases=frozenset({other}))
    assert (decision.verdict, decision.reason.code) == (verdict, "phase")


HOLD = Hold(name="h-1", reason="audited", match=Selector(owner=frozenset({"ann"})))


@pytest.mark.parametrize("owner", ["ann", None])
def test_a_hold_or_one_that_may_cover_it_is_never_overridden(owner: str | None) -> None:
    decision = decide(rules={"holds": (HOLD,)}, owner=owner)
    assert (decision.verdict, decision.reason.code) == (Verdict.HELD, "hold")
    assert "h-1" in decision.reason.text


def test_the_day_after_a_hold_is_not_overridden_either() -> None:
    ended = Hold(name="h-1", reason="audited", job_ids=frozenset({"j1"}), until=date(2026, 11, 22))
    assert decide(rules={"holds": (ended,)}, id="j1").reason.code == "hold"
    assert decide(rules={"holds": (ended,)}, id="j2").verdict is Verdict.EXPIRED


@pytest.mark.parametrize("description", ["janitor-hold", "janitor-hold=paper", "janitor-ttl=x", None])
def test_a_mark_of_its_owner_is_never_overridden(description: str | None) -> None:
    decision = decide(description=description)
    assert (decision.verdict, decision.reason.code) == (Verdict.HELD, "mark")


@pytest.mark.parametrize("labels", [(("janitor-hold", ""),), (("janitor-ttl", "x"),), (("Janitor_Hold", ""),), None])
def test_a_mark_in_the_tags_is_never_overridden_either(labels: tuple[tuple[str, str], ...] | None) -> None:
    decision = decide(labels=labels)
    assert (decision.verdict, decision.reason.code) == (Verdict.HELD, "mark")
    assert "its tag" in decision.reason.text
    longer = decide(labels=(("janitor-ttl", "300d"),), days_ago=299)
    assert (longer.verdict, longer.reason.code) == (Verdict.KEPT, "mark")
    assert longer.reason.text == "finished 299d ago, and its tag janitor-ttl=300d asks for 300d"


def test_a_ttl_mark_keeps_it_until_that_long_after_its_finish() -> None:
    decision = decide(description="janitor-ttl=300d", days_ago=299)
    assert (decision.verdict, decision.reason.code) == (Verdict.KEPT, "mark")
    assert decision.eligible_at == NOW + timedelta(days=1)
    assert decide(description="janitor-ttl=300d", days_ago=300).verdict is Verdict.EXPIRED


def test_min_age_is_never_overridden_and_a_second_decides() -> None:
    day = timedelta(hours=24)
    young = decide(finished_at=NOW - day + timedelta(seconds=1))
    assert (young.verdict, young.reason.code, young.eligible_at) == (Verdict.KEPT, "min_age", NOW + timedelta(seconds=1))
    assert decide(finished_at=NOW - day).verdict is Verdict.EXPIRED
    assert decide(finished_at=NOW + timedelta(minutes=4)).reason.code == "min_age"


def test_min_age_of_a_job_that_never_started_counts_from_when_it_was_first_seen_ended() -> None:
    job = make_job(started_at=None, finished_at=None, never_started=True)
    unseen = evaluate_manual(job, make_rules(), "a mistake", NOW)
    assert (unseen.verdict, unseen.reason.code) == (Verdict.UNDECIDABLE, "min_age")
    assert "no sweep has seen it ended before" in unseen.reason.text
    for hours, verdict in ((23, Verdict.KEPT), (24, Verdict.EXPIRED)):
        seen = Past(first_seen={key_of(job): NOW - timedelta(hours=hours)})
        assert evaluate_manual(job, make_rules(), "a mistake", NOW, seen).verdict is verdict


def test_no_grace_period_is_waited_for() -> None:
    assert decide(make_policy(grace=timedelta(days=9))).verdict is Verdict.EXPIRED


def test_a_ttl_shorter_than_min_age_shortens_nothing() -> None:
    assert decide(description="janitor-ttl=1h", finished_at=NOW - timedelta(hours=2)).reason.code == "min_age"


@pytest.mark.parametrize("time", [None, datetime(1970, 1, 21, tzinfo=UTC), NOW + timedelta(days=1)])
@pytest.mark.parametrize("field", ["created_at", "started_at", "finished_at"])
def test_r4_times_beyond_belief_are_never_overridden(field: str, time: datetime | None) -> None:
    job: dict[str, Any] = {field: time}
    decision = decide(**job)
    assert (decision.verdict, decision.reason.code) == (Verdict.UNDECIDABLE, "min_age")


def test_r4_times_that_contradict_each_other_are_never_overridden() -> None:
    decision = decide(created_at=NOW - timedelta(days=2))
    assert (decision.verdict, decision.reason.code) == (Verdict.UNDECIDABLE, "min_age")
    assert "its times contradict each other: created at" in decision.reason.text


def test_a_kind_that_no_policy_of_the_target_names_is_never_overridden() -> None:
    decision = decide(kind="hetero_job")
    assert (decision.verdict, decision.reason.code) == (Verdict.UNMANAGED, "kind")
    named = make_policy(match=Selector(kind=frozenset({"hetero_job"})))
    assert decide(named, kind="hetero_job").verdict is Verdict.EXPIRED
    assert decide(named, kind="job").verdict is Verdict.EXPIRED
    unknown = decide(named, kind=None)
    assert (unknown.verdict, unknown.reason.code) == (Verdict.UNDECIDABLE, "kind")


@pytest.mark.parametrize(
    ("workspace", "verdict"), [("1", Verdict.UNMANAGED), (None, Verdict.UNDECIDABLE), ("", Verdict.UNDECIDABLE)]
)
def test_a_workspace_beyond_the_target_is_never_overridden(workspace: str | None, verdict: Verdict) -> None:
    decision = decide(rules={"workspaces": frozenset({"0"})}, workspace=workspace)
    assert (decision.verdict, decision.reason.code) == (verdict, "workspace")
    assert decide(rules={"workspaces": frozenset({"0"})}).verdict is Verdict.EXPIRED
    assert decide(workspace=workspace).verdict is Verdict.EXPIRED


@pytest.mark.parametrize(
    ("policies", "mode", "observers"),
    [
        ([make_policy(mode=Mode.OBSERVE)], Mode.ENFORCE, ("weekly",)),
        ([make_policy(), make_policy(name="b", mode=Mode.OBSERVE, except_=Selector(name=("*",)))], Mode.ENFORCE, ("b",)),
        (
            [make_policy(match=Selector(name=("x",))), make_policy(name="rest", fallback=True, mode=Mode.OBSERVE)],
            Mode.ENFORCE,
            ("rest",),
        ),
        ([make_policy()], Mode.OBSERVE, ("target",)),
    ],
    ids=["policy", "excepting-policy", "fallback", "target"],
)
def test_r9_what_only_observes_is_never_overridden(policies: list[Policy], mode: Mode, observers: tuple[str, ...]) -> None:
    decision = decide(*policies, rules={"mode": mode})
    assert (decision.observers, decision.reason.code) == (observers, "mode")


def test_an_observing_policy_that_does_not_select_it_is_no_obstacle() -> None:
    assert decide(make_policy(mode=Mode.OBSERVE, match=Selector(name=("other-*",)))).observers == ()


def test_r5_where_it_cannot_be_told_whether_an_observing_policy_selects_it_stays() -> None:
    decision = decide(make_policy(match=Selector(owner=frozenset({"ann"})), mode=Mode.OBSERVE), owner=None)
    assert (decision.verdict, decision.reason.code, decision.observers) == (Verdict.UNDECIDABLE, "mode", ())
    assert "a field that it reads is missing; and policy weekly only observes" in decision.reason.text


ONLY_FAILED = Selector(phase=frozenset({Phase.FAILED}))
DIFFERENTLY: dict[str, Any] = {"phase": Phase.COMPLETED, "other_phases": frozenset({Phase.FAILED})}


def test_where_all_enforce_it_need_not_be_told_which_policy_selects_it() -> None:
    """Such as a job whose parts ended differently: no policy may delete it, and a person may."""
    assert decide(make_policy(match=ONLY_FAILED), **DIFFERENTLY).verdict is Verdict.EXPIRED
    assert decide(make_policy(match=Selector(owner=frozenset({"ann"}))), owner=None).verdict is Verdict.EXPIRED


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        (
            [make_policy(match=ONLY_FAILED, mode=Mode.OBSERVE)],
            "it names only some of these phases; and policy weekly only observes",
        ),
        (
            [make_policy(match=ONLY_FAILED), make_policy(name="rest", fallback=True, mode=Mode.OBSERVE)],
            "whether policy weekly selects it cannot be told: parts of it ended differently (completed, failed), and it names "
            "only some of these phases; else fallback rest selects it, which only observes",
        ),
        (
            [
                make_policy(match=Selector(name=("x",))),
                make_policy(name="rest", fallback=True, mode=Mode.OBSERVE, match=ONLY_FAILED),
            ],
            "whether policy rest selects it cannot be told",
        ),
    ],
    ids=["policy", "fallback", "fallback-itself"],
)
def test_r9_an_observing_policy_that_may_select_it_keeps_it(policies: list[Policy], said: str) -> None:
    decision = decide(*policies, **DIFFERENTLY)
    assert (decision.verdict, decision.reason.code, decision.observers) == (Verdict.UNDECIDABLE, "mode", ())
    assert said in decision.reason.text


def test_an_observing_fallback_is_no_obstacle_where_another_policy_surely_selects_it() -> None:
    rest = make_policy(name="rest", fallback=True, mode=Mode.OBSERVE)
    assert decide(make_policy(), make_policy(name="b", match=ONLY_FAILED), rest, **DIFFERENTLY).observers == ()
    assert decide(make_policy(), make_policy(name="b", match=ONLY_FAILED), rest, **DIFFERENTLY).verdict is Verdict.EXPIRED


def test_r9_a_target_that_only_observes_is_named_whatever_cannot_be_told() -> None:
    decision = decide(make_policy(match=ONLY_FAILED, mode=Mode.OBSERVE), rules={"mode": Mode.OBSERVE}, **DIFFERENTLY)
    assert (decision.observers, decision.reason.text) == (("target",), "target only observes")


def test_the_first_obstacle_is_named_in_a_fixed_order() -> None:
    job: dict[str, Any] = {"owner": "ann", "description": "janitor-hold", "phase": Phase.RUNNING, "kind": "x"}
    rules: dict[str, Any] = {"holds": (HOLD,), "workspaces": frozenset({"1"}), "mode": Mode.OBSERVE}
    job["finished_at"] = None
    found = []
    for mend in ({"owner": "bob"}, {"description": ""}, {"phase": Phase.FAILED}, {"workspace": "1"}, {"kind": "job"}):
        found.append(decide(rules=rules, **job).reason.code)
        job |= mend
    found.append(decide(rules=rules, **job).reason.code)
    job["finished_at"] = NOW - timedelta(days=9)
    found.append(decide(rules=rules, **job).reason.code)
    assert found == ["hold", "mark", "phase", "workspace", "kind", "min_age", "mode"]
