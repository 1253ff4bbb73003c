"""The judge of seeded bugs, judged: on a project of one rule, whose bugs are known to be noticed, missed or broken."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from mutants.mutant import Mutant
from mutants.preloaded import Preloaded
from mutants.run import Place, by_folder, check, judge, spread

pytestmark = pytest.mark.soak

RULE = """
import os, subprocess, time
def may_delete(age):
    return age > 30
"""
TESTS = """
import pytest
from hypothesis import given, strategies as st
from rule import may_delete

@pytest.fixture
def verdict():
    return may_delete(31)

def test_old():
    assert may_delete(31)

def test_wrong():
    assert may_delete(30)

def test_young():
    assert not may_delete(9)

def test_fixture(verdict):
    assert verdict

@given(st.integers(0, 2**40))
def test_any(age):
    assert may_delete(age) == (age > 30)
"""
SOUND = tuple(f"test_rule.py::test_{name}" for name in ("old", "young", "fixture", "any"))


def bug(new: str, test: str = "test_young", old: str = "age > 30") -> Mutant:
    return Mutant(name=new, rows=("A1",), file="rule.py", old=old, new=new, tests=(f"test_rule.py::{test}",))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A copy that was tried without any bug, so that all of it is compiled."""
    copy, scratch = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("scratch")
    (copy / "pyproject.toml").write_text('[tool.pytest.ini_options]\nfilterwarnings = ["error"]\n')
    (copy / "rule.py").write_text(RULE)
    (copy / "test_rule.py").write_text(TESTS)
    with closing(Preloaded(scratch / "tests")) as started:
        opened = Place(preloaded=started, copy=copy)
        assert check(SOUND, opened) is None
        yield opened


@pytest.mark.parametrize(
    ("mutant", "verdict", "said"),
    [
        (bug("age > 8"), "killed", ""),
        (bug("age > 29"), "SURVIVED", ""),
        (bug("age > 8 or", "test_young"), "BROKEN", "SyntaxError"),
        (bug("age > 99", "test_fixture"), "killed", ""),
        (bug("age > fixture", "test_fixture"), "BROKEN", "1 error"),
        (bug("age > 8", "test_gone"), "BROKEN", "not found"),
        (bug("age > 8", old="age"), "BROKEN", "not stand exactly once"),
        (bug("age > 30"), "BROKEN", "not stand exactly once"),
        (bug("os._exit(1)"), "BROKEN", ""),
    ],
)
def test_a_bug_is_killed_by_a_failed_test_and_by_nothing_else(place: Place, mutant: Mutant, verdict: str, said: str) -> None:
    judged = judge(mutant, place)

    assert judged[:2] == (mutant, verdict)
    assert said in judged[2]


def test_a_bug_that_hangs_is_broken_and_what_it_started_is_ended(place: Place) -> None:
    hanging = bug("open('left', 'w').write(str(subprocess.Popen(['sleep', '60']).pid)) and time.sleep(60)")

    _, verdict, said = judge(hanging, replace(place, limit_s=4.0))

    assert (verdict, said.splitlines()[-1]) == ("BROKEN", "took longer than 4.0 s")
    left = Path("/proc", (place.copy / "left").read_text(), "status")
    assert not left.exists() or "zombie" in left.read_text()


def test_no_compiled_bug_of_the_same_size_outlives_its_turn(place: Place) -> None:
    assert [judge(bug(new, "test_old"), place)[1] for new in ("age > 31", "age > 29")] == ["killed", "SURVIVED"]
    assert (place.copy / "rule.py").read_text() == RULE
    assert check(SOUND, place) is None


def test_an_example_found_under_one_bug_is_not_kept_for_the_next(place: Place) -> None:
    assert judge(bug("age > 10**9", "test_any"), place)[1] == "killed"
    assert not (place.copy / ".hypothesis" / "examples").exists()


def test_tests_that_fail_without_any_bug_prove_nothing(place: Place) -> None:
    assert "1 failed" in str(check(("test_rule.py::test_wrong",), place))


def test_every_test_is_tried_once_without_a_bug_and_results_keep_their_order(place: Place) -> None:
    mutants = [
        replace(bug(name), tests=tests)
        for name, tests in [("1", ("a/x.py::1",)), ("2", ("b.py", "a/y.py")), ("3", ("a/x.py::1",))]
    ]

    assert by_folder(mutants) == [("a/x.py::1", "a/y.py"), ("b.py",)]
    assert list(spread(lambda task, _: task * 2, range(9), (place, place))) == list(range(0, 18, 2))
