"""Comparing selectors without a job: what is claimed is true of every job, and what can be told is told."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from builders import make_job
from hypothesis import given
from hypothesis import strategies as st

from janitor.core.job import Resources
from janitor.core.phase import Phase
from janitor.retention.compare import covers, covers_glob, excepts_all, globs_may_overlap, may_overlap
from janitor.retention.glob import is_match
from janitor.retention.selector import Range, Selector

GLOBS = st.text("ab*?", min_size=1, max_size=5)
NAMES = ["".join(letters) for length in range(6) for letters in product("ab", repeat=length)]


@given(GLOBS, GLOBS)
def test_a_glob_covers_another_only_where_every_name_says_so(general: str, particular: str) -> None:
    if covers_glob(general, particular):
        assert all(is_match(general, name) for name in NAMES if is_match(particular, name))


@given(GLOBS, GLOBS)
def test_two_globs_are_apart_only_where_no_name_matches_both(one: str, other: str) -> None:
    if not globs_may_overlap(one, other):
        assert not any(is_match(one, name) and is_match(other, name) for name in NAMES)


@pytest.mark.parametrize(
    ("general", "particular", "expected"),
    [
        ("*", "trial-*", True),
        ("trial-*", "trial-nlp-*", True),
        ("trial-*", "trial-*", True),
        ("trial-*", "trial-", True),
        ("*-x", "trial-*-x", True),
        ("a?c", "abc", True),
        ("a*c*", "a-c", True),
        ("a?c", "a?c", True),
        ("a?c", "a*c", False),
        ("abc", "a?c", False),
        ("trial-*", "*", False),
        ("trial-nlp-*", "trial-*", False),
        ("*-x", "trial-*", False),
        ("Trial-*", "trial-1", False),
        ("a*b", "a*", False),
    ],
)
def test_globs_that_cover(general: str, particular: str, expected: bool) -> None:
    assert covers_glob(general, particular) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("trial-*", "nightly-*", False),
        ("trial-*", "*-baseline", True),
        ("*-baseline", "*-release", False),
        ("trial-1", "trial-*", True),
        ("trial-*", "nightly-1", False),
        ("a", "a", True),
        ("a?c*", "abc*", True),
        ("*a*", "*b*", True),
    ],
)
def test_globs_that_may_overlap(one: str, other: str, expected: bool) -> None:
    assert globs_may_overlap(one, other) is expected
    assert globs_may_overlap(other, one) is expected


def sets(*values: str) -> st.SearchStrategy[frozenset[str] | None]:
    return st.none() | st.frozensets(st.sampled_from(values), min_size=1)


def ranges(bounds: st.SearchStrategy[Any]) -> st.SearchStrategy[Range]:
    """One bound or both."""
    pairs = st.tuples(st.none() | bounds, st.none() | bounds).filter(any_bound)
    return pairs.map(lambda pair: Range(at_least=pair[0], at_most=pair[1]))


def any_bound(pair: tuple[Any, Any]) -> bool:
    return pair != (None, None) and (None in pair or pair[0] <= pair[1])


SELECTORS = st.builds(
    Selector,
    phase=st.none() | st.frozensets(st.sampled_from([Phase.FAILED, Phase.COMPLETED]), min_size=1),
    name=st.none() | st.lists(GLOBS, min_size=1, max_size=2).map(tuple),
    owner=sets("ann", "bob"),
    kind=sets("job", "edge"),
    workspace=sets("0", "w"),
    pool=sets("p", "q"),
    node_count=st.none() | ranges(st.integers(1, 4)),
    duration=st.none() | ranges(st.integers(0, 3).map(lambda hours: timedelta(hours=hours))),
    name_regex=st.none() | st.lists(st.sampled_from(["a+", "b.*", ".*"]), min_size=1, max_size=2).map(tuple),
    labels=st.none()
    | st.dictionaries(st.sampled_from("ab"), sets("x", "y"), min_size=1).map(lambda each: tuple(sorted(each.items()))),
)
JOBS = st.builds(
    make_job,
    phase=st.sampled_from([Phase.FAILED, Phase.COMPLETED]),
    name=st.sampled_from(NAMES),
    owner=st.sampled_from(["ann", "bob", None]),
    kind=st.sampled_from(["job", "edge"]),
    workspace=st.sampled_from(["0", "w"]),
    resources=st.builds(Resources, pool=st.sampled_from(["p", "q", None]), node_count=st.none() | st.integers(1, 5)),
    never_started=st.booleans(),
    labels=st.none()
    | st.dictionaries(st.sampled_from("ab"), st.sampled_from("xyz")).map(lambda each: tuple(sorted(each.items()))),
)


@given(SELECTORS, SELECTORS, st.lists(JOBS, max_size=20))
def test_c14_what_is_claimed_of_two_selectors_is_true_of_every_job(one: Selector, other: Selector, jobs: list) -> None:  # type: ignore[type-arg]
    for job in jobs:
        if other.match_all(job):
            assert one.match_all(job) or not covers(one, other)
            assert one.match_any(job) or not excepts_all(one, other)
            assert not one.match_all(job) or may_overlap(one, other)


def test_a_selector_covers_one_with_more_or_narrower_conditions() -> None:
    wide = Selector(phase=frozenset({Phase.FAILED, Phase.COMPLETED}))
    narrow = Selector(phase=frozenset({Phase.FAILED}), owner=frozenset({"ann"}))
    assert (covers(wide, narrow), covers(narrow, wide), covers(wide, wide)) == (True, False, True)
    assert covers(Selector(owner=frozenset({"ann", "bob"})), Selector(owner=frozenset({"ann"})))


def test_a_glob_covers_a_narrower_one() -> None:
    wide, narrow = Selector(name=("trial-*", "exp-*")), Selector(name=("trial-a*",))
    assert (covers(wide, narrow), covers(narrow, wide)) == (True, False)


def test_an_exception_without_conditions_excepts_nothing() -> None:
    assert not excepts_all(Selector(), Selector(name=("a",)))


def test_a_condition_that_only_the_general_one_has_is_not_covered() -> None:
    assert not covers(Selector(owner=frozenset({"ann"})), Selector(kind=frozenset({"job"})))


def test_globs_that_are_apart_let_no_job_fit_both() -> None:
    one, other = Selector(name=("trial-*", "exp-*")), Selector(name=("nightly-*",))
    assert not may_overlap(one, other)
    assert may_overlap(one, Selector(name=("nightly-*", "exp-1")))


def test_a_condition_that_only_one_has_lets_a_job_fit_both() -> None:
    assert may_overlap(Selector(name=("a",)), Selector(owner=frozenset({"ann"})))
    assert may_overlap(Selector(owner=frozenset({"ann", "bob"})), Selector(owner=frozenset({"ann"})))
    assert not may_overlap(Selector(owner=frozenset({"bob"})), Selector(owner=frozenset({"ann"})))


def labelled(**values: set[str] | None) -> Selector:
    return Selector(labels=tuple((key, None if each is None else frozenset(each)) for key, each in sorted(values.items())))


def test_labels_cover_where_every_key_is_asked_for_as_narrowly() -> None:
    wide, narrow = labelled(a={"x", "y"}), labelled(a={"x"}, b=None)
    assert (covers(wide, narrow), covers(narrow, wide)) == (True, False)
    assert covers(labelled(a=None), wide)
    assert not covers(wide, labelled(a=None))


def test_any_label_of_an_exception_may_except_all() -> None:
    assert excepts_all(labelled(a=None, b=None), labelled(a={"x"}))
    assert not excepts_all(labelled(a={"y"}, b=None), labelled(a={"x"}))
    assert not excepts_all(labelled(a=None), Selector(owner=frozenset({"ann"})))


def test_labels_are_apart_where_a_key_would_need_two_values() -> None:
    assert not may_overlap(labelled(a={"x"}, b=None), labelled(a={"y"}))
    assert may_overlap(labelled(a={"x"}), labelled(a=None))
    assert may_overlap(labelled(a={"x"}), labelled(b={"x"}))


def test_names_cover_where_each_narrow_glob_is_within_a_wide_one() -> None:
    wide, narrow = Selector(name=("trial-*", "exp-*")), Selector(name=("trial-nlp-*", "exp-1"))
    assert (covers(wide, narrow), covers(narrow, wide)) == (True, False)


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ((None, 8), (None, 8), True),
        ((None, 8), (2, 8), True),
        ((None, 8), (None, 9), False),
        ((None, 8), (2, None), False),
        ((2, None), (2, None), True),
        ((2, None), (3, 8), True),
        ((2, None), (1, 8), False),
        ((2, None), (None, 8), False),
        ((2, 8), (2, 8), True),
        ((2, 8), (2, 9), False),
    ],
)
@pytest.mark.parametrize("field", ["node_count", "accelerators", "duration"])
def test_a_range_covers_what_lies_within_it(
    field: str, wide: tuple[int | None, int | None], narrow: tuple[int | None, int | None], expected: bool
) -> None:
    assert covers(in_range(field, *wide), in_range(field, *narrow)) is expected
    assert excepts_all(in_range(field, *wide), in_range(field, *narrow)) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [((None, 2), (3, None), False), ((None, 3), (3, None), True), ((2, 4), (5, 6), False), ((2, None), (5, 6), True)],
)
def test_ranges_are_apart_where_one_ends_before_the_other_begins(
    one: tuple[int | None, int | None], other: tuple[int | None, int | None], expected: bool
) -> None:
    for field in ("node_count", "duration"):
        these, those = in_range(field, *one), in_range(field, *other)
        assert (may_overlap(these, those), may_overlap(those, these)) == (expected, expected)


def in_range(field: str, at_least: int | None, at_most: int | None) -> Selector:
    bounds = [None if each is None else timedelta(hours=each) if field == "duration" else each for each in (at_least, at_most)]
    return Selector(**{field: Range(at_least=bounds[0], at_most=bounds[1])})  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["name_regex", "description"])
def test_of_expressions_and_descriptions_only_the_same_are_known_to_cover(field: str) -> None:
    def given(*patterns: str) -> Selector:
        return Selector(**{field: patterns})  # type: ignore[arg-type]

    assert covers(given("a.*", "b"), given("b"))
    assert not covers(given(".*"), given("a.*"))
    assert not covers(given("a.*"), Selector(name=("a*",)))
    assert may_overlap(given("a"), given("b"))
