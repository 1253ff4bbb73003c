"""Regular expressions of names: RE2 alone, the whole name, in linear time; what is wrong is said (fault C16)."""

import time

import pytest

from janitor.retention.regex import LONGEST_REGEX, compile_regex


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("test", "test", True),
        ("test", "latest-prod", False),
        ("test", "test\n", False),
        ("test", "Test", False),
        ("(?i)test", "Test", True),
        ("^test$", "test", True),
        ("rc|final", "rc-1", False),
        ("trial-[0-9]{1,3}", "trial-12", True),
        ("trial-[0-9]{1,3}", "trial-1234", False),
        (r"\d+", "٣٠", False),
        ("größe-.", "größe-ß", True),
        (".*-x", "two\nlines-x", True),
        ("two.lines", "two\nlines", True),
        ("[^a]*", "two\nlines", True),
        (".*-x$", "two-x\n", False),
    ],
)
def test_c16_an_expression_matches_the_whole_name_and_case_counts(pattern: str, name: str, expected: bool) -> None:
    assert compile_regex(pattern)(name) is expected


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?=a)b", "no regular expression of RE2: invalid perl operator"),
        ("(?<!a)b", "no regular expression of RE2: invalid perl operator"),
        (r"(a)\1", r"no regular expression of RE2: invalid escape sequence: \\1"),
        ("[ab", "no regular expression of RE2: missing ]"),
        ("*-base", "no regular expression of RE2: no argument for repetition operator"),
        ("((a{100}){100}){100}", "no regular expression of RE2: "),
        ("a" * (LONGEST_REGEX + 1), "longer than 500 characters"),
        ("rc-\ud800", "half of a character"),
    ],
)
def test_c16_what_re2_does_not_take_says_what_is_wrong(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compile_regex(pattern)


def test_whether_a_name_with_half_of_a_character_fits_cannot_be_told() -> None:
    assert compile_regex("rc-.*")("rc-\ud800") is None


def test_no_name_makes_an_expression_explode() -> None:
    started = time.perf_counter()
    assert compile_regex("(a*)*b")("a" * 2000) is False
    assert time.perf_counter() - started < 1
