"""From decisions to a plan: oldest first up to the pace, the rest set aside with its reason."""

from dataclasses import replace
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.fingerprint import fingerprint
from janitor.core.plan import Outcome, Plan
from janitor.core.verdict import Decision
from janitor.retention.evaluate import evaluate
from janitor.retention.planner import Frame, Pace, allowance, build_plan
from janitor.retention.policy import Mode


def decisions(*days: int, **policy: Any) -> list[Decision]:
    rules = make_rules(make_policy(**policy))
    return [evaluate(make_job(days_ago=ago), rules, NOW) for ago in days]


def plan(made: list[Decision], **frame: Any) -> Plan:
    fields: dict[str, Any] = {"target": "research", "as_of": NOW, "policy_digest": "d", "allowance": 100}
    return build_plan(made, Frame(**(fields | frame)))


def outcomes(made: Plan) -> list[tuple[str, Outcome, str]]:
    return [(item.decision.job.id, item.outcome, item.reason.code) for item in made.set_aside]


def test_only_expired_jobs_are_planned_oldest_first() -> None:
    made = decisions(20, 40, 3, 30)
    assert [entry.job.id for entry in plan(made).entries] == [made[1].job.id, made[3].job.id, made[0].job.id]


def test_the_pace_takes_the_oldest_and_defers_the_rest() -> None:
    made = decisions(20, 40, 30)
    limited = plan(made, allowance=1)
    assert [entry.job.id for entry in limited.entries] == [made[1].job.id]
    assert outcomes(limited) == [(made[2].job.id, Outcome.DEFERRED, "pace"), (made[0].job.id, Outcome.DEFERRED, "pace")]


def test_an_allowance_of_0_means_none() -> None:
    assert plan(decisions(20, 40), allowance=0).entries == ()


@pytest.mark.parametrize(
    ("pace", "today", "expected"),
    [
        (Pace(per_sweep=200, per_day=1000), 0, 200),
        (Pace(per_sweep=200, per_day=1000), 900, 100),
        (Pace(per_sweep=200, per_day=100), 500, 0),
    ]
    + [(Pace(per_sweep=0, per_day=9), 0, 0), (Pace(per_sweep=9, per_day=0), 0, 0)],
)
def test_the_allowance_is_what_sweep_and_day_leave(pace: Pace, today: int, expected: int) -> None:
    assert allowance(pace, today) == expected


def test_observed_jobs_are_set_aside_and_use_no_pace() -> None:
    watched, free = decisions(50, mode=Mode.OBSERVE), decisions(40)
    made = plan(watched + free, allowance=1)
    assert [entry.job.id for entry in made.entries] == [free[0].job.id]
    assert outcomes(made) == [(watched[0].job.id, Outcome.OBSERVED, "observed")]


def test_policy_narrows_what_may_be_deleted_and_changes_no_decision() -> None:
    made = decisions(20)
    assert plan(made, only=frozenset({"weekly"})).entries
    assert outcomes(plan(made, only=frozenset({"other"}))) == [(made[0].job.id, Outcome.DEFERRED, "narrowed")]


def test_s8_a_job_whose_earlier_deletion_is_open_is_not_planned_again() -> None:
    made = decisions(20)
    assert outcomes(plan(made, open_jobs=frozenset({made[0].job.id}))) == [(made[0].job.id, Outcome.DEFERRED, "open_intent")]


def test_planning_twice_gives_the_same_digest_and_any_change_another() -> None:
    made = decisions(20, 40)
    assert plan(made).digest == plan(list(reversed(made))).digest
    assert (
        len({plan(made).digest, plan(made[:1]).digest, plan(made, policy_digest="e").digest, plan(made, target="x").digest}) == 4
    )


def test_an_expired_job_without_creation_time_is_a_defect() -> None:
    made = decisions(20)[0]
    with pytest.raises(ValueError, match="without a creation time"):
        plan([replace(made, job=replace(made.job, created_at=None))])


def test_the_digest_of_a_plan_can_be_taken_whatever_its_entries_lack() -> None:
    made = plan(decisions(20))
    bare = replace(made, entries=tuple(replace(entry, job=replace(entry.job, created_at=None)) for entry in made.entries))
    assert bare.digest != made.digest


def test_s11_of_a_frozen_plan_only_its_own_jobs_go_and_only_as_it_has_them() -> None:
    made = decisions(20, 40, 30)
    same, changed, new = (decision.job for decision in made)
    compared = ("id", "name")
    frozen = {same.id: fingerprint(same, compared), changed.id: fingerprint(replace(changed, name="y"), compared), "gone": "x"}
    limited = plan(made, frozen=frozen, compared=compared)
    assert [entry.job.id for entry in limited.entries] == [same.id]
    assert outcomes(limited) == [
        (changed.id, Outcome.SKIPPED, "changed"),
        (new.id, Outcome.DEFERRED, "not_in_plan"),
    ]


def test_s11_an_empty_frozen_plan_lets_nothing_go() -> None:
    assert plan(decisions(20, 40), frozen={}).entries == ()
