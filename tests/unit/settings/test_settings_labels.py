"""Conditions on tags: written as a mapping, compared exactly, null for any value; what no tag can say is refused."""

from pathlib import Path

import pytest
from settings_sample import HOLDS, LABELS, changed, load, problems

from janitor.render_policy import render_selector
from janitor.retention.describe import describe_selector, policy_digest
from janitor.retention.policy import Mode, Rules
from janitor.settings.conditions import read_label_key
from janitor.settings.model import Settings

WORKSPACE = '      workspace: "0"\n'


def with_labels(labels: str) -> str:
    return changed(WORKSPACE, f"{WORKSPACE}      labels: {labels}\n")


def digest(settings: Settings) -> str:
    limits = settings.targets[0].limits
    return policy_digest(Rules.of_target("research", Mode.ENFORCE, settings.policies, limits, None))


def test_labels_are_read_with_one_value_several_and_any(tmp_path: Path) -> None:
    match = load(tmp_path, changed(WORKSPACE, WORKSPACE + LABELS)).policies[0].match
    assert match.labels == (("cost:center", None), ("stage", frozenset({"dev"})), ("team", frozenset({"nlp", "vision"})))
    assert describe_selector(match)["labels"] == {"cost:center": None, "stage": ["dev"], "team": ["nlp", "vision"]}
    assert render_selector(match).endswith("tagged cost:center, tagged stage=dev, tagged team=nlp or vision")


def test_labels_stand_in_except_and_in_holds_and_are_conditions_alone(tmp_path: Path) -> None:
    text = changed('except: {name: "*-baseline"}', "except: {labels: {keep: null, team: release}}")
    settings = load(tmp_path, text + changed('{name: "rc-*", phase: completed}', "{labels: {audit: null}}", HOLDS))
    (policy,), (hold,) = settings.policies, settings.holds
    assert policy.except_ is not None
    assert policy.except_.labels == (("keep", None), ("team", frozenset({"release"})))
    assert render_selector(policy.except_, " or ") == "tagged keep or tagged team=release"
    assert hold.match is not None
    assert hold.match.labels == (("audit", None),)


def test_the_digest_names_the_labels_whatever_their_order(tmp_path: Path) -> None:
    one, same, other = (
        digest(load(tmp_path, with_labels(labels)))
        for labels in ("{a: [v, w], b: null}", "{b: null, a: [w, v]}", "{a: v, b: null}")
    )
    assert one == same != other


@pytest.mark.some(12)
@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("{}", "is empty; empty never means all"),
        ("null", "has no value"),
        ("team", "must be a mapping of tags"),
        ("[team]", "must be a mapping of tags"),
        ("{team: }", "has no value"),
        ("{team: ~}", "has no value"),
        ("{team: []}", "is empty; an empty list never means all"),
        ("{team: [nlp, null]}", "has no value"),
        ('{team: ""}', "is blank"),
        ("{team: 7}", "must be text; put it in quotes"),
        ("{team: true}", "must be text; put it in quotes"),
        ("{team: 1.5}", "must be text; put it in quotes"),
        ("{team: {is: nlp}}", "must be text, or a list"),
        ("{team: nlp, team: vision}", "is written twice"),
        ('{team: "nlp-*"}', "is no value that a tag can have"),
        ('{team: "a,b"}', "is no value that a tag can have"),
        ('{team: "${TEAM}"}', "holds a placeholder"),
        (f"{{team: {'v' * 256}}}", "is no value that a tag can have"),
        ('{"": x}', "has a key that no tag can have"),
        ('{" team": x}', "has a key that no tag can have"),
        ('{"te*": x}', "has a key that no tag can have"),
        ('{"a/b": x}', "has a key that no tag can have"),
        (f"{{{'k' * 129}: x}}", "has a key that no tag can have"),
        ("{_sys_team: x}", "are the platform's own"),
        ("{<<: x}", "has a key that no tag can have"),
    ],
)
def test_what_no_tag_can_say_is_refused_at_its_place(labels: str, said: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, with_labels(labels))
    assert found.startswith("janitor.yaml:37:")
    assert "policies[0].match.labels" in found
    assert said in found


@pytest.mark.parametrize(
    "labels",
    ["{Équipe: Größe}", '{"a b.c:d=e+f-g@h_i": "x y/z"}', '{team: "null"}', '{team: "7"}', f"{{{'k' * 128}: {'v' * 255}}}"],
)
def test_what_a_tag_can_say_is_taken(labels: str, tmp_path: Path) -> None:
    assert load(tmp_path, with_labels(labels)).policies[0].match.labels is not None


@pytest.mark.parametrize("key", ["te\u200bam", "te\u00a0am", "te\u3164am", "te\u2011am"])
def test_a_key_with_what_no_eye_can_tell_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="a key that no tag can have"):
        read_label_key(key)


def test_null_in_quotes_is_the_value_null(tmp_path: Path) -> None:
    assert load(tmp_path, with_labels('{team: "null"}')).policies[0].match.labels == (("team", frozenset({"null"})),)


@pytest.mark.parametrize("place", ["description: null", "match: null", "except: {name: null}", "except: {owner: [null]}"])
def test_null_is_no_value_anywhere_else(place: str, tmp_path: Path) -> None:
    text = changed("fallback: false", f"fallback: false\n    {place}").replace('    except: {name: "*-baseline"}\n', "")
    assert "has no value" in "".join(
        problems(tmp_path, text.replace("    description: Failed experiments lose their value in a week.\n", ""))
    )
