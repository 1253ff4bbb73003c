"""Conditions of `match`, `except` and holds: one that could fit no job is refused, wherever it stands (faults C17, C26)."""

from pathlib import Path

import pytest
from settings_sample import GOOD, HOLDS, changed, load, problems

from janitor.settings.given import read_conditions

SELECTORS = {
    "policies[0].match": ('      name: "trial-*"\n      owner: [ci-bot]\n      kind: job\n      workspace: "0"\n', "      {}\n"),
    "policies[0].except": ('{name: "*-baseline"}', "{{{}}}"),
    "holds[0].match": ('{name: "rc-*", phase: completed}', "{{{}}}"),
}
"""Where conditions stand, and how one is written there."""

IN_NO_NAME = "which is in no job's name; write letters, digits, spaces, _ - . and /, with * and ? for any other, and several"


@pytest.mark.parametrize("place", SELECTORS)
@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ('owner: "ci-*"', "is compared whole; only name takes * and ?: write it out, several as a list, or leave it out for all"),
        ('owner: [ann, "b?b"]', "is compared whole; only name takes * and ?"),
        ('kind: "*"', "is compared whole; only name takes * and ?"),
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
        (f'name: "{"a" * 257}"', "is longer than 256 characters, and no job's name is; write a shorter one with *"),
    ],
)
def test_c17_a_condition_that_fits_no_job_is_refused_wherever_it_stands(
    place: str, condition: str, said: str, tmp_path: Path
) -> None:
    """In `except` and a hold it would protect nothing, and say nothing either."""
    old, new = SELECTORS[place]
    (found,) = problems(tmp_path, changed(old, new.format(condition), GOOD + HOLDS))
    assert f"{place}.{condition.partition(':')[0]}" in found
    assert said in found


@pytest.mark.parametrize("place", SELECTORS)
@pytest.mark.parametrize(
    "condition",
    [
        *('name: "rc-*"', 'name: "a b/c_d.e-?*"', 'name: "v1.?"', 'name: "訓練-*"', 'name: "प्रशिक्षण-०१"', 'name: "*.a"'),
        *(
            f'name: "{"a" * 256}"',
            'owner: "ann.b@example.org"',
            'owner: "Ann (lab), Bob"',
            'kind: "job"',
            'workspace: "all-of-us"',
        ),
    ],
)
def test_c17_a_condition_that_may_fit_a_job_is_taken_wherever_it_stands(place: str, condition: str, tmp_path: Path) -> None:
    old, new = SELECTORS[place]
    loaded = load(tmp_path, changed(old, new.format(condition), GOOD + HOLDS))
    field, _, value = condition.partition(": ")
    selectors = {
        "policies[0].match": loaded.policies[0].match,
        "policies[0].except": loaded.policies[0].except_,
        "holds[0].match": loaded.holds[0].match,
    }
    assert list(getattr(selectors[place], field)) == [value.strip('"')]


@pytest.mark.parametrize("character", ["\u200b", "\u00a0", "\u202e", "\u3164", "\ufe0f", "\x7f", "、", "→", "🙂", "\ud800"])
def test_c17_a_glob_has_nothing_beyond_ascii_but_letters_and_digits_that_show(character: str) -> None:
    """The first would look like another glob; that no job has such a name the schema cannot tell."""
    with pytest.raises(ValueError, match=r"^name=.*in no job's name"):
        read_conditions({"name": f"rc-{character}x"})
