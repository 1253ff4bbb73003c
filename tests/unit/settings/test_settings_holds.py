"""Holds of the policy file: what is accepted, and that one which cannot be understood refuses the whole file (fault C26)."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from settings_sample import GOOD, HOLDS, changed, load, problems

from janitor.core.phase import Phase
from janitor.retention.hold import Hold
from janitor.retention.selector import Selector

HELD = GOOD + HOLDS


def test_a_hold_arrives_value_by_value(tmp_path: Path) -> None:
    expected = Hold(
        name="release-candidates",
        match=Selector(name=("rc-*",), phase=frozenset({Phase.COMPLETED})),
        reason="audited models",
        until=date(2027, 6, 30),
        owner="ml-audit",
        targets=frozenset({"research"}),
    )
    assert load(tmp_path, HELD).holds == (expected,)


def test_a_hold_without_end_owner_and_targets_is_for_ever_and_everywhere(tmp_path: Path) -> None:
    (hold,) = load(tmp_path, GOOD + 'holds: [{name: a, match: {owner: ann}, reason: "her thesis"}]\n').holds
    assert hold == Hold(name="a", match=Selector(owner=frozenset({"ann"})), reason="her thesis")


def test_a_hold_covers_every_phase_and_kind_unless_it_says_so(tmp_path: Path) -> None:
    """A policy's `match` has defaults that narrow it; a hold has none, since narrower means less is kept."""
    (hold,) = load(tmp_path, GOOD + "holds: [{name: a, match: {owner: ann}, reason: x}]\n").holds
    assert hold.match is not None
    assert (hold.match.phase, hold.match.kind) == (None, None)


def test_a_file_without_holds_has_none(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).holds == ()


@pytest.mark.parametrize("word", ["name", "match", "reason"])
def test_c26_a_hold_lacks_nothing_that_it_needs(word: str, tmp_path: Path) -> None:
    whole = {"name": "a", "match": "{name: x}", "reason": "why"}
    rest = ", ".join(f"{key}: {value}" for key, value in whole.items() if key != word)
    assert problems(tmp_path, f"{GOOD}holds: [{{{rest}}}]\n") == [f"janitor.yaml:39:9: holds[0].{word}: is required"]


@pytest.mark.parametrize("value", ["", "[]", "null", "{}", "x", "[x]", "[null]", "[{}]", "release.txt", "{name: a}", "true"])
def test_c26_holds_that_cannot_be_read_refuse_the_file(value: str, tmp_path: Path) -> None:
    assert problems(tmp_path, f"{GOOD}holds: {value}\n")[0].startswith("janitor.yaml:39:")


@pytest.mark.parametrize("match", ["", "{}", "null", "[]", "x", '{name: ""}', "{name: []}", "{name: null}", "{owner: ''}"])
def test_c26_a_hold_without_conditions_is_refused(match: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed('{name: "rc-*", phase: completed}', match, HELD))
    assert found.startswith("janitor.yaml:41:")
    assert "holds[0].match" in found


@pytest.mark.parametrize("word", ["labels: {a: 7}", "name_regex: '[x'", "nmae: x", "phase: running", "name: '[ab]'", "where: x"])
def test_c26_a_condition_that_is_not_understood_refuses_the_file(word: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed('{name: "rc-*", phase: completed}', f"{{{word}}}", HELD))
    assert f"holds[0].match.{word.partition(':')[0]}" in found


@pytest.mark.parametrize("value", ["", "null", '""', '" "', '"a\\nb"', '"a\\tb"', "[x]", "7", "true", "${WHY}", "{x: y}"])
def test_c26_a_reason_is_one_line_of_text(value: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("audited models", value, HELD))
    assert found.startswith("janitor.yaml:42:")
    assert "holds[0].reason: " in found


@pytest.mark.some(11)
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2027-02-29", "2027-02-29 is no day of the calendar"),
        ("2027-06-31", "no day of the calendar"),
        ("2027-13-01", "no day of the calendar"),
        ("2027-00-10", "no day of the calendar"),
        ("2014-12-31", "is not from 2015 to 2099"),
        ("1970-01-01", "is not from 2015 to 2099"),
        ("9999-12-31", "leave until out for no end"),
        ("2027-06-30T12:00:00Z", "without a time: it lasts to the end of that day, UTC"),
        ("2027-06-30 12:00", "without a time"),
        ("2027-6-30", "must be a day, such as 2027-06-30"),
        ("20270630", "must be a day"),
        ("2027-W26-3", "must be a day"),
        ("2027-181", "must be a day"),
        ("30.06.2027", "must be a day"),
        ("06/30/2027", "must be a day"),
        ('"٢٠٢٧-٠٦-٣٠"', "must be a day"),
        ("forever", "must be a day"),
        ("30d", "must be a day"),
        ("[2027-06-30]", "must be a day"),
        ("true", "must be a day"),
        ("", "has no value"),
        ("null", "has no value"),
    ],
)
def test_c26_an_end_that_is_no_plain_day_refuses_the_file(value: str, said: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("2027-06-30", value, HELD))
    assert found.startswith("janitor.yaml:43:")
    assert "holds[0].until: " in found
    assert said in found


@pytest.mark.parametrize("day", ["2015-01-01", "2028-02-29", "2099-12-31", '"2027-06-30"'])
def test_an_end_may_be_any_day_of_the_calendar_and_in_quotes(day: str, tmp_path: Path) -> None:
    (hold,) = load(tmp_path, changed("2027-06-30", day, HELD)).holds
    assert hold.until == date.fromisoformat(day.strip('"'))
    assert not hold.has_ended(datetime.combine(hold.until, time.max, UTC))


def test_c10_names_of_holds_are_used_once(tmp_path: Path) -> None:
    found = problems(tmp_path, HELD + HOLDS.removeprefix("holds:\n"))
    assert found == ["janitor.yaml:46:11: holds[1].name: is the name of an earlier one; each needs its own"]


@pytest.mark.parametrize("name", ["Rc", "a b", "-a", "a" * 64, "a/b", "é", '"a\\n"'])
def test_c10_the_name_of_a_hold_is_plain(name: str, tmp_path: Path) -> None:
    quoted = name if name.startswith('"') else f'"{name}"'
    assert "holds[0].name: must be 1 to 63" in problems(tmp_path, changed("name: release-candidates", f"name: {quoted}", HELD))[0]


def test_a_hold_may_have_the_name_of_a_policy(tmp_path: Path) -> None:
    assert load(tmp_path, changed("name: release-candidates", "name: failed-runs", HELD)).holds[0].name == "failed-runs"


def test_c26_a_hold_names_only_targets_of_the_file(tmp_path: Path) -> None:
    """A hold of a misspelt target would hold nothing."""
    text = HELD.replace("targets: [research]\n", "targets: [reserch]\n").replace(
        "targets: [reserch]\n", "targets: [research]\n", 1
    )
    assert problems(tmp_path, text) == [
        'janitor.yaml:45:15: holds[0].targets[0]: is no target of this file; did you mean "research"?'
    ]


def test_c16_a_hold_may_name_every_job(tmp_path: Path) -> None:
    """`*` is refused in a policy's `match`, where it would widen; in a hold it only keeps."""
    assert load(tmp_path, changed('"rc-*"', '"*"', HELD)).holds[0].match == Selector(
        name=("*",), phase=frozenset({Phase.COMPLETED})
    )
