"""Why one job is decided as it is: the line, the policies asked, the next change to the second, and what would have to change."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from amount import cases
from builders import NOW, make_job, make_policy, make_rules
from hypothesis import given, settings
from hypothesis import strategies as st

from janitor.core.job import Job, Resources
from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.retention.evaluate import Evaluation, evaluate
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.past import NO_PAST, Mark, Past, key_of
from janitor.retention.policy import Mode, Rules
from janitor.retention.remedy import find_remedy
from janitor.retention.selector import Range, Selector
from janitor.retention.trace import LINES, Asked, Trace, trace_job

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
UNTIL = date(2026, 11, 30)
OF_ABNORMAL = make_policy(name="abnormal", match=Selector(phase=frozenset({Phase.ABNORMAL}), owner=frozenset({"ann"})))
OF_ANN = make_policy(name="of-ann", match=Selector(owner=frozenset({"ann"})))
FALLBACK = make_policy(name="rest", fallback=True)


def hold(**changes: Any) -> Hold:
    fields: dict[str, Any] = {"name": "paper", "reason": "r", "match": Selector(kind=frozenset({"job"}))}
    return Hold(**(fields | changes))


def trace(job: Job, *policies: Any, **rules: Any) -> Trace:
    return trace_job(job, make_rules(*policies, **rules), NOW, others=())


def asked(found: Trace, name: str) -> Asked:
    return next(each for each in found.asked if each.policy.name == name)


BROKEN = make_job(labels=5)
"""Reading its marks fails."""
LINE_CASES: dict[str, tuple[int | None, Job, dict[str, Any]]] = {
    "held": (1, make_job(), {"holds": (hold(),)}),
    "mark": (1, make_job(description="janitor-hold"), {}),
    "active": (2, make_job(phase=Phase.RUNNING), {}),
    "unknown": (2, make_job(phase=Phase.UNKNOWN), {}),
    "scope": (2, make_job(workspace="7"), {"workspaces": frozenset({"0"})}),
    "no workspace": (2, make_job(workspace=None), {"workspaces": frozenset({"0"})}),
    "match unknown": (3, make_job(owner=None), {"policies": (OF_ANN, FALLBACK)}),
    "fallback unknown": (4, make_job(kind=None, name="x"), {"policies": (make_policy(match=Selector(name=("y",))), FALLBACK)}),
    "unmanaged": (4, make_job(), {"policies": (OF_ANN,)}),
    "kept": (5, make_job(days_ago=2), {}),
    "undecidable": (5, make_job(finished_at=None), {}),
    "expired": (6, make_job(), {}),
    "expiring": (6, make_job(), {"policies": (make_policy(grace=DAY, mode=Mode.OBSERVE),)}),
    "observed": (7, make_job(), {"mode": Mode.OBSERVE}),
    "failed": (None, BROKEN, {}),
}


@pytest.mark.parametrize("case", LINE_CASES)
def test_the_line_is_the_one_that_decided(case: str) -> None:
    line, job, rules = LINE_CASES[case]
    policies = rules.get("policies", ())
    found = trace(job, *policies, **{name: value for name, value in rules.items() if name != "policies"})
    assert found.line == line
    assert found.line is None or LINES[found.line]
    assert (find_remedy(found) is None) == (case in ("expired", "kept", "expiring"))


def test_every_policy_says_whether_it_was_asked_and_which_condition_said_no() -> None:
    found = trace(make_job(), make_policy(), OF_ABNORMAL, FALLBACK)
    no = asked(found, "abnormal")
    assert [(told.field, told.found, told.answer) for told in no.told] == [
        ("phase", frozenset({Phase.FAILED}), False),
        ("owner", "ci-bot", False),
    ]
    assert (no.selects, no.vote, asked(found, "weekly").selects, asked(found, "weekly").told) == (False, None, True, ())
    assert asked(found, "rest").why_not == "policy weekly selects it"
    cannot = trace(make_job(owner=""), OF_ANN, FALLBACK)
    assert [told.field for told in asked(cannot, "of-ann").told] == ["owner"]
    assert asked(cannot, "rest").why_not == "policy of-ann cannot tell whether it selects it"
    assert asked(trace(make_job(), OF_ANN, FALLBACK), "rest").selects is True
    assert {each.why_not for each in trace(make_job(phase=Phase.RUNNING), OF_ANN, FALLBACK).asked} == {"line 2 decided"}


def test_each_vote_has_its_own_sentence_and_date() -> None:
    found = trace(make_job(days_ago=10), make_policy(), make_policy(name="month", after=30 * DAY))
    votes = [each.vote for each in found.asked if each.vote is not None]
    assert [(vote.ballot, vote.eligible_at) for vote in votes] == [("let_go", NOW - 3 * DAY), ("keep", NOW + 20 * DAY)]
    assert "policy month waits 30d" in votes[1].reason.text


def test_the_conditions_of_an_except_that_hit_or_cannot_tell_are_named() -> None:
    excepts = make_policy(except_=Selector(name=("trial-*",), owner=frozenset({"ann"}), labels=(("paper", None),)))
    hit = trace(make_job(), excepts)
    assert [told.field for told in hit.asked[0].excepts] == ["name"]
    assert find_remedy(hit) == "policy weekly must not except it by its name"
    doubt = trace(make_job(name="a", owner=None), excepts)
    assert [told.field for told in doubt.asked[0].excepts] == ["owner"]
    assert find_remedy(doubt) == "the platform must tell its owner"
    assert trace(make_job(name="a"), excepts).asked[0].excepts == ()


def test_the_answers_of_a_selector_agree_with_it_and_show_the_value() -> None:
    selector = Selector(
        labels=(("stage", frozenset({"dev"})), ("team", None)),
        name_regex=("trial-.*",),
        node_count=Range(at_most=8),
    )
    job = make_job(labels=(("team", "nlp"),), resources=Resources(node_count=9), name="trial-x")
    assert [(told.field, told.found, told.answer) for told in selector.answers(job)] == [
        ("node_count", 9, False),
        ("label:stage", None, False),
        ("label:team", "nlp", True),
        ("name_regex", "trial-x", True),
    ]
    parts = make_job(phase=Phase.FAILED, other_phases=frozenset({Phase.COMPLETED}))
    by_phase = Selector(phase=frozenset({Phase.FAILED}))
    assert [by_phase.answers(parts, is_keeping=keeping)[0].answer for keeping in (False, True)] == [None, True]


def change(found: Trace) -> tuple[datetime, Verdict, str] | None:
    return None if found.change is None else (found.change.at, found.change.then.verdict, found.change.what)


def test_the_distance_to_the_next_change_is_exact() -> None:
    """One second before it nothing has changed, and at it it has."""
    young = make_job(days_ago=2)
    held_until = hold(until=UNTIL)
    keep = make_policy(keep=Keep(last=0, within=20 * DAY))
    graced = make_policy(grace=2 * DAY)
    late = make_job(days_ago=-1 / 24)
    expected: list[tuple[Job, Rules, Past, datetime, Verdict, str]] = [
        (young, make_rules(), NO_PAST, NOW + 5 * DAY, Verdict.EXPIRED, "policy weekly has waited 1w"),
        (young, make_rules(min_age=9 * DAY), NO_PAST, NOW + 7 * DAY, Verdict.EXPIRED, "min_age of 9d is over"),
        (young, make_rules(keep), NO_PAST, NOW + 18 * DAY, Verdict.EXPIRED, "policy weekly keeps nothing older than 20d"),
        (young, make_rules(graced), NO_PAST, NOW + 5 * DAY, Verdict.EXPIRING, "policy weekly has waited 1w"),
        (
            make_job(),
            make_rules(holds=(held_until,)),
            NO_PAST,
            datetime(2026, 12, 2, tzinfo=NOW.tzinfo),
            Verdict.EXPIRED,
            "hold paper",
        ),
        (make_job(), make_rules(graced), NO_PAST, NOW + 2 * DAY, Verdict.EXPIRED, "its grace period is over"),
        (late, make_rules(), NO_PAST, NOW + HOUR - timedelta(minutes=5), Verdict.KEPT, "its times are no longer in the future"),
    ]
    for job, rules, past, at, verdict, what in expected:
        found = trace_job(job, rules, NOW, past, others=())
        assert change(found) is not None, what
        assert found.change is not None
        assert (found.change.at, found.change.then.verdict) == (at, verdict)
        assert what in found.change.what
        marked = past if found.decision.verdict is not Verdict.EXPIRING else marks(job, NOW, 2 * DAY)
        before, then = (evaluate(job, rules, moment, marked) for moment in (at - timedelta(seconds=1), at))
        assert (before.verdict, then.verdict) == (found.decision.verdict, verdict)


def marks(job: Job, since: datetime, grace: timedelta) -> Past:
    return Past(marks={key_of(job): Mark(since=since, grace=grace)})


def test_a_mark_tells_when_its_grace_is_over_and_one_of_a_kept_job_counts_for_nothing() -> None:
    old, young = make_job(), make_job(days_ago=2)
    rules = make_rules(make_policy(grace=2 * DAY))
    found = trace_job(old, rules, NOW, marks(old, NOW - DAY, 2 * DAY), others=())
    assert (found.mark, change(found)) == (
        Mark(since=NOW - DAY, grace=2 * DAY),
        (NOW + DAY, Verdict.EXPIRED, "its grace period is over"),
    )
    kept = trace_job(young, rules, NOW, marks(young, NOW - 9 * DAY, 2 * DAY), others=())
    assert change(kept) == (NOW + 5 * DAY, Verdict.EXPIRING, "policy weekly has waited 1w")


def test_what_is_over_at_the_same_instant_is_told_together() -> None:
    both = trace(make_job(days_ago=2), make_policy(), make_policy(name="other"))
    assert change(both) == (NOW + 5 * DAY, Verdict.EXPIRED, "policy other has waited 1w and policy weekly has waited 1w")


def test_holds_that_cover_it_or_may_are_told_and_one_without_end_never_changes() -> None:
    spent, other = hold(name="spent", until=date(2026, 11, 20)), hold(name="of-ann", match=Selector(owner=frozenset({"ann"})))
    endless = hold(name="endless", job_ids=frozenset({"X"}), match=None)
    far = hold(name="far", until=date(9999, 12, 31))
    found = trace(make_job(owner=None, id="x", description="janitor-hold"), holds=(spent, other, endless, far))
    assert [(each.hold.name, [told.field for told in each.doubts]) for each in found.holds] == [
        ("endless", []),
        ("far", []),
        ("of-ann", ["owner"]),
    ]
    assert found.change is None
    assert find_remedy(found) == (
        "hold endless must be removed and hold far must be removed and hold of-ann must be removed; "
        "or the platform must tell its owner and the mark must be taken off the job"
    )


def test_the_nearest_policy_of_an_unmanaged_job_is_the_one_with_the_fewest_conditions_against_it() -> None:
    found = trace(make_job(), OF_ABNORMAL, OF_ANN)
    assert (found.nearest, found.change) == (asked(found, "of-ann"), None)
    assert find_remedy(found) == "a policy must select it; nearest is of-ann, which says no by its owner"
    nothing = trace_job(make_job(), Rules(target="t", mode=Mode.ENFORCE, policies=(), min_age=DAY), NOW, others=())
    assert find_remedy(nothing) == "a policy must select it; none governs this target"


REMEDIES: dict[str, tuple[Job, dict[str, Any], str]] = {
    "active": (make_job(phase=Phase.PENDING), {}, "it must end"),
    "phase": (make_job(phase=Phase.UNKNOWN), {}, "a phase that janitor knows"),
    "scope": (make_job(workspace="7"), {"workspaces": frozenset({"0"})}, "`workspaces`"),
    "workspace": (make_job(workspace=None), {"workspaces": frozenset({"0"})}, "must tell its workspace"),
    "match": (make_job(kind=None), {}, "the platform must tell its kind"),
    "parts": (make_job(phase=Phase.FAILED, other_phases=frozenset({Phase.ABNORMAL})), {}, "its parts ended differently"),
    "times": (make_job(finished_at=None), {}, "times of it that can be believed"),
    "never started": (make_job(started_at=None, finished_at=None, never_started=True), {}, "a sweep must see it ended"),
    "observed": (make_job(), {"mode": Mode.OBSERVE}, "target must say `mode: enforce`"),
    "defect": (BROKEN, {}, "please report it"),
}


@pytest.mark.parametrize("case", REMEDIES)
def test_where_time_changes_nothing_it_is_said_what_would_have_to(case: str) -> None:
    job, rules, text = REMEDIES[case]
    found = trace(job, **rules)
    assert found.change is None
    assert text in str(find_remedy(found))


def test_the_rank_in_its_group_and_the_rules_that_keep_it_are_told() -> None:
    keep = make_policy(keep=Keep(last=2, per=("owner",)))
    jobs = [make_job(days_ago=100 - number) for number in range(4)]
    kept, gone = (trace_job(jobs[number], make_rules(keep), NOW, others=jobs) for number in (2, 1))
    stays = [found.asked[0].stay for found in (kept, gone)]
    assert [(stay.place, stay.size, stay.rules, stay.group) for stay in stays if stay is not None] == [
        (2, 4, ("last 2",), ("ci-bot",)),
        (3, 4, (), ("ci-bot",)),
    ]
    assert (kept.change, kept.decision.verdict, gone.decision.verdict) == (None, Verdict.KEPT, Verdict.EXPIRED)
    assert find_remedy(kept) == "newer jobs must push it out of what policy weekly keeps of its group (last 2)"
    groupless = trace_job(make_job(owner=None), make_rules(keep), NOW, others=jobs)
    assert find_remedy(groupless) == "the platform must tell what makes its group: owner"


def test_a_keep_rule_that_follows_the_age_is_the_next_change() -> None:
    found = trace(make_job(days_ago=2), make_policy(keep=Keep(last=1)))
    assert change(found) == (NOW + 5 * DAY, Verdict.KEPT, "policy weekly has waited 1w")
    assert found.change is not None
    assert found.change.then.reason.code == "keep_rule"


def test_without_the_other_jobs_nothing_is_said_that_hangs_on_a_rank() -> None:
    keep = make_policy(keep=Keep(last=1, within=200 * DAY))
    ranked = make_policy(keep=Keep(last=1))
    unknown = trace_job(make_job(), make_rules(ranked), NOW)
    assert (unknown.line, unknown.decision.verdict, unknown.decision.reason.code) == (5, Verdict.UNDECIDABLE, "rank_unknown")
    assert (unknown.asked[0].stay, find_remedy(unknown)) == (None, "the jobs of the target must be listed")
    sure = trace_job(make_job(), make_rules(keep), NOW)
    assert (sure.decision.verdict, sure.change and sure.change.then.verdict) == (Verdict.KEPT, Verdict.UNDECIDABLE)
    assert trace_job(make_job(days_ago=2), make_rules(ranked), NOW).decision.reason.code == "too_young"
    assert trace_job(make_job(), make_rules(), NOW).decision.verdict is Verdict.EXPIRED


@settings(max_examples=cases(30, 3000))
@given(
    age=st.floats(-2, 40),
    changes=st.fixed_dictionaries(
        {
            "phase": st.sampled_from([Phase.FAILED, Phase.COMPLETED, Phase.ABNORMAL, Phase.RUNNING]),
            "description": st.sampled_from(["", "janitor-hold", "janitor-ttl=20d", None]),
        }
    ),
    policy=st.fixed_dictionaries(
        {
            "keep": st.sampled_from([None, Keep(last=1), Keep(last=0), Keep(last=0, within=15 * DAY)]),
            "grace": st.sampled_from([timedelta(0), 2 * DAY]),
        }
    ),
    holds=st.sampled_from([(), (hold(until=UNTIL),)]),
    has_others=st.booleans(),
)
def test_a_trace_agrees_with_the_engine_now_and_at_its_next_change(
    age: float, changes: dict[str, Any], policy: dict[str, Any], holds: tuple[Hold, ...], has_others: bool
) -> None:
    job, grace = make_job(days_ago=age, **changes), policy["grace"]
    rules = make_rules(make_policy(**policy), make_policy(name="b", after=12 * DAY), holds=holds)
    others = [make_job(days_ago=age - 1)] if has_others else []
    found = trace_job(job, rules, NOW, others=others)
    jobs = [job, *others]
    assert found.decision == Evaluation(rules, NOW).decide(jobs)[0]
    if found.change is None:
        assert find_remedy(found) or found.decision.verdict is Verdict.EXPIRED
        is_verdict, end = False, NOW + 10_000 * DAY
    else:
        assert (found.change.then.verdict, found.change.then.reason.code) != (found.decision.verdict, found.decision.reason.code)
        is_verdict = found.change.then.verdict is not found.decision.verdict
        end = found.change.at - timedelta(seconds=1)
    past = marks(job, NOW, grace) if found.decision.verdict is Verdict.EXPIRING else NO_PAST
    for moment in (NOW, NOW + (end - NOW) / 3, end):
        then = Evaluation(rules, moment, past).decide(jobs)[0]
        assert then.verdict is found.decision.verdict
        assert is_verdict or then.reason.code == found.decision.reason.code or then.verdict is Verdict.HELD
