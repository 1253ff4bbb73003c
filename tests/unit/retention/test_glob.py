"""Name patterns: only `*` and `?` are special, case counts, the whole name must match, in linear time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janitor.retention.glob import is_match


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


def test_no_name_makes_a_pattern_explode() -> None:
    before = time.process_time()
    assert not is_match("*a" * 40 + "b", "a" * 5000)
    assert time.process_time() - before < 2


def _plain(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "*":
        return _plain(pattern[1:], name) or (bool(name) and _plain(pattern, name[1:]))
    return bool(name) and pattern[0] in ("?", name[0]) and _plain(pattern[1:], name[1:])
