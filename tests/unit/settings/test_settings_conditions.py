"""Conditions of `match`, `except` and holds: one that could fit no job is refused, wherever it stands (faults C16, C17, C26)."""

from datetime import timedelta
from pathlib import Path

import pytest
from amount import pairs
from settings_sample import GOOD, HOLDS, changed, load, problems

from janitor.retention.selector import Range, Selector
from janitor.settings.given import read_conditions
from janitor.settings.patterns import read_narrow_regexes

SELECTORS = {
    "policies[0].match": ('      name: "trial-*"\n      owner: [ci-bot]\n      kind: job\n      workspace: "0"\n', "      {}\n"),
    "policies[0].except": ('{name: "*-baseline"}', "{{{}}}"),
    "holds[0].match": ('{name: "rc-*", phase: completed}', "{{{}}}"),
}
"""Where conditions stand, and how one is written there."""

IN_NO_NAME = "which is in no job's name; write letters, digits, spaces, _ - . and /, with * and ? for any other, and several"

GLOB_MEANT = "reads like a glob, but here * and ? repeat what stands before them: write .* for any characters, or use name"
BOUNDS_MEANT = "must be a mapping of at_least, at_most or both; exactly 8, say, is {at_least: 8, at_most: 8}"


FIT_NONE = [
    (
        'owner: "ci-*"',
        "is compared whole; only name and description take * and ?: write it out, several as a list, or leave it out for all",
    ),
    ('owner: [ann, "b?b"]', "is compared whole; only name and description take * and ?"),
    ('kind: "*"', "is compared whole; only name and description take * and ?"),
    ("workspace: all", "leave workspace out: that means all"),
    ('workspace: ["0", All]', "leave workspace out: that means all"),
    ('name: "rc-*,trial-*"', f"has ',', {IN_NO_NAME} globs as a list"),
    ('name: "^foo$"', f"has '^', {IN_NO_NAME}"),
    ('name: "foo$"', f"has '$', {IN_NO_NAME}"),
    ('name: "(a|b)*"', f"has '(', {IN_NO_NAME}"),
    ('name: ["rc-*", "a|b"]', f"has '|', {IN_NO_NAME}"),
    ('name: "!a"', f"has '!', {IN_NO_NAME}"),
    ('name: "~a"', f"has '~', {IN_NO_NAME}"),
    ('name: "a+"', f"has '+', {IN_NO_NAME}"),
    ('name: "a\\\\d"', f"has '\\\\', {IN_NO_NAME}"),
    ('name: "/foo/i:"', f"has ':', {IN_NO_NAME}"),
    ('name: "a%"', f"has '%', {IN_NO_NAME}"),
    (
        'name: "a.*"',
        'has ".*", which is a regular expression\'s; a glob says * for any characters, so write * without the dot',
    ),
    ('name: "re:.*"', "write * without the dot"),
    ('name: "[ab]*"', "has brackets"),
    ('name: "a{2}"', "has brackets"),
    ('name: "(trial|exp)-.+"', "a regular expression goes into name_regex"),
    ('name: "trial-[0-9]+"', "use * and ?, or a list, or name_regex"),
    ('name_regex: "exp-*"', f"name_regex: {GLOB_MEANT}"),
    ('name_regex: ["rc-.*", "*-baseline"]', f"name_regex[1]: {GLOB_MEANT}"),
    ('name_regex: "trial?"', GLOB_MEANT),
    (
        'name_regex: "(?!prod).*"',
        "invalid perl operator: (?!; RE2 looks neither ahead nor behind nor back: say what stays in",
    ),
    ('name_regex: "(a)\\\\1"', "invalid escape sequence: \\1; RE2 looks neither ahead nor behind nor back"),
    ('name_regex: "[ab"', "is no regular expression of RE2: missing ]"),
    (f'name_regex: "{"a" * 501}"', "is longer than 500 characters"),
    ("name_regex: 7", "must be text; put it in quotes"),
    ("name_regex: {fits: x}", "must be text, or a list of which any may fit"),
    ('description: ".*keep.*"', "a glob says * for any characters, so write * without the dot"),
    (f'description: "{"a" * 257}"', "is longer than 256 characters, and no job's description is"),
    ('description: "two\\nlines"', "must stand on one line"),
    ('description: "${WHY}"', "holds a placeholder"),
    ('experiment: "e-*"', "is compared whole"),
    ('flavor: ["p3", "p?"]', "is compared whole"),
    ('pool: "*"', "is compared whole"),
    ("node_count: 8", f"node_count: {BOUNDS_MEANT}"),
    ("accelerators: [0]", f"accelerators: {BOUNDS_MEANT}"),
    ("duration: 2h", f"duration: {BOUNDS_MEANT}"),
    ("node_count: {}", "is empty; empty never means all"),
    ("node_count: {at_least: 0}", "node_count.at_least: must be at least 1"),
    ("accelerators: {at_most: -1}", "accelerators.at_most: must be at least 0"),
    ("node_count: {at_most: 1.5}", "must be a whole number, without quotes"),
    ('node_count: {at_most: "8"}', "must be a whole number, without quotes"),
    ("node_count: {at_most: true}", "must be a whole number, without quotes"),
    ("accelerators: {at_most: }", "has no value"),
    ("accelerators: {at_most: [8]}", "must be a whole number"),
    (
        "node_count: {at_least: 3, at_most: 2}",
        "node_count: has an at_least above its at_most, so no job is within; swap them",
    ),
    ("duration: {at_least: 2h, at_most: 90min}", "duration: has an at_least above its at_most"),
    ("duration: {at_least: 60}", "duration.at_least: must be a duration with its unit"),
    ("duration: {at_least: 30m}", "could be minutes or months"),
    ("duration: {at_most: 0s}", "is zero; a duration is at least 1s"),
    ("duration: {at_lest: 2h}", 'duration.at_lest: unknown field; did you mean "at_least"?'),
    (f'name: "{"a" * 257}"', "is longer than 256 characters, and no job's name is; write a shorter one with *"),
]


