"""Which marks a sweep makes, lengthens and takes away: grace is never shortened nor begun anew, and only a firm keep ends it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.retention.decisions import Decisions, Ruling
from janitor.retention.evaluate import GRACE as GRACE_CODE
from janitor.retention.evaluate import evaluate_all
from janitor.retention.grace import MarkChange, find_mark_changes
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.past import Mark, Past, key_of
from janitor.retention.policy import Rules
from janitor.retention.selector import Selector

HOUR = timedelta(hours=1)
GRACE = make_policy(grace=48 * HOUR)
OLD = Mark(since=NOW - HOUR, grace=48 * HOUR)


def changes(*jobs: Job, rules: Rules | None = None, marks: dict[Job, Mark] | None = None) -> list[MarkChange]:
    past = Past(marks={key_of(job): mark for job, mark in (marks or {}).items()})
    return list(find_mark_changes(evaluate_all(jobs, rules or make_rules(GRACE), NOW, past), past, NOW))


def test_an_expiring_job_without_a_mark_gets_one_and_no_other_job_does() -> None:
    job = make_job()
    others = [make_job(days_ago=3), make_job(description="janitor-hold"), make_job(name=None, phase=Phase.ABNORMAL)]
    (change,) = changes(job, *others)
    assert change.decision is not None
    assert (change.decision.job, change.decision.verdict) == (job, Verdict.EXPIRING)
    assert (change.mark, change.is_taken_away) == (Mark(since=NOW, grace=48 * HOUR), False)


def test_without_a_grace_period_nothing_is_marked() -> None:
    assert changes(make_job(), rules=make_rules()) == []


def test_the_longest_grace_of_the_selecting_policies_counts_whichever_lets_go_last() -> None:
    slow = make_policy(name="slow", after=timedelta(days=30), grace=2 * HOUR)
    (change,) = changes(make_job(), rules=make_rules(GRACE, slow))
    assert change.mark.grace == 48 * HOUR


def test_a_mark_is_lengthened_where_more_is_asked_for_and_keeps_its_beginning() -> None:
    job = make_job()
    (change,) = changes(job, marks={job: replace(OLD, grace=3 * HOUR)})
    assert (change.mark, change.is_taken_away) == (OLD, False)


@pytest.mark.parametrize("grace", [48 * HOUR, 2 * HOUR, timedelta(0)])
def test_a_mark_is_neither_shortened_nor_begun_anew(grace: timedelta) -> None:
    job = make_job()
    assert changes(job, rules=make_rules(make_policy(grace=grace)), marks={job: OLD}) == []


def test_a_part_of_a_second_is_a_whole_one() -> None:
    job = make_job()
    rules = make_rules(make_policy(grace=timedelta(microseconds=1_000_001)))
    (change,) = changes(job, rules=rules)
    assert change.mark.grace == timedelta(seconds=2)
    assert changes(job, rules=rules, marks={job: Mark(since=NOW, grace=timedelta(seconds=2))}) == []


def test_a_job_whose_grace_is_over_expires_with_its_mark_as_it_is() -> None:
    job = make_job()
    assert changes(job, marks={job: Mark(since=NOW - 48 * HOUR, grace=HOUR)}) == []


def held_by(match: Selector) -> Rules:
    return make_rules(GRACE, holds=(Hold(name="h", reason="r", match=match),))


FIRM: list[tuple[dict[str, Any], Rules | None]] = [
    ({"days_ago": 3}, None),
    ({"phase": Phase.RUNNING}, None),
    ({"phase": Phase.TERMINATED}, None),
    ({"workspace": "9"}, make_rules(GRACE, workspaces=frozenset({"0"}))),
    ({"description": "janitor-hold"}, None),
    ({"labels": (("janitor-hold", "why"),)}, None),
    ({"labels": None, "description": "janitor-hold"}, None),
    ({"description": None, "labels": (("janitor-hold", ""),)}, None),
    ({"name": "x"}, held_by(Selector(name=("x",)))),
    ({"owner": None, "description": "janitor-hold"}, held_by(Selector(owner=frozenset({"ann"})))),
    (
        {},
        make_rules(GRACE, holds=(Hold(name="h", reason="r", match=Selector(name=("*",)), until=NOW.date() - timedelta(days=1)),)),
    ),
]


@pytest.mark.parametrize(("job", "rules"), FIRM, ids=lambda each: str(each)[:40])
def test_a_firm_keep_hold_or_lack_of_a_policy_takes_the_mark_away(job: dict[str, Any], rules: Rules | None) -> None:
    kept = make_job(**job)
    (change,) = changes(kept, rules=rules, marks={kept: OLD})
    assert change.decision is not None
    assert (change.decision.job, change.mark, change.is_taken_away) == (kept, OLD, True)
    assert changes(kept, rules=rules) == [], "there is none to take away"


def test_a_job_that_a_complete_listing_does_not_show_has_no_mark_any_more() -> None:
    """It is gone, or runs again: when it ends, its grace period begins anew."""
    gone, there = make_job(), make_job()
    (change,) = changes(there, marks={gone: OLD, there: OLD})
    assert (change.key, change.decision, change.is_taken_away) == (key_of(gone), None, True)


def test_that_its_group_is_not_known_is_no_firm_keep() -> None:
    job = make_job(experiment=None)
    by_group = make_policy(grace=48 * HOUR, keep=Keep(per=("experiment",)))
    assert changes(job, rules=make_rules(by_group), marks={job: OLD}) == []
    firm = make_policy(name="z-firm", except_=Selector(name=("trial-*",)))
    (change,) = changes(job, rules=make_rules(by_group, firm), marks={job: OLD})
    assert change.is_taken_away, "another policy keeps it for certain"


IN_DOUBT: list[tuple[dict[str, Any], Rules | None]] = [
    ({"phase": Phase.UNKNOWN}, None),
    ({"finished_at": None}, None),
    ({"kind": None}, None),
    ({"workspace": None}, make_rules(GRACE, workspaces=frozenset({"0"}))),
    ({"labels": None}, None),
    ({"description": None}, None),
    ({"owner": None}, held_by(Selector(owner=frozenset({"ann"})))),
    ({"name": 7}, make_rules(make_policy(match=Selector(name=("*",)), grace=HOUR))),
]


@pytest.mark.parametrize(("job", "rules"), IN_DOUBT, ids=lambda each: str(each)[:40])
def test_what_cannot_be_told_leaves_the_mark(job: dict[str, Any], rules: Rules | None) -> None:
    kept = make_job(**job)
    (decision,) = evaluate_all([kept], rules or make_rules(GRACE), NOW, Past(marks={key_of(kept): OLD}))
    assert decision.verdict in (Verdict.UNDECIDABLE, Verdict.HELD)
    assert changes(kept, rules=rules, marks={kept: OLD}) == []


def test_a_job_of_which_the_reason_cannot_be_told_keeps_its_mark_and_gets_none() -> None:
    """Telling why can fail after the verdict was found: then it is undecidable after all."""
    marked, fresh = make_job(), make_job()
    past = Past(marks={key_of(marked): OLD})

    def tell(job: Job, ruling: Ruling) -> Decision:
        if ruling.fault:
            return Decision(job=job, verdict=ruling.verdict, reason=Reason(code=ruling.code, text=ruling.fault))
        raise RuntimeError("no words")

    decisions = Decisions([marked, fresh], [Ruling(Verdict.KEPT, "kept"), Ruling(Verdict.EXPIRING, GRACE_CODE)], tell)
    assert list(find_mark_changes(decisions, past, NOW)) == []
    assert [decision.verdict for decision in decisions] == [Verdict.UNDECIDABLE, Verdict.UNDECIDABLE]
