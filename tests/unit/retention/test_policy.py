"""A policy refuses what could mean everything, and writes its defaults out."""

from datetime import timedelta

import pytest
from builders import make_policy, make_rules

from janitor.core.phase import Phase
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.policy import Limits, Mode, Rules
from janitor.retention.selector import Range, Selector


def test_without_phase_it_governs_completed_failed_and_terminated_but_not_abnormal() -> None:
    match = make_policy(match=Selector(name=("*",))).match
    assert match.phase == frozenset({Phase.COMPLETED, Phase.FAILED, Phase.TERMINATED})
    assert match.kind == frozenset({"job"})


def test_named_phases_and_kinds_stand() -> None:
    match = make_policy(match=Selector(phase=frozenset({Phase.ABNORMAL}), kind=frozenset({"hetero_job"}))).match
    assert match.phase == frozenset({Phase.ABNORMAL})
    assert match.kind == frozenset({"hetero_job"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"match": Selector()}, "would mean every job"),
        ({"match": Selector(name=())}, "would mean every job"),
        ({"except_": Selector()}, "would mean every job"),
        ({"match": Selector(phase=frozenset({Phase.RUNNING}))}, "running is no phase"),
        ({"match": Selector(phase=frozenset({Phase.UNKNOWN}))}, "unknown is no phase"),
        ({"after": timedelta(0)}, "longer than nothing"),
        ({"after": timedelta(days=-1)}, "longer than nothing"),
    ],
)
def test_c2_what_could_mean_everything_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_policy(**changes)


def test_rules_pick_the_policies_of_their_target() -> None:
    everywhere, here, there = (
        make_policy(name="everywhere"),
        make_policy(name="here", targets=frozenset({"research"})),
        make_policy(name="there", targets=frozenset({"other"})),
    )
    rules = Rules.of_target("research", Mode.ENFORCE, (everywhere, here, there), Limits(), None)
    assert rules.policies == (everywhere, here)


EVERYTHING = {"experiment", "flavor", "pool", "node_count", "accelerators"}


def test_what_rules_do_not_read_may_differ_between_listing_and_look() -> None:
    assert make_rules().unread_fields() == EVERYTHING
    asks = make_policy(match=Selector(flavor=frozenset({"gpu.1"})), except_=Selector(node_count=Range(at_least=8)))
    assert make_rules(asks).unread_fields() == EVERYTHING - {"flavor", "node_count"}
    groups = make_policy(keep=Keep(per=("experiment", "owner")))
    by_pool = Hold(name="h", reason="r", match=Selector(pool=frozenset({"big"})))
    by_id = Hold(name="i", reason="r", job_ids=frozenset({"x"}))
    assert make_rules(groups, holds=(by_pool, by_id)).unread_fields() == EVERYTHING - {"experiment", "pool"}


def test_the_labels_that_are_read_are_those_of_conditions_groups_and_holds() -> None:
    assert make_rules().label_keys() == frozenset()
    team, stage = (Selector(labels=((key, None),)) for key in ("team", "stage"))
    asks = make_policy(match=team, except_=stage, keep=Keep(per=("label:run", "owner")))
    holds = (
        Hold(name="h", reason="r", match=Selector(labels=(("paper", frozenset({"x"})),))),
        Hold(name="i", reason="r", job_ids=frozenset({"x"})),
    )
    assert make_rules(asks, holds=holds).label_keys() == {"team", "stage", "run", "paper"}


@pytest.mark.parametrize(
    ("changes", "asks"),
    [
        ({}, False),
        ({"keep": Keep(per=("owner",))}, False),
        ({"keep": Keep(per=("owner", "label:team"))}, True),
        ({"match": Selector(labels=(("team", None),))}, True),
        ({"except_": Selector(labels=(("team", None),))}, True),
    ],
)
def test_a_policy_says_whether_it_needs_labels(changes: dict[str, object], asks: bool) -> None:
    assert make_policy(**changes).asks_labels is asks