@pytest.mark.some(20)
@pytest.mark.parametrize(("refused", "place"), pairs(FIT_NONE, SELECTORS))
def test_c17_a_condition_that_fits_no_job_is_refused_wherever_it_stands(
    refused: tuple[str, str], place: str, tmp_path: Path
) -> None:
    """In `except` and a hold it would protect nothing, and say nothing either."""
    (condition, said), (old, new) = refused, SELECTORS[place]
    (found,) = problems(tmp_path, changed(old, new.format(condition), GOOD + HOLDS))
    assert f"{place}.{condition.partition(':')[0]}" in found
    assert said in found


MAY_FIT = [
    *('name: "rc-*"', 'name: "a b/c_d.e-?*"', 'name: "v1.?"', 'name: "訓練-*"', 'name: "प्रशिक्षण-०१"', 'name: "*.a"'),
    *(
        f'name: "{"a" * 256}"',
        'owner: "ann.b@example.org"',
        'owner: "Ann (lab), Bob"',
        'kind: "job"',
        'workspace: "all-of-us"',
    ),
    *('name_regex: "(models?)"', 'name_regex: "trial-[0-9]{1,3}"', 'name_regex: "^rc-"', 'name_regex: "v1.*"'),
    *('description: "*keep*"', 'description: "[WIP] a+b? (§5): 50 % – größer, \\"…\\""', f'description: "{"a" * 256}"'),
    *('experiment: "e 7/b"', 'flavor: "modelarts.p3.large"', 'pool: "pool-1"'),
]


@pytest.mark.some(8)
@pytest.mark.parametrize(("condition", "place"), pairs(MAY_FIT, SELECTORS))
def test_c17_a_condition_that_may_fit_a_job_is_taken_wherever_it_stands(place: str, condition: str, tmp_path: Path) -> None:
    old, new = SELECTORS[place]
    loaded = load(tmp_path, changed(old, new.format(condition), GOOD + HOLDS))
    field, _, value = condition.partition(": ")
    selectors = {
        "policies[0].match": loaded.policies[0].match,
        "policies[0].except": loaded.policies[0].except_,
        "holds[0].match": loaded.holds[0].match,
    }
    assert list(getattr(selectors[place], field)) == [value[1:-1].replace('\\"', '"')]


