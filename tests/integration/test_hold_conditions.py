"""Conditions of a hold on the command line: read as in the policy file, so that no hold is added that could keep nothing."""

from collections.abc import Callable

import pytest
from stage import POLICY, Stage

MakeStage = Callable[..., Stage]
HOLDS_NOTHING = {
    "name=" + "*" * 1001: "is longer than 256 characters",
    "name=" + "a" * 257: "is longer than 256 characters",
    "name=rc-[12]": "has brackets",
    "name=^rc$": "has '^', which is in no job's name",
    "name=rc.*": "is a regular expression's",
    "name=rc-*,trial-*": "has ',', which is in no job's name",
    "owner=ci-*": "is compared whole; only name and description take * and ?",
    "kind=*": "is compared whole; only name and description take * and ?",
    "workspace=all": "leave workspace out: that means all",
    "workspace=*": "the id of a workspace",
    "phase=running": "is an active phase, and only jobs that have ended are ever deleted",
    "phase=asleep": "is no phase",
}


@pytest.mark.parametrize(("match", "said"), HOLDS_NOTHING.items(), ids=[match[:30] for match in HOLDS_NOTHING])
def test_c26_what_a_hold_may_not_say_is_refused_in_the_same_words_in_the_file_and_on_the_command_line(
    make_stage: MakeStage, match: str, said: str
) -> None:
    """A hold that only one of the two took would be one that keeps nothing, or one that cannot move to the other."""
    stage = make_stage()
    field, _, value = match.partition("=")
    stage.write(POLICY + f'holds: [{{name: a, match: {{{field}: "{value}"}}, reason: x}}]\n')
    code, _, of_file = stage.janitor("check")
    words = of_file.strip().partition(f"match.{field}: ")[2]
    assert (code, said in words) == (2, True)
    stage.write()
    code, out, error = stage.janitor("hold", "add", "--match", match, "--target", "research", "--reason", "x")
    assert (code, out) == (2, "")
    assert error.startswith(f"janitor: --match {match[:25]}")
    assert error.strip().endswith(f": {words}")
    assert not stage.ledger_path.exists()


@pytest.mark.parametrize(
    "match", ["name=" + "a" * 255 + "*", "name=訓練-?", "owner=Ann (lab), Bob", "workspace=0", "phase=failed"]
)
def test_what_a_hold_may_say_in_the_file_it_may_say_on_the_command_line(make_stage: MakeStage, match: str) -> None:
    stage = make_stage()
    field, _, value = match.partition("=")
    stage.write(POLICY + f'holds: [{{name: a, match: {{{field}: "{value}"}}, reason: x}}]\n')
    assert stage.janitor("hold", "add", "--match", match, "--target", "research", "--reason", "x")[0] == 0
    (added,) = (event for event in stage.events() if event["event"] == "hold.added")
    assert added["match"] == {field: [value]}
