"""A policy refuses what could mean everything, and writes its defaults out."""

from datetime import timedelta

import pytest
from builders import make_policy

from janitor.core.phase import Phase
from janitor.retention.policy import Limits, Mode, Rules
from janitor.retention.selector import Selector


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