@pytest.mark.parametrize("character", ["\u200b", "\u00a0", "\u202e", "\u3164", "\ufe0f", "\x7f", "、", "→", "🙂", "\ud800"])
def test_c17_a_glob_has_nothing_beyond_ascii_but_letters_and_digits_that_show(character: str) -> None:
    """The first would look like another glob; that no job has such a name the schema cannot tell."""
    with pytest.raises(ValueError, match=r"^name=.*in no job's name"):
        read_conditions({"name": f"rc-{character}x"})


@pytest.mark.parametrize("place", SELECTORS)
def test_ranges_are_read_wherever_they_stand(place: str, tmp_path: Path) -> None:
    """Both ends are within, one is enough, and equal ones ask for exactly that."""
    old, new = SELECTORS[place]
    ranges = ["node_count: {at_least: 1, at_most: 1}", "accelerators: {at_least: 0}", "duration: {at_most: 1h30min}"]
    joined = (", " if new.startswith("{") else "\n      ").join(ranges)
    loaded = load(tmp_path, changed(old, new.format(joined), GOOD + HOLDS))
    policy, (hold,) = loaded.policies[0], loaded.holds
    found = {"policies[0].match": policy.match, "policies[0].except": policy.except_, "holds[0].match": hold.match}[place]
    assert found is not None
    assert (found.node_count, found.accelerators, found.duration) == (
        Range(at_least=1, at_most=1),
        Range(at_least=0),
        Range(at_most=timedelta(hours=1, minutes=30)),
    )


ALL_NAMES = (".*", ".+", "(?s).*", "[a-zA-Z0-9_-]+", "[^ ]*", r"[\\w-]{1,64}", ".{4,}", "(a|.)*", "x*|.+", "(?i)[a-z0-9].*|_.*")


@pytest.mark.parametrize(
    "regex", [*(f'"{each}"' for each in ALL_NAMES), '["trial-.*", ".+"]', '["[a-m].*", "[^a-m].*"]', '"(trial)?"']
)
def test_c16_an_expression_that_fits_any_name_is_no_condition_of_a_policy(regex: str, tmp_path: Path) -> None:
    """Alone or as one of several, beside other conditions or not; who means all names phases."""
    (found,) = problems(tmp_path, changed('      name: "trial-*"\n', f"      name_regex: {regex}\n"))
    assert "policies[0].match.name_regex: fits " in found
    assert "so it is no condition" in found
    assert "phase: [completed, failed, terminated]" in found


@pytest.mark.parametrize("regex", ["[a-z].*", ".*[0-9]", ".*-.*", "(?i).*trial.*", "[^_].*", ".*[a-z].*", "[0-9]+"])
def test_c16_an_expression_that_some_name_does_not_fit_is_a_condition(regex: str) -> None:
    assert read_narrow_regexes([regex])


def test_c16_an_exception_and_a_hold_may_name_every_job_since_they_only_keep(tmp_path: Path) -> None:
    text = changed('{name: "*-baseline"}', '{name_regex: ".*", description: "*"}', GOOD + HOLDS)
    loaded = load(tmp_path, changed('{name: "rc-*", phase: completed}', '{name_regex: ".*", description: "*"}', text))
    assert loaded.policies[0].except_ == loaded.holds[0].match == Selector(name_regex=(".*",), description=("*",))


@pytest.mark.parametrize("glob", ["*", "? *", "**"])
def test_c16_a_description_without_one_character_of_its_own_is_no_condition_of_a_policy(glob: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed('name: "trial-*"', f'description: ["x", "{glob}"]'))
    assert f'policies[0].match.description[1]: "{glob}" has no character of a text, so it is no condition' in found
