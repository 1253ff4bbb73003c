"""Name patterns: only `*` and `?` are special, case counts, the whole name must match, in linear time."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janitor.retention.glob import compile_glob, is_match


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("trial-*", "trial-1", True),
        ("trial-*", "trial-", True),
        ("trial-*", "my-trial-1", False),
        ("trial-*", "Trial-1", False),
        ("*-baseline", "a-baseline", True),
        ("*-baseline", "a-baseline-2", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("a.c", "abc", False),
        ("*", "", True),
        ("**", "any\nthing", True),
        ("exact", "exact", True),
        ("*x*", "aaxaa", True),
    ],
)
def test_globs(pattern: str, name: str, expected: bool) -> None:
    assert is_match(pattern, name) is expected


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=8))
def test_agrees_with_a_plain_recursive_reading(pattern: str, name: str) -> None:
    assert is_match(pattern, name) is _plain(pattern, name)


EXPLOSIVE = [
    ("*a" * 40 + "b", "a" * 5000),
    ("*a" * 200 + "*b", "a" * 5000),
    ("a*" * 200 + "b", "a" * 5000),
    ("*" * 500 + "b", "a" * 5000),
    ("*?" * 300 + "b", "a" * 5000),
    ("?*" * 300 + "b", "a" * 5000),
    ("*ab" * 100 + "c", "ab" * 2500),
    ("*aab" * 50 + "*", "aaab" * 1000),
    ("(a+)+$", "a" * 40 + "!"),
    ("*(a|aa)+*$", "a" * 5000),
]
LONGEST_S = 0.010


@pytest.mark.parametrize(("pattern", "name"), EXPLOSIVE)
def test_d26_no_glob_makes_a_match_explode(pattern: str, name: str) -> None:
    """Names have 64 letters at most; with thousands the best of a few tries is far below the bound, or hopelessly above it."""
    is_match(pattern, name)  # compiling is paid once for each pattern
    taken = []
    for _ in range(5):
        before = time.process_time()
        is_match(pattern, name)
        taken.append(time.process_time() - before)
    assert min(taken) < LONGEST_S


@given(st.text("ab*?", max_size=40), st.text("ab", max_size=200))
def test_d26_a_glob_is_one_pass_over_the_name(pattern: str, name: str) -> None:
    """Its form shows it: each part between two stars is an atomic group, which is entered once and never tried again."""
    compiled, parts = compile_glob(pattern).pattern, re.split(r"\*+", pattern)
    assert compiled.count("(?>.*?") == max(0, len(parts) - 2)
    assert len(re.findall(r"(?<!\\)\*", compiled)) == max(0, len(parts) - 1)
    compile_glob(pattern).fullmatch(name)


def _plain(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "*":
        return _plain(pattern[1:], name) or (bool(name) and _plain(pattern, name[1:]))
    return bool(name) and pattern[0] in ("?", name[0]) and _plain(pattern[1:], name[1:])
